"""Files that are not local, through Beam's FileSystems (`gs://`, `s3://`, `hdfs://`). Imports Beam."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from typing import BinaryIO, cast

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

PLAIN = CompressionTypes.UNCOMPRESSED
COPY_BYTES = 1 << 20


def open_file(path: str) -> BinaryIO:
    """A remote file opened for reading bytes, seekable, without decompression."""
    stream = FileSystems.open(path, compression_type=PLAIN)
    return cast(BinaryIO, stream if stream.seekable() else io.BytesIO(stream.read()))


def matches(pattern: str) -> list[str]:
    """The files that match a pattern with a scheme, by name."""
    return sorted(metadata.path for match in FileSystems.match([pattern]) for metadata in match.metadata_list)


def exists(path: str) -> bool:
    """Whether there is such a file."""
    return bool(FileSystems.exists(path))


def has_folders(path: str) -> bool:
    """Whether the file system has folders that can be renamed with all that is in them; an object store has none."""
    return bool(FileSystems.get_filesystem(path).has_dirs())


def upload(local: str, path: str) -> None:
    """Copies a local file to a remote one, which is replaced if it exists."""
    with open(local, "rb") as source, FileSystems.create(path, compression_type=PLAIN) as target:
        shutil.copyfileobj(source, target, COPY_BYTES)


def move(sources: Sequence[str], targets: Sequence[str]) -> None:
    """Renames files, or folders where there are any; the targets must not exist."""
    FileSystems.rename(list(sources), list(targets))


def remove(paths: Sequence[str]) -> None:
    """Deletes files, and folders with what is in them."""
    FileSystems.delete(list(paths))


def remove_folder(path: str) -> None:
    """Deletes a folder with all that is in it, if it is there; in an object store all files whose names begin so."""
    if not has_folders(path):
        remove(matches(f"{path}/**"))
    elif exists(path):
        remove([path])
