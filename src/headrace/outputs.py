"""Outputs appear whole or not at all: they are written beside their place and moved there when they are complete."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def whole_directory(path: str) -> Iterator[str]:
    """A fresh directory to write in; it becomes `path` when the block ends well, and is gone when it does not.

    What stood at `path` before is replaced. Both are on one file system, so the move is a rename.
    """
    path = path.rstrip("/")
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    staging = f"{path}.staging-{uuid.uuid4().hex[:8]}"
    os.makedirs(staging)
    try:
        yield staging
        shutil.rmtree(path, ignore_errors=True)
        os.rename(staging, path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def whole_file(path: str) -> Iterator[str]:
    """A path to write a file at; it becomes `path` when the block ends well, and is gone when it does not."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    staging = f"{path}.staging-{uuid.uuid4().hex[:8]}"
    try:
        yield staging
        os.replace(staging, path)
    finally:
        if os.path.exists(staging):
            os.remove(staging)
