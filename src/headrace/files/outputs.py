"""Outputs appear whole or not at all: they are written beside their final path and moved there when complete.

out/examples                      what is complete
out/examples.staging-1f0c8a2e     what is being written; it is locked, unlike what a killed process left

A path may have a scheme (`s3://`, `gs://`, `hdfs://`): then files are written locally and copied to a staging folder
beside it. Where folders can be renamed, the staging folder is, as locally. In an object store, which has no folders,
file after file is moved, and `_MANIFEST.json`, which lists them, is written last: an output without it is not whole.
Where nothing stands there yet, files are copied to their final names at once.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import fnmatch
import glob
import json
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headrace.errors import DataError, UsageError, WorkError
from headrace.files import storage

MANIFEST = "_MANIFEST.json"
_STAGING = re.compile(r"\.staging-[0-9a-f]{8}")


@contextmanager
def whole_directory(path: str, *, shared: bool = False) -> Iterator[str]:
    """A new directory to write in; it becomes `path` when the block ends well, and is removed when it does not.

    What was at `path` before is replaced. Both are on one file system, so the move is a rename. What killed processes
    left beside `path` is removed.

    For a `path` with a scheme the new directory is a local one, of this machine. With `shared` it is beside `path` and
    has a scheme too, for workers on other machines: they write there with `whole_file`, and read and move with
    `headrace.files.storage`.

    Raises:
        DataError: there is no room left on the disk.
    """
    path = path.rstrip("/")
    try:
        with _remote_directory(path, shared) if storage.is_remote(path) else _local_directory(path) as staging:
            yield staging
    except Exception as error:
        if _is_full(error):
            raise DataError(f"there is no room left to write {path}: {error}; make room and run again") from error
        raise


def refuse_foreign(path: str, *known: str) -> None:
    """Refuses a local folder as an output if it holds anything but `known` names, given as glob patterns.

    Raises:
        UsageError: `path` is a file, or a folder with something else in it that an output would replace.
    """
    if storage.is_remote(path) or not os.path.lexists(path):
        return
    if not os.path.isdir(path):
        raise UsageError(f"{path} is a file: expected a folder, or nothing, to write to; choose another --out")
    foreign = [name for name in sorted(os.listdir(path)) if not any(fnmatch.fnmatch(name, one) for one in known)]
    if foreign:
        raise UsageError(
            f"{path} holds {foreign[0]!r}, which is not an output of this command ({', '.join(known)}) and would be "
            "removed: choose another --out, or move it away"
        )


@contextmanager
def whole_file(path: str) -> Iterator[str]:
    """A local path to write a file at; it becomes `path` when the block ends well, and is removed when it does not."""
    if storage.is_remote(path):
        with tempfile.TemporaryDirectory(prefix="headrace-") as folder:
            local = os.path.join(folder, os.path.basename(path))
            yield local
            if not storage.has_folders(path):
                storage.upload(local, path)  # visible when it is complete
            else:
                storage.upload(local, staging := _beside(path))
                storage.move([(staging, path)])
        return
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    staging = _beside(path)
    try:
        yield staging
        os.replace(staging, path)
    finally:
        if os.path.exists(staging):
            os.remove(staging)


@contextmanager
def _local_directory(path: str) -> Iterator[str]:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    _remove_stale(path)
    staging, lock = _locked_directory(path)
    try:
        yield staging
        shutil.rmtree(path, ignore_errors=True)
        os.rename(staging, path)
    finally:
        os.close(lock)
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _remote_directory(path: str, shared: bool) -> Iterator[str]:
    staging = _beside(path)
    try:
        if shared:
            yield staging
        else:
            with tempfile.TemporaryDirectory(prefix="headrace-") as local:
                yield local
                names = sorted(file.relative_to(local).as_posix() for file in Path(local).rglob("*") if file.is_file())
                if not storage.has_folders(path) and not storage.matches(f"{glob.escape(path)}/**"):
                    _upload_new(local, path, names)
                    return
                storage.upload_all([(f"{local}/{name}", f"{staging}/{name}") for name in names])
        if storage.has_folders(path):
            storage.remove_folder(path)
            if storage.exists(staging):
                storage.move([(staging, path)])
        else:
            _publish(staging, path)
    finally:
        with contextlib.suppress(OSError):  # a folder that can't be removed must not hide the error
            storage.remove_folder(staging)


def _upload_new(local: str, path: str, names: list[str]) -> None:
    """Copies files to their final names, where nothing stands; what was copied is removed when something fails."""
    try:
        storage.upload_all([(f"{local}/{name}", f"{path}/{name}") for name in names])
        _write_manifest(path, names)
    except BaseException:
        with contextlib.suppress(OSError):
            storage.remove_folder(path)
        raise


def _publish(staging: str, path: str) -> None:
    """Moves the files of `staging` to `path` in an object store. `path` has no manifest while it is not whole."""
    fresh = storage.matches(f"{glob.escape(staging)}/**")
    names = [one.removeprefix(f"{staging}/") for one in fresh]
    old = storage.matches(f"{glob.escape(path)}/**")
    manifest = f"{path}/{MANIFEST}"
    storage.remove_all([one for one in old if one == manifest])
    storage.remove_all([one for one in old if one != manifest])
    storage.move([(one, f"{path}/{name}") for one, name in zip(fresh, names, strict=True)])
    _write_manifest(path, names)


def _write_manifest(path: str, names: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="headrace-") as folder:
        Path(folder, MANIFEST).write_text(json.dumps({"files": names}, indent=1))
        storage.upload(os.path.join(folder, MANIFEST), f"{path}/{MANIFEST}")


def _beside(path: str) -> str:
    return f"{path}.staging-{uuid.uuid4().hex[:8]}"


def _locked_directory(path: str) -> tuple[str, int]:
    """A new directory beside `path`, and a file descriptor that keeps it locked until it is closed."""
    while True:
        staging = _beside(path)
        os.makedirs(staging)
        lock = os.open(staging, os.O_RDONLY)
        with contextlib.suppress(OSError):  # a file system without locks: then nothing there is ever taken for stale
            fcntl.flock(lock, fcntl.LOCK_SH)
        if os.path.exists(staging):
            return staging, lock
        os.close(lock)  # another process took it for stale before it was locked


def _is_full(error: Exception) -> bool:
    numbers = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    # What a worker raised comes back as another error, with the same words.
    words = any(os.strerror(number) in str(error) for number in numbers)
    if isinstance(error, OSError):
        return error.errno in numbers or words
    return isinstance(error, (RuntimeError, WorkError)) and words


def _remove_stale(path: str) -> None:
    folder, name = os.path.split(path)
    # Not glob, which compiles an expression for each path.
    try:
        stale = [entry for entry in os.listdir(folder or ".") if entry.startswith(name)]
    except OSError:  # a folder that may be written and not listed
        return
    for entry in filter(lambda one: _STAGING.fullmatch(one, len(name)), stale):
        with contextlib.suppress(OSError):  # gone by now, still locked, or not ours to remove
            lock = os.open(os.path.join(folder, entry), os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(os.path.join(folder, entry))
            finally:
                os.close(lock)
