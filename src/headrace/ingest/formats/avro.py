"""Avro object container files to tables, block by block, by fastavro (https://avro.apache.org/docs/1.11.1/specification).

fastavro knows no Arrow, so rows pass through Python here, unlike everywhere else: a block of them at a time.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa

from headrace.errors import DataError, UsageError
from headrace.files.compression import BLOCK_BYTES, content_stream
from headrace.ingest.formats.batches import batches_of
from headrace.ingest.formats.chunk import InputFile

MARKER_BYTES = 16
MANY_BYTES = 1 << 40


def avro_columns(stream: BinaryIO, path: str) -> tuple[str, ...]:
    """The columns of a file, nested ones by path, as its schema names them.

    Raises:
        DataError: the head of the file is cut off or corrupt, or its records are none.
    """
    return tuple(_leaves(_reader(stream, path).writer_schema, ""))


def avro_tables(raw: BinaryIO, file: InputFile, chunk_bytes: int) -> Iterator[pa.Table]:
    """The rows of a file as tables of about `chunk_bytes`.

    Raises:
        DataError: the file is cut off or corrupt; the message names the record.
    """
    stream = content_stream(raw, file.path, file.compression)
    return batches_of(_tables(_reader(stream, file.path), stream, file.path), chunk_bytes)


def avro_borders(stream: BinaryIO, file: InputFile, chunk_bytes: int) -> Iterator[int]:
    """Where chunks of a plain file may start after the first: behind the marker that ends each block."""
    head = _head(stream, file.path)
    marker = head[-MARKER_BYTES:]
    place = max(chunk_bytes, len(head))
    while place < file.size:
        stream.seek(place)
        rest = b""
        while block := stream.read(BLOCK_BYTES):
            found = (rest + block).find(marker)
            if found >= 0:
                place += found - len(rest) + MARKER_BYTES
                break
            place += len(block)
            rest = (rest + block)[1 - MARKER_BYTES :]
        else:
            return
        if place < file.size:
            yield place
        place += chunk_bytes


def avro_chunk(stream: BinaryIO, path: str, start: int, end: int) -> pa.Table:
    """The rows of the blocks from byte `start`, the file's first or behind a marker, to `end`.

    Raises:
        DataError: the file is cut off or corrupt; the message names the record, and the byte.
    """
    head = _head(stream, path) if start else b""
    stream.seek(start)
    part = io.BytesIO(head + stream.read(end - start))
    (table,) = batches_of(_tables(_reader(part, path), part, path, before=start - len(head)), MANY_BYTES)
    return table


def _head(stream: BinaryIO, path: str) -> bytes:
    """What stands before the first block: it ends with the marker that ends each block too."""
    stream.seek(0)
    _reader(stream, path)
    size = stream.tell()
    stream.seek(0)
    return stream.read(size)


def _tables(reader: Any, stream: BinaryIO, path: str, before: int = 0) -> Iterator[pa.Table]:
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
            f"{path} holds no records but {str(reader.writer_schema)[:80]}: expected a schema of type record"
        )
    return reader


def _leaves(schema: Any, path: str) -> Iterator[str]:
    if isinstance(schema, list):  # a union: what may be null is what it else is
        schema = next((part for part in schema if part != "null"), "null") if len(schema) <= 2 else "null"
    if isinstance(schema, dict) and schema.get("type") == "record":
        for field in schema["fields"]:
            yield from _leaves(field["type"], f"{path}.{field['name']}" if path else field["name"])
    else:
        yield path
