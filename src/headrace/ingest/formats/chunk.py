"""A file to be read, and a part of it that one worker reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from headrace.errors import DataError
from headrace.files.storage import open_file

TABLES = ("parquet", "avro", "tfrecord")

MAX_CHUNK_BYTES = (1 << 31) - 2
"""Arrow's text columns count bytes in 32 bits."""


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """A file as it was found; `columns` is None for JSON and TFRecords.

    Records start at byte `start`, on line `first_line`. `format` is csv, jsonl, json_array, documents (of a
    `dialect`), parquet, avro or tfrecord. Places count in the file as it is unpacked to UTF-8; of formats that have no
    lines, rows are lines.
    """

    path: str
    source: str
    format: str
    delimiter: str = ","
    quoted_line_breaks: bool = False
    columns: tuple[str, ...] | None = None
    start: int = 0
    first_line: int = 1
    size: int = 0
    compression: str | None = None
    encoding: str = "utf-8"
    span: int | None = None
    dialect: str | None = None

    @property
    def is_packed(self) -> bool:
        """Whether the file can't be entered in the middle and is unpacked before it is read."""
        return self.compression is not None or self.encoding != "utf-8"

    @property
    def is_table(self) -> bool:
        """Whether the file holds typed columns, not text."""
        return self.format in TABLES


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Bytes `start` to `end` of a file: whole records or blocks, one worker's portion. `index` counts over all files.

    Of Parquet row groups `start` to `end`; of a file that was unpacked the piece in file `piece`.
    """

    file: InputFile
    index: int
    start: int
    end: int
    piece: str | None = None


def read_chunk(chunk: Chunk) -> np.ndarray:  # type: ignore[type-arg]
    """The bytes of a chunk.

    Raises:
        DataError: the file shrank, or one record is so long that the chunk exceeds 2 GiB.
    """
    size = chunk.end - chunk.start
    if size > MAX_CHUNK_BYTES:
        raise too_long(chunk.file.path, chunk.start, chunk.end)
    if chunk.piece is not None:
        with open_file(chunk.piece) as packed, pa.CompressedInputStream(packed, "lz4") as stream:
            data = stream.read(size)
    else:
        with open_file(chunk.file.path) as stream:
            stream.seek(chunk.start)
            data = stream.read(size)
    if len(data) != size:
        raise DataError(
            f"{chunk.file.path} shrank while it was read: expected bytes {chunk.start} to {chunk.end}, got {len(data)}"
        )
    return np.frombuffer(data, dtype=np.uint8)


def too_long(path: str, start: int, end: int) -> DataError:
    """What to raise where no record ends for too long."""
    return DataError(
        f"{path} has a record of over 1 GiB between bytes {start} and {end}: "
        "is this CSV or JSON lines, one record a line?"
    )
