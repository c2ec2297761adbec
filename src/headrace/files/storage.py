"""Files by path, local or with a scheme (`s3://`, `gs://`, `az://`, `hdfs://`): open, list, copy, move, delete.

    open_file("out/a.parquet")    exists("gs://bucket/out/a.parquet")    move([("s3://b/1", "s3://b/2")])

What knows the schemes is `headrace.files.stores`, which is imported only for a path that has one.
"""

from __future__ import annotations

import glob
import io
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO, TypeVar, cast

from headrace.errors import DataError, UsageError

COPY_BYTES = 1 << 23
READ_BYTES = 1 << 20
"""How much of a remote file a request asks for, where it is read from one end to the other."""
REQUESTS = 16
"""Files that are copied, moved or deleted at the same time."""

One = TypeVar("One")
Found = TypeVar("Found")


def is_remote(path: str) -> bool:
    """Whether a path has a scheme."""
    return "://" in path


def open_file(path: str) -> BinaryIO:
    """A file opened for reading bytes, seekable. Of a remote file only what is read is fetched, in ranges.

    Raises:
        DataError: a local path is a named pipe, a socket or a device, which would block or never end; a store denies
            access.
    """
    if is_remote(path):
        from headrace.files.stores import RangeReader

        return cast(BinaryIO, io.BufferedReader(RangeReader(open_native(path), path), READ_BYTES))
    mode = os.stat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        what = "a named pipe" if stat.S_ISFIFO(mode) else "a socket or a device"
        raise DataError(f"{path} is {what}, which can't be read more than once: write its content to a file first")
    return open(path, "rb")


def open_native(path: str) -> Any:
    """A remote file as Arrow's own stream, for readers that choose their ranges themselves (Parquet)."""
    from headrace.files.stores import named_errors, place_of

    place = place_of(path)
    with named_errors(path):
        return place.files.open_input_file(place.path)


def read_text(path: str) -> str:
    """The whole of a small file of UTF-8.

    Raises:
        OSError, UnicodeDecodeError: it can't be read.
    """
    with open_file(path) as stream:
        return stream.read().decode("utf-8").replace("\r\n", "\n")


def exists(path: str) -> bool:
    """Whether there is such a file or folder."""
    return _kind(path) is not None


def is_folder(path: str) -> bool:
    """Whether there is such a folder; on an object store: whether names begin so, with a slash behind it."""
    return _kind(path) == "folder"


def is_file(path: str) -> bool:
    """Whether there is such a file."""
    return _kind(path) == "file"


def names_in(folder: str) -> list[str]:
    """The names of the files and folders in a folder; none where there is no such folder."""
    if is_remote(folder):
        from headrace.files import listing

        return listing.names_in(folder)
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def has_folders(path: str) -> bool:
    """Whether a folder there can be renamed with all that is in it; an object store has none."""
    if not is_remote(path):
        return True
    from headrace.files.stores import place_of

    return place_of(path).has_folders


def matches(pattern: str) -> list[str]:
    """The files that match a glob pattern, by name; `**` stands for any number of folders."""
    if is_remote(pattern):
        from headrace.files import listing

        return listing.matches(pattern)
    return sorted(path for path in glob.glob(pattern, recursive=True) if not os.path.isdir(path))


def upload(local: str, path: str) -> None:
    """Copies a local file to a remote one, which is replaced if it exists. It becomes visible when it is complete."""
    from headrace.files.stores import named_errors, place_of

    place = place_of(path)
    with named_errors(path), open(local, "rb") as source:
        if place.has_folders:
            place.files.create_dir(os.path.dirname(place.path), recursive=True)
        with place.files.open_output_stream(place.path) as target:
            shutil.copyfileobj(source, target, COPY_BYTES)


def upload_all(pairs: Sequence[tuple[str, str]]) -> None:
    """Copies local files to remote ones, as `upload` does, several at a time."""
    each(lambda pair: upload(*pair), pairs)


def move(pairs: Sequence[tuple[str, str]]) -> None:
    """Renames files, each to its target, on one file system; what stands at a target is replaced."""
    each(_move_remote, [pair for pair in pairs if is_remote(pair[0])])
    for source, target in pairs:
        if not is_remote(source):
            os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
            os.replace(source, target)


def remove(path: str) -> None:
    """Deletes a file."""
    if not is_remote(path):
        os.remove(path)
        return
    from headrace.files.stores import named_errors, place_of

    place = place_of(path)
    with named_errors(path):
        place.files.delete_file(place.path)


def remove_all(paths: Sequence[str]) -> None:
    """Deletes files, several at a time."""
    each(remove, paths)


def remove_folder(path: str) -> None:
    """Deletes a folder and all that is in it, if it is there; on an object store all files whose names begin so."""
    if not is_remote(path):
        shutil.rmtree(path, ignore_errors=not os.path.exists(path))
        return
    from headrace.files.stores import named_errors, place_of

    place = place_of(path)
    with named_errors(path):
        if not place.has_folders:
            remove_all(matches(f"{glob.escape(path)}/**"))
            if not place.leaves_markers:
                return
        if is_folder(path):
            place.files.delete_dir(place.path)


def each(work: Callable[[One], Found], items: Sequence[One]) -> list[Found]:
    """What `work` gives for each of the items, several at a time: most of it waits for a store."""
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(REQUESTS, len(items)), thread_name_prefix="headrace-files") as threads:
        return list(threads.map(work, items))


def same_file(one: str, other: str) -> bool:
    """Whether two paths are those of one file, which need not be there."""
    if is_remote(one) or is_remote(other):
        return one == other
    return os.path.realpath(one) == os.path.realpath(other)


def refuse_unless_files(paths: Sequence[str]) -> None:
    """Refuses paths that are not there, or are folders; all of them at once.

    Raises:
        UsageError: names them.
    """
    kinds = {path: _kind(path) for path in paths}
    if missing := [path for path, kind in kinds.items() if kind is None]:
        raise UsageError(f"no such file: {', '.join(missing)}")
    if folders := [path for path, kind in kinds.items() if kind == "folder"]:
        raise UsageError(f"a file is expected, not a directory: {', '.join(folders)}")


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


def _kind(path: str) -> str | None:
    if not is_remote(path):
        return "folder" if os.path.isdir(path) else "file" if os.path.exists(path) else None
    from pyarrow.fs import FileType

    from headrace.files.stores import info_of

    return {FileType.File: "file", FileType.Directory: "folder"}.get(info_of(path).type)


def _move_remote(pair: tuple[str, str]) -> None:
    from headrace.files.stores import named_errors, place_of

    source, target = map(place_of, pair)
    with named_errors(pair[1]):
        if target.has_folders:
            target.files.create_dir(os.path.dirname(target.path), recursive=True)
            if exists(pair[1]):
                remove(pair[1])
        source.files.move(source.path, target.path)
