"""Parquet: columns and row groups from the footer, rows from the groups."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from headrace.errors import DataError
from headrace.files.storage import open_file
from headrace.ingest.formats.chunk import InputFile
from headrace.parquet import open_parquet


def parquet_head(path: str) -> tuple[tuple[str, ...], int]:
    """The columns of a Parquet file, nested ones by path, and the number of its row groups.

    Raises:
        DataError: it is cut off or corrupt, or has two columns of one name.
    """
    try:
        with open_file(path) as stream:
            file = open_parquet(path, stream)
            names = flattened(file.schema_arrow.empty_table()).column_names
            groups = file.metadata.num_row_groups
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} can't be read as Parquet: {error}; is it cut off?") from error
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path} names columns twice: {', '.join(twice)}; rename them")
    return tuple(names), groups


def flattened(table: pa.Table) -> pa.Table:
    """The table with `at.city` for a struct `at` that has a `city`."""
    while any(pa.types.is_struct(field.type) and field.type.num_fields for field in table.schema):
        table = table.flatten()
    return table


def _group_borders(file: InputFile, chunk_bytes: int) -> Iterator[int]:
    """Row groups, as many as make a chunk; a chunk's start and end are their numbers."""
    try:
        with open_file(file.path) as stream:
            metadata = open_parquet(file.path, stream).metadata
            sizes = [metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)]
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{file.path} can't be read as Parquet: {error}") from error
    size = 0
    for group, bytes_of_group in enumerate(sizes):
        if size and size + bytes_of_group > chunk_bytes:
            yield group
            size = 0
        size += bytes_of_group
