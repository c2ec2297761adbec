"""The two sides: a table, or Parquet shards of which one column at a time is in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pyarrow as pa

from headrace.errors import DataError, UsageError
from headrace.files.parquet import open_parquet
from headrace.values import ColumnType, type_of_field


class Columns(Protocol):
    """A data set whose columns are read one by one, with the rows always in the same order."""

    name: str
    rows: int

    @property
    def names(self) -> Sequence[str]:
        """Names of the columns."""

    def column(self, name: str) -> pa.ChunkedArray:
        """One column: a feature of lists, or flat."""

    def type(self, name: str) -> ColumnType:
        """What the column holds, as it was written with it, or by its Arrow type."""


class TableColumns:
    """The columns of a table in memory."""

    def __init__(self, table: pa.Table, *, name: str = "") -> None:
        self.name, self.rows, self._table = name, table.num_rows, table

    @property
    def names(self) -> Sequence[str]:
        """Names of the columns."""
        return list(self._table.column_names)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column."""
        return self._table.column(name)

    def type(self, name: str) -> ColumnType:
        """What the column holds."""
        return type_of_field(self._table.schema.field(name))


class FileColumns:
    """The columns of Parquet shards, all of one schema; a column is read when it is asked for, and not kept.

    Raises:
        UsageError: there is no file.
        DataError: a file can't be read as Parquet, or its columns are not those of the first.
    """

    def __init__(self, paths: Sequence[str], *, name: str = "") -> None:
        if not paths:
            raise UsageError("expected at least one Parquet file")
        self.name, self._paths = name, list(paths)
        self.rows = 0
        self._schema: pa.Schema | None = None
        for path in self._paths:
            try:
                with open_parquet(path) as file:
                    schema, rows = file.schema_arrow, file.metadata.num_rows
            except (pa.ArrowInvalid, OSError) as error:
                raise DataError(f"{path}: expected a Parquet file: {error}") from error
            self._schema = schema if self._schema is None else self._schema
            if set(schema.names) != set(self.names):
                differ = ", ".join(sorted(set(schema.names) ^ set(self.names)))
                raise DataError(f"{path}: its columns are not those of {self._paths[0]}; they differ in {differ}")
            self.rows += rows

    @property
    def names(self) -> Sequence[str]:
        """Names of the columns."""
        return list(self._schema.names) if self._schema is not None else []

    def type(self, name: str) -> ColumnType:
        """What the column holds."""
        assert self._schema is not None, "there is at least one file"
        return type_of_field(self._schema.field(name))

    def column(self, name: str) -> pa.ChunkedArray:
        """One column, read now."""
        chunks: list[pa.Array] = []
        for path in self._paths:
            with open_parquet(path) as file:
                chunks += file.read(columns=[name], use_threads=False).column(name).chunks
        types = {str(chunk.type): chunk.type for chunk in chunks}
        if len(types) > 1:
            raise DataError(f"{self._paths[0]} and its other shards hold {name!r} as {', '.join(types)}")
        return pa.chunked_array(chunks, type=next(iter(types.values()), pa.null()))
