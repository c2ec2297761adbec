"""Avro object container files to tables, block by block (https://avro.apache.org/docs/1.11.1/specification).

fastavro decodes the records of a block. It has no Arrow output, so rows pass through Python here, unlike everywhere
else: a block of them at a time. Types are those of the schema, whatever the values of a block look like.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa

from headrace.errors import DataError, UsageError
from headrace.files.compression import content_stream
from headrace.files.storage import open_file
from headrace.files.unpackers import BLOCK_BYTES
from headrace.ingest.formats.avro_container import (
    MAGIC,
    MARKER_BYTES,
    Header,
    corrupt,
    encoded,
    read_blocks,
    read_header,
)
from headrace.ingest.formats.avro_values import avro_columns, raw_schema
from headrace.ingest.formats.file_format import Chunk, FirstLook, InputFile
from headrace.ingest.formats.registry import register
from headrace.ingest.formats.table_files import TableFormat, joined, leaf_columns


@register
@dataclass(frozen=True, kw_only=True)
class Avro(TableFormat):
    """Avro; chunks start at blocks."""

    name = "avro"
    magic = MAGIC

    @classmethod
    def head(cls, look: FirstLook) -> InputFile:
        """As `FileFormat.head`; nested columns by path, as the schema of the file names them."""
        with open_file(look.path) as raw:
            header = read_header(content_stream(raw, look.path, look.compression), look.path)
        schema = pa.schema([one.field(name) for name, one in avro_columns(header.schema).items()])
        return cls.file(look, size=look.size, columns=leaf_columns(schema, look.path))

    def borders(self, file: InputFile, chunk_bytes: int) -> Iterator[int]:
        """As `FileFormat.borders`: behind the marker that ends each block."""
        with open_file(file.path) as stream:
            header = read_header(stream, file.path)
            place = max(chunk_bytes, header.size)
            while place < file.size:
                found = _behind(stream, header.marker, place)
                if found is None or found >= file.size:
                    return
                yield found
                place = found + chunk_bytes

    def table(self, chunk: Chunk) -> pa.Table:
        """As `TableFormat.table`: the blocks from `start`, the file's first or behind a marker, to `end`.

        Raises:
            DataError: the file is cut off or corrupt; the message names the record, and the byte.
        """
        path = chunk.file.path
        with open_file(path) as stream:
            header = read_header(stream, path)
            start = max(chunk.start, header.size)
            stream.seek(start)
            return joined(list(_tables(stream, header, path, start=start, end=chunk.end)))

    def tables(self, file: InputFile, chunk_bytes: int) -> Iterator[pa.Table]:
        """As `TableFormat.tables`."""
        with open_file(file.path) as raw:
            stream = content_stream(raw, file.path, file.compression)
            header = read_header(stream, file.path)
            yield from _tables(stream, header, file.path, start=header.size)


def _behind(stream: BinaryIO, marker: bytes, place: int) -> int | None:
    """The byte behind the first marker from byte `place` on; None where none follows."""
    stream.seek(place)
    rest = b""
    while block := stream.read(BLOCK_BYTES):
        found = (rest + block).find(marker)
        if found >= 0:
            return place + found - len(rest) + MARKER_BYTES
        place += len(block)
        rest = (rest + block)[1 - MARKER_BYTES :]
    return None


def _tables(stream: BinaryIO, header: Header, path: str, *, start: int, end: int | None = None) -> Iterator[pa.Table]:
    """An empty table that has the columns, then one of each block."""
    try:
        import fastavro
    except ImportError as error:
        raise UsageError(f"reading Avro ({path}) needs fastavro: pip install 'headrace[avro]'") from error
    columns = avro_columns(header.schema)
    schema = pa.schema([one.field(name) for name, one in columns.items()])
    yield schema.empty_table()
    # A block is what Avro calls an array of records, without the counts at its beginning and end.
    records = fastavro.parse_schema({"type": "array", "items": raw_schema(header.schema)})
    done = 0
    for block in read_blocks(stream, header, path, start=start, end=end):
        if not block.count:
            continue
        try:
            whole = io.BytesIO(encoded(block.count) + block.data + encoded(0))
            rows: Any = fastavro.schemaless_reader(whole, records)
            complete = len(rows) == block.count and not whole.read(1)
        except Exception as error:  # fastavro lets through whatever a decoder of corrupt bytes runs into
            why = f"records can't be decoded ({type(error).__name__}: {error})"
            raise corrupt(path, block.start, done, why) from error
        if not complete:
            raise corrupt(path, block.start, done, "there are bytes behind its last record")
        values = [[one.value(row[name]) for row in rows] for name, one in columns.items()]
        yield pa.table([_array(one, column, path) for one, column in zip(schema, values, strict=True)], schema=schema)
        done += block.count


def _array(field: pa.Field, values: list[Any], path: str) -> pa.Array:
    try:
        return pa.array(values, field.type)
    except (pa.ArrowException, OverflowError, ValueError) as error:
        raise DataError(f"{path}: column {field.name!r} does not hold what its schema says ({error})") from error
