"""The two sides: a table, or Parquet shards of which one column at a time is in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pyarrow as pa

from headrace.errors import DataError, UsageError
from headrace.files.parquet import open_parquet


class Columns(Protocol):
    """A data set whose columns are read one by one, with the rows always in the same order."""

    name: str
    rows: int

    @property
    def names(self) -> Sequence[str]:
        """Names of the columns."""

    def column(self, name: str) -> pa.ChunkedArray:
        """One column: a feature of lists, or flat."""


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
        self._names: list[str] = []
        for path in self._paths:
            try:
                with open_parquet(path) as file:
                    names, rows = file.schema_arrow.names, file.metadata.num_rows
            except (pa.ArrowInvalid, OSError) as error:
                raise DataError(f"{path}: expected a Parquet file: {error}") from error
            self._names = self._names or names
            if set(names) != set(self._names):
                differ = ", ".join(sorted(set(names) ^ set(self._names)))
                raise DataError(f"{path}: its columns are not those of {self._paths[0]}; they differ in {differ}")
            self.rows += rows

    @property
    def names(self) -> Sequence[str]:
        """Names of the columns."""
        return self._names

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
