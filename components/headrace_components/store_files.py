"""TFX's own file access for paths with a scheme, by the clients of `headrace.files`.

TFX asks a plugin by scheme for what it does with the root of a pipeline: folders of nodes, their temporary files,
the properties of executions. TensorFlow serves `gs://` alone, and Amazon's and Azure's stores no more or never. With
this plugin, which `import headrace_components` registers, all of them have one client and one configuration.
Stock components that read by `tf.io.gfile` do not ask TFX, nor this plugin.
"""

from __future__ import annotations

import glob
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from pyarrow.fs import FileType
from tfx.dsl.io import filesystem, filesystem_registry

from headrace.files import listing, storage
from headrace.files.stores import AZURE, GCS, S3, info_of

PRIORITY = 5
"""Before TFX's other plugins, which have 10 and 20."""


class Stat(NamedTuple):
    """A file or folder, as TensorFlow describes one: bytes, and nanoseconds since 1970."""

    length: int
    mtime_nsec: int
    is_directory: bool


class StoreFiles(filesystem.Filesystem):
    """Files of object stores, as TFX asks for them. Folders are there as long as something is in them."""

    SUPPORTED_SCHEMES = [f"{scheme}://" for scheme in (*S3, *GCS, *AZURE)]

    @staticmethod
    def open(name: Any, mode: str = "r") -> Any:
        """A file for reading ("r", "rb"), or for writing ("w", "wb"): then it becomes visible when it is closed."""
        path = _text(name)
        if mode in ("w", "wb"):
            return _Written(path, mode)
        if mode not in ("r", "rb"):
            raise ValueError(f"{path}: expected the mode r, rb, w or wb, got {mode!r}: a store has no other")
        with _not_found():
            stream = storage.open_file(path)
        return stream if mode == "rb" else io.TextIOWrapper(stream, encoding="utf-8")

    @staticmethod
    def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
        """Copies a file."""
        source, target = _text(src), _text(dst)
        _refuse_existing(target, overwrite)
        with _not_found(), storage.open_file(source) as stream, _Written(target, "wb") as copy:
            shutil.copyfileobj(stream, copy, storage.COPY_BYTES)

    @staticmethod
    def exists(path: Any) -> bool:
        """Whether there is a file or something in a folder."""
        return storage.exists(_text(path))

    @staticmethod
    def glob(pattern: Any) -> list[Any]:
        """The files that match a pattern, and the folders."""
        return listing.matches(_text(pattern), with_folders=True)

    @staticmethod
    def isdir(path: Any) -> bool:
        """Whether something is in the folder."""
        return storage.is_folder(_text(path))

    @staticmethod
    def listdir(path: Any) -> list[Any]:
        """The names of what is in a folder."""
        folder = _folder(path)
        if not storage.is_folder(folder):
            raise filesystem.NotFoundError(f"there is no folder {folder}")
        return listing.names_in(folder)

    @staticmethod
    def makedirs(path: Any) -> None:
        """Does nothing: a folder of a store is there as soon as something is in it."""

    @staticmethod
    def mkdir(path: Any) -> None:
        """Does nothing, as `makedirs`."""

    @staticmethod
    def remove(path: Any) -> None:
        """Deletes a file."""
        with _not_found():
            storage.remove(_text(path))

    @staticmethod
    def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
        """Renames a file, or all files of a folder."""
        source, target = _folder(src), _folder(dst)
        _refuse_existing(target, overwrite)
        with _not_found():
            if storage.is_folder(source):
                found = storage.matches(f"{glob.escape(source)}/**")
                storage.move([(one, target + one.removeprefix(source)) for one in found])
            else:
                storage.move([(source, target)])

    @staticmethod
    def rmtree(path: Any) -> None:
        """Deletes all files of a folder."""
        storage.remove_folder(_folder(path))

    @staticmethod
    def stat(path: Any) -> Stat:
        """Size and time of a file or folder."""
        with _not_found():
            info = info_of(_text(path))
        if info.type == FileType.NotFound:
            raise filesystem.NotFoundError(f"there is no {_text(path)}")
        return Stat(info.size or 0, info.mtime_ns or 0, info.type == FileType.Directory)

    @staticmethod
    def walk(
        top: Any, topdown: bool = True, onerror: Callable[..., None] | None = None
    ) -> Iterator[tuple[Any, list[Any], list[Any]]]:
        """A folder, the names of the folders in it and of its files, and the same of each of these folders."""
        folder = _folder(top)
        names = listing.names_in(folder)
        folders = [name for name in names if storage.is_folder(f"{folder}/{name}")]
        here = folder, folders, [name for name in names if storage.is_file(f"{folder}/{name}")]
        if topdown:
            yield here
        for name in folders:
            yield from StoreFiles.walk(f"{folder}/{name}", topdown, onerror)
        if not topdown:
            yield here


class _Written(io.IOBase):
    """A file of this machine, which becomes one of the store when it is closed, unless its block fails."""

    def __init__(self, path: str, mode: str) -> None:
        self._path = path
        encoding = None if mode == "wb" else "utf-8"
        self._file: Any = tempfile.NamedTemporaryFile(mode, encoding=encoding)  # noqa: SIM115 (closed in `close`)

    def write(self, data: Any) -> int:
        """Writes text, or bytes."""
        written: int = self._file.write(data)
        return written

    def writable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Copies what was written to the store."""
        if not self.closed:
            super().close()
            with self._file:
                self._file.flush()
                storage.upload(self._file.name, self._path)

    def __exit__(self, kind: object, *error: object) -> None:
        if kind is not None:
            self._file.close()
            super().close()
        self.close()

    def __del__(self) -> None:
        """Nothing: what was not closed is not written."""


def _text(path: Any) -> str:
    return path.decode() if isinstance(path, bytes) else str(path)


def _folder(path: Any) -> str:
    return _text(path).rstrip("/")


def _refuse_existing(path: str, overwrite: bool) -> None:
    if not overwrite and storage.exists(path):
        raise OSError(f"{path} is there, and is not to be overwritten")


@contextmanager
def _not_found() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise filesystem.NotFoundError(str(error)) from error


filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY.register(StoreFiles, priority=PRIORITY)
