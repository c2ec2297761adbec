"""Outputs appear whole or not at all: they are written beside their place and moved there when they are complete.

out/examples                      what is complete
out/examples.staging-1f0c8a2e     what is being written, locked: what a killed process left is not
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import glob
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from headrace.errors import DataError


@contextmanager
def whole_directory(path: str) -> Iterator[str]:
    """A fresh directory to write in; it becomes `path` when the block ends well, and is gone when it does not.

    What stood at `path` before is replaced. Both are on one file system, so the move is a rename. What processes that
    were killed left beside `path` is removed.

    Raises:
        DataError: there is no room left on the disk.
    """
    path = path.rstrip("/")
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    _remove_stale(path)
    staging, lock = _locked_directory(path)
    try:
        yield staging
        shutil.rmtree(path, ignore_errors=True)
        os.rename(staging, path)
    except Exception as error:
        if _is_full(error):
            raise DataError(f"there is no room left to write {path}: {error}; make room and run again") from error
        raise
    finally:
        os.close(lock)
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


def _locked_directory(path: str) -> tuple[str, int]:
    """A new directory beside `path`, and what keeps it locked until it is closed or the process ends."""
    while True:
        staging = f"{path}.staging-{uuid.uuid4().hex[:8]}"
        os.makedirs(staging)
        lock = os.open(staging, os.O_RDONLY)
        with contextlib.suppress(OSError):  # a file system without locks: then nothing there is ever taken for stale
            fcntl.flock(lock, fcntl.LOCK_SH)
        if os.path.exists(staging):
            return staging, lock
        os.close(lock)  # another process took it for stale before it was locked


def _is_full(error: Exception) -> bool:
    numbers = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    # Beam raises what a worker raised as another error, with the same words.
    words = any(os.strerror(number) in str(error) for number in numbers)
    return error.errno in numbers or words if isinstance(error, OSError) else isinstance(error, RuntimeError) and words


def _remove_stale(path: str) -> None:
    for staging in glob.glob(glob.escape(path) + ".staging-" + "[0-9a-f]" * 8):
        with contextlib.suppress(OSError):  # gone by now, still locked, or not ours to remove
            lock = os.open(staging, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(staging)
            finally:
                os.close(lock)
