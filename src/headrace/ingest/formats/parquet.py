"""Parquet: columns and row groups from the footer, rows from the groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from headrace.errors import DataError
from headrace.examples.layout import from_features
from headrace.files.parquet import open_parquet, read_schema, read_table
from headrace.files.storage import open_file
from headrace.ingest.formats.file_format import Chunk, FirstLook, InputFile
from headrace.ingest.formats.registry import register
from headrace.ingest.formats.table_files import TableFormat, leaf_columns


@register
@dataclass(frozen=True, kw_only=True)
class Parquet(TableFormat):
    """Parquet; start and end of a chunk are numbers of row groups."""

    name = "parquet"
    magic = b"PAR1"

    @classmethod
    def head(cls, look: FirstLook) -> InputFile:
        """As `FileFormat.head`; nested columns by path."""
        if look.compression:
            raise DataError(
                f"{look.path} is Parquet inside {look.compression}: unpack it, Parquet is compressed within"
            )
        try:
            with open_file(look.path) as stream:
                file = open_parquet(look.path, stream)
                schema = file.schema_arrow
                groups = file.metadata.num_row_groups
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{look.path} can't be read as Parquet: {error}; is it cut off?") from error
        return cls.file(look, size=groups, columns=leaf_columns(schema, look.path))

    def borders(self, file: InputFile, chunk_bytes: int) -> Iterator[int]:
        """As `FileFormat.borders`: as many row groups as make a chunk."""
        try:
            with open_file(file.path) as stream:
                metadata = open_parquet(file.path, stream).metadata
                sizes = [metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)]
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{file.path} can't be read as Parquet: {error}") from error
        size = 0
        for group, bytes_of_group in enumerate(sizes):
            if size and size + bytes_of_group > chunk_bytes:
                yield group
                size = 0
            size += bytes_of_group

    def table(self, chunk: Chunk) -> pa.Table:
        """As `TableFormat.table`."""
        try:
            with open_file(chunk.file.path) as stream:
                return open_parquet(chunk.file.path, stream).read_row_groups(list(range(chunk.start, chunk.end)))
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"{chunk.file.path} can't be read as Parquet in row groups {chunk.start} to {chunk.end - 1}: {error}"
            ) from error

    def typed_table(
        self, path: str, *, keep_lists: bool = False, leave_out: Callable[[str], bool] | None = None
    ) -> pa.Table | None:
        """As `FileFormat.typed_table`; a list of at most one value a row, as in examples, is that value."""
        try:
            names = read_schema(path).names
            wanted = [name for name in names if leave_out is None or not leave_out(name)]
            found = read_table(path, memory_map=True, columns=None if len(wanted) == len(names) else wanted)
            found = from_features(found, keep_lists=keep_lists)
            for place, name in enumerate(names):
                if name not in wanted:
                    found = found.add_column(place, name, pa.nulls(found.num_rows))
            return found
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path} can't be read as Parquet: {error}") from error
