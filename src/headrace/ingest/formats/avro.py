"""Avro object container files to tables, block by block, by fastavro (https://avro.apache.org/docs/1.11.1/specification).

fastavro has no Arrow output, so rows pass through Python here, unlike everywhere else: a block of them at a time.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa

from headrace.errors import DataError, UsageError
from headrace.files.compression import BLOCK_BYTES, content_stream
from headrace.files.storage import open_file
from headrace.ingest.formats.file_format import Chunk, FirstLook, InputFile
from headrace.ingest.formats.registry import register
from headrace.ingest.formats.table_files import TableFormat, joined

MARKER_BYTES = 16


@register
@dataclass(frozen=True, kw_only=True)
class Avro(TableFormat):
    """Avro; chunks start at blocks."""

    name = "avro"
    magic = b"Obj\x01"

    @classmethod
    def head(cls, look: FirstLook) -> InputFile:
        """As `FileFormat.head`; nested columns by path, as the schema of the file names them."""
        with open_file(look.path) as raw:
            schema = _reader(content_stream(raw, look.path, look.compression), look.path).writer_schema
        return cls.file(look, size=look.size, columns=tuple(_leaves(schema, "")))

    def borders(self, file: InputFile, chunk_bytes: int) -> Iterator[int]:
        """As `FileFormat.borders`: behind the marker that ends each block."""
        with open_file(file.path) as stream:
            head = _head(stream, file.path)
            marker = head[-MARKER_BYTES:]
            place = max(chunk_bytes, len(head))
            while place < file.size:
                found = _behind(stream, marker, place)
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
            head = _head(stream, path) if chunk.start else b""
            stream.seek(chunk.start)
            part = io.BytesIO(head + stream.read(chunk.end - chunk.start))
        return joined(list(_tables(_reader(part, path), part, path, before=chunk.start - len(head))))

    def tables(self, file: InputFile, chunk_bytes: int) -> Iterator[pa.Table]:
        """As `TableFormat.tables`."""
        with open_file(file.path) as raw:
            stream = content_stream(raw, file.path, file.compression)
            yield from _tables(_reader(stream, file.path), stream, file.path)


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


def _head(stream: BinaryIO, path: str) -> bytes:
    """What stands before the first block; it ends with the marker that also ends each block."""
    stream.seek(0)
    _reader(stream, path)
    size = stream.tell()
    stream.seek(0)
    return stream.read(size)


def _tables(reader: Any, stream: BinaryIO, path: str, before: int = 0) -> Iterator[pa.Table]:
    """An empty table that has the columns, then one of each block; the stream starts at byte `before` of the file."""
    schema = reader.writer_schema
    names = [field["name"] for field in schema["fields"]]
    done = 0
    yield pa.table({name: pa.nulls(0) for name in names})
    while True:
        try:
            block = next(reader, None)
            rows = list(block) if block is not None else []
        except DataError:
            raise
        except Exception as error:  # fastavro lets through whatever a decoder of corrupt bytes runs into
            raise DataError(
                f"{path} is cut off or corrupt: after {done:,} records, near byte {before + stream.tell():,}, "
                f"Avro can't be read ({type(error).__name__}: {error}); fetch it again"
            ) from error
        if block is None:
            return
        done += len(rows)
        yield pa.table([_column([row[name] for row in rows]) for name in names], names=names)


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array([str(value) if isinstance(value, uuid.UUID) else value for value in values])
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        # A union of several types: as text, which is what a text field would read.
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _reader(stream: BinaryIO, path: str) -> Any:
    try:
        import fastavro
    except ImportError as error:
        raise UsageError(f"reading Avro ({path}) needs fastavro: pip install 'headrace[avro]'") from error
    try:
        reader = fastavro.block_reader(stream)
    except DataError:
        raise
    except Exception as error:  # as above
        raise DataError(f"{path} can't be read as Avro: {type(error).__name__}: {error}; is it cut off?") from error
    if not isinstance(reader.writer_schema, dict) or reader.writer_schema.get("type") != "record":
        raise DataError(
            f"{path} holds {str(reader.writer_schema)[:80]} instead of records: expected a schema of type record"
        )
    return reader


def _leaves(schema: Any, path: str) -> Iterator[str]:
    """The paths of all columns that are not records themselves."""
    if isinstance(schema, list):  # a union with null is the type of its other part
        schema = next((part for part in schema if part != "null"), "null") if len(schema) <= 2 else "null"
    if isinstance(schema, dict) and schema.get("type") == "record":
        for field in schema["fields"]:
            yield from _leaves(field["type"], f"{path}.{field['name']}" if path else field["name"])
    else:
        yield path
