"""Files that are not local, through Beam's FileSystems. Imports Beam."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems


def open_file(path: str) -> BinaryIO:
    """A remote file opened for reading bytes, seekable, as it lies there (no decompression)."""
    stream = FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)
    return cast(BinaryIO, stream if stream.seekable() else io.BytesIO(stream.read()))


def matches(pattern: str) -> list[str]:
    """The files that match a pattern with a scheme, by name."""
    return sorted(metadata.path for match in FileSystems.match([pattern]) for metadata in match.metadata_list)
