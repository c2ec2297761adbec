"""File systems that only Beam reaches, an object store and a tree of folders: importing this registers them."""

import contextlib
import io
import os
import shutil
import tempfile
import time

from apache_beam.io.filesystem import BeamIOError, FileMetadata, FileSystem

FILES: dict[str, bytes] = {}
"""What is on the shelf, by path."""
FAULTS: list[str] = []
"""Parts of paths at which writing fails, as if the network did."""


class _Upload(io.BytesIO):
    def __init__(self, path):
        super().__init__()
        self._path = path

    def close(self):
        FILES[self._path] = self.getvalue()
        super().close()


def _refuse(path):
    if any(part in path for part in FAULTS):
        raise BeamIOError("the network is down", {path: OSError("unreachable")})


class Shelf(FileSystem):
    """An object store: no folders, no renaming of many at once. Beam finds it as any subclass of FileSystem."""

    @classmethod
    def scheme(cls):
        return "shelf"

    def _list(self, prefix):
        return [FileMetadata(path, len(data), 0) for path, data in list(FILES.items()) if path.startswith(prefix)]

    def open(self, path, mime_type="", compression_type=None):
        if path not in FILES:
            raise BeamIOError("not found", {path: FileNotFoundError(path)})
        return io.BytesIO(FILES[path])

    def create(self, path, mime_type="", compression_type=None):
        _refuse(path)
        return _Upload(path)

    def rename(self, sources, targets):
        for source, target in zip(sources, targets, strict=True):
            _refuse(target)
            assert target not in FILES
            FILES[target] = FILES.pop(source)

    def delete(self, paths):
        for path in paths:
            del FILES[path]

    def metadata(self, path):
        return FileMetadata(path, len(FILES[path]), 0)

    def join(self, basepath, *paths):
        return "/".join([basepath, *paths])

    def split(self, path):
        return tuple(path.rsplit("/", 1))

    def has_dirs(self):
        return False

    def exists(self, path):
        return path in FILES

    def _unused(self, *_args, **_options):
        raise NotImplementedError

    mkdirs = copy = size = last_updated = checksum = _unused


class Tree(Shelf):
    """Folders, as HDFS has them: `tree://x/y` lies in a temporary folder of this machine."""

    root = tempfile.mkdtemp(prefix="headrace-tree-")

    @classmethod
    def scheme(cls):
        return "tree"

    def _local(self, path):
        return os.path.join(self.root, path.removeprefix("tree://"))

    def _list(self, folder):
        with contextlib.suppress(FileNotFoundError):
            for name in sorted(os.listdir(self._local(folder))):
                yield FileMetadata(f"{folder.rstrip('/')}/{name}", 0, 0)

    def _url_dirname(self, path):
        return path.rsplit("/", 1)[0]

    def open(self, path, mime_type="", compression_type=None):
        return open(self._local(path), "rb")

    def create(self, path, mime_type="", compression_type=None):
        _refuse(path)
        os.makedirs(os.path.dirname(self._local(path)), exist_ok=True)
        return open(self._local(path), "wb")

    def rename(self, sources, targets):
        for source, target in zip(sources, targets, strict=True):
            _refuse(target)
            assert not os.path.exists(self._local(target))
            os.makedirs(os.path.dirname(self._local(target)), exist_ok=True)
            os.rename(self._local(source), self._local(target))

    def delete(self, paths):
        for path in paths:
            local = self._local(path)
            shutil.rmtree(local) if os.path.isdir(local) else os.remove(local)

    def metadata(self, path):
        return FileMetadata(path, os.path.getsize(self._local(path)), time.time())

    def has_dirs(self):
        return True

    def exists(self, path):
        return os.path.exists(self._local(path))


def stored(prefix: str) -> dict[str, bytes]:
    """All files under a path of either file system, by what follows it."""
    if prefix.startswith("shelf://"):
        return {path.removeprefix(prefix): data for path, data in sorted(FILES.items()) if path.startswith(prefix)}
    top = os.path.join(Tree.root, prefix.removeprefix("tree://"))
    top, _ = os.path.split(top)
    paths = sorted(os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names)
    start = os.path.join(Tree.root, prefix.removeprefix("tree://"))
    found = {}
    for path in paths:
        if path.startswith(start):
            with open(path, "rb") as stream:
                found[path.removeprefix(start)] = stream.read()
    return found


def empty() -> None:
    """Forgets everything."""
    FILES.clear()
    FAULTS.clear()
    shutil.rmtree(Tree.root, ignore_errors=True)
