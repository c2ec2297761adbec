"""From a chunk of a file of typed columns to its rows."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from headrace.errors import DataError
from headrace.files.storage import open_file
from headrace.ingest.formats.chunk import Chunk, InputFile
from headrace.ingest.formats.parquet import flattened
from headrace.parquet import open_parquet


def read_rows(chunk: Chunk) -> pa.Table:
    """The table of a chunk: row groups, blocks, records, or a staged piece; structs are gone into.

    Raises:
        DataError: the file is corrupt.
    """
    if chunk.piece is not None:
        with open_file(chunk.piece) as stream:
            return flattened(pa.ipc.open_file(stream).read_all())
    if chunk.file.format != "parquet":
        return flattened(_blocks(chunk))
    try:
        with open_file(chunk.file.path) as stream:
            return flattened(open_parquet(chunk.file.path, stream).read_row_groups(list(range(chunk.start, chunk.end))))
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{chunk.file.path} can't be read as Parquet in row groups {chunk.start} to {chunk.end - 1}: {error}"
        ) from error


def _blocks(chunk: Chunk) -> pa.Table:
    with open_file(chunk.file.path) as stream:
        if chunk.file.format == "avro":
            from headrace.ingest.formats.avro import avro_chunk

            return avro_chunk(stream, chunk.file.path, chunk.start, chunk.end)
        from headrace.ingest.formats.tf_examples import example_chunk

        return example_chunk(stream, chunk.file.path, chunk.start, chunk.end)


def _table_borders(file: InputFile, chunk_bytes: int) -> Iterator[int]:
    with open_file(file.path) as stream:
        if file.format == "avro":
            from headrace.ingest.formats.avro import avro_borders

            yield from avro_borders(stream, file, chunk_bytes)
        else:
            from headrace.examples.tfrecord import example_borders

            yield from example_borders(stream, file.size, chunk_bytes)
