"""Files by path, local or with a scheme (`gs://`, `s3://`, `hdfs://`), which Beam's FileSystems open.

    open_file("out/a.parquet")    exists("gs://bucket/out/a.parquet")    move([("s3://b/1", "s3://b/2")])

Beam is imported only for a path with a scheme.
"""

from __future__ import annotations

import glob
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

from headrace.errors import DataError

COPY_BYTES = 1 << 20


def is_remote(path: str) -> bool:
    """Whether a path has a scheme."""
    return "://" in path


def open_file(path: str) -> BinaryIO:
    """A file opened for reading bytes, seekable.

    Raises:
        DataError: a local path is a named pipe, a socket or a device, which would block or never end.
    """
    if is_remote(path):
        from headrace.files import beam_files

        return beam_files.open_file(path)
    mode = os.stat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        what = "a named pipe" if stat.S_ISFIFO(mode) else "a socket or a device"
        raise DataError(f"{path} is {what}, which can't be read more than once: write its content to a file first")
    return open(path, "rb")


def exists(path: str) -> bool:
    """Whether there is such a file."""
    if is_remote(path):
        from headrace.files import beam_files

        return beam_files.exists(path)
    return os.path.exists(path)


def move(pairs: Sequence[tuple[str, str]]) -> None:
    """Renames files, each to its target, on one file system; what stands at a target is replaced."""
    remote = [pair for pair in pairs if is_remote(pair[0])]
    if remote:
        from headrace.files import beam_files

        beam_files.remove([target for _, target in remote if beam_files.exists(target)])
        beam_files.move(*zip(*remote, strict=True))
    for source, target in pairs:
        if not is_remote(source):
            os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
            os.replace(source, target)


def remove(path: str) -> None:
    """Deletes a file."""
    if is_remote(path):
        from headrace.files import beam_files

        beam_files.remove([path])
    else:
        os.remove(path)


def remove_folder(path: str) -> None:
    """Deletes a folder and all that is in it, if it is there."""
    if is_remote(path):
        from headrace.files import beam_files

        beam_files.remove_folder(path)
    else:
        shutil.rmtree(path, ignore_errors=not os.path.exists(path))


def matches(pattern: str) -> list[str]:
    """The files that match a glob pattern, by name."""
    if is_remote(pattern):
        from headrace.files import beam_files

        return beam_files.matches(pattern)
    return sorted(path for path in glob.glob(pattern, recursive=True) if not os.path.isdir(path))


@contextmanager
def local_copies(paths: Sequence[str]) -> Iterator[list[str]]:
    """Local paths of files, for readers that take no others: remote files are copied until the end of the block."""
    with ExitStack() as stack:
        found = []
        for path in paths:
            if is_remote(path):
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="headrace-"))
                copy = os.path.join(folder, os.path.basename(path))
                with open_file(path) as source, open(copy, "wb") as target:
                    shutil.copyfileobj(source, target, COPY_BYTES)
                path = copy
            found.append(path)
        yield found
