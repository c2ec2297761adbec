"""Arrow IPC, also called Feather (version 2): files by record batches, streams from their beginning to their end.

https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format. A file is a stream with a list of its batches at the
end, so a compressed one is read as the stream that it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar, cast

import pyarrow as pa

from headrace.errors import DataError
from headrace.files.compression import content_stream
from headrace.files.storage import open_file
from headrace.ingest.formats.file_format import Chunk, FirstLook, InputFile
from headrace.ingest.formats.registry import register
from headrace.ingest.formats.table_files import TableFormat, even_borders, leaf_columns

FILE_MAGIC = b"ARROW1\0\0"
_FAULTS = (pa.ArrowException, OSError, EOFError)


class ArrowIpc(TableFormat):
    """What files and streams share: read as a stream, they are tables batch by batch."""

    prefix: ClassVar[bytes] = b""
    """What stands before the stream."""

    def tables(self, file: InputFile, chunk_bytes: int) -> Iterator[pa.Table]:
        """As `TableFormat.tables`."""
        with open_file(file.path) as raw:
            reader = _stream(content_stream(raw, file.path, file.compression), file.path, self.prefix)
            yield reader.schema.empty_table()
            done = 0
            while True:
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    return
                except DataError:
                    raise
                except _FAULTS as error:
                    raise DataError(
                        f"{file.path} is cut off or corrupt: after {done:,} rows Arrow can't be read ({error}); "
                        "fetch it again"
                    ) from error
                done += batch.num_rows
                yield pa.Table.from_batches([batch])


@register
@dataclass(frozen=True, kw_only=True)
class ArrowFile(ArrowIpc):
    """Arrow IPC files; start and end of a chunk are numbers of record batches."""

    name = "arrow"
    magic = FILE_MAGIC
    prefix = FILE_MAGIC

    @classmethod
    def head(cls, look: FirstLook) -> InputFile:
        """As `FileFormat.head`; nested columns by path."""
        with open_file(look.path) as raw:
            if look.compression:
                schema = _stream(content_stream(raw, look.path, look.compression), look.path, cls.prefix).schema
                return cls.file(look, size=look.size, columns=leaf_columns(schema, look.path))
            reader = _file(raw, look.path)
            return cls.file(look, size=reader.num_record_batches, columns=leaf_columns(reader.schema, look.path))

    def borders(self, file: InputFile, chunk_bytes: int) -> Iterator[int]:
        """As `FileFormat.borders`: as many batches as make a chunk, were all of one size."""
        return even_borders(file, chunk_bytes)

    def table(self, chunk: Chunk) -> pa.Table:
        """As `TableFormat.table`."""
        with open_file(chunk.file.path) as raw:
            reader = _file(raw, chunk.file.path)
            try:
                batches = [reader.get_batch(number) for number in range(chunk.start, chunk.end)]
            except _FAULTS as error:
                raise DataError(
                    f"{chunk.file.path} can't be read as Arrow in batches {chunk.start} to {chunk.end - 1}: {error}"
                ) from error
            return pa.Table.from_batches(batches, schema=reader.schema)


@register
@dataclass(frozen=True, kw_only=True)
class ArrowStream(ArrowIpc):
    """Arrow IPC streams, which can't be entered in the middle: dictionaries may stand anywhere before a batch."""

    name = "arrow_stream"
    magic = b"\xff\xff\xff\xff"
    enterable = False

    @classmethod
    def head(cls, look: FirstLook) -> InputFile:
        """As `FileFormat.head`; nested columns by path."""
        with open_file(look.path) as raw:
            schema = _stream(content_stream(raw, look.path, look.compression), look.path, cls.prefix).schema
        return cls.file(look, size=look.size, columns=leaf_columns(schema, look.path))

    def borders(self, file: InputFile, chunk_bytes: int) -> Iterator[int]:
        """Its pieces are its chunks."""
        return iter(())


def _stream(content: BinaryIO, path: str, prefix: bytes) -> pa.RecordBatchStreamReader:
    content.read(len(prefix))
    try:
        return pa.ipc.open_stream(cast("Any", content))
    except DataError:
        raise
    except _FAULTS as error:
        raise DataError(f"{path} can't be read as an Arrow stream: {error}; is it cut off?") from error


def _file(raw: BinaryIO, path: str) -> pa.RecordBatchFileReader:
    try:
        return pa.ipc.open_file(cast("Any", raw))
    except _FAULTS as error:
        raise DataError(f"{path} can't be read as Arrow: {error}; is it cut off?") from error
