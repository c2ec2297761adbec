"""DuckDB in this process: connections, and names and text written as SQL.

`connected` shares one engine, for SQL that headrace writes itself, and `query_rows` runs such SQL over the rows of a
table. `sandboxed` starts an engine without access to files, for SQL that users wrote: conditions of slices, rules over
rows.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa

_lock = threading.Lock()


@contextmanager
def connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own to the shared engine: no other user sees the tables registered with it.

    Starting an engine of one's own takes 100 times as long.
    """
    with _lock:
        connection = _engine().cursor()
    try:
        yield connection
    finally:
        connection.close()


def query_rows(sql: str, table: pa.Table, parameters: Mapping[str, object] = MappingProxyType({})) -> pa.Table:
    """What `sql` gives for the rows of `given`, which is `table`."""
    with connected() as connection:
        connection.register("given", table)
        return connection.execute(sql, dict(parameters)).fetch_arrow_table()


@contextmanager
def sandboxed(*, read: Sequence[str] = (), write_dir: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine of its own that reads and writes no files but those given, and whose settings can't be changed.

    Args:
        read: the files that SQL may read.
        write_dir: the directory that SQL may read and write.
    """
    with contextlib.closing(duckdb.connect()) as connection:
        if read:
            connection.execute(f"SET allowed_paths = [{literals(map(os.path.abspath, read))}]")
        if write_dir is not None:
            connection.execute(f"SET allowed_directories = [{literal(os.path.abspath(write_dir))}]")
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        yield connection


def first_row(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()) -> tuple[Any, ...]:
    """The first row of a query that has one, such as of an aggregate."""
    row: tuple[Any, ...] | None = connection.execute(query, list(parameters)).fetchone()
    assert row is not None, query
    return row


def column_types(connection: duckdb.DuckDBPyConnection, view: str) -> dict[str, str]:
    """Column name -> SQL type of a table or view."""
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {identifier(view)}").fetchall()}


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Texts as SQL strings, with commas between them."""
    return ", ".join(map(literal, texts))


def identifier(name: str) -> str:
    """A name of a table or column as SQL."""
    return '"' + name.replace('"', '""') + '"'


def flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as one array. (Arrow 10 returns a chunked array where there is nothing to combine.)"""
    if isinstance(column, pa.Array):
        return column
    chunks = column.chunks or [pa.array([], column.type)]
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)


@functools.lru_cache(maxsize=1)
def _engine() -> duckdb.DuckDBPyConnection:
    # A chunk or a bucket is one thread's work, and there are many of them: more threads would only wait for each other.
    # DuckDB turns an IN with many constants into a join, and a join may change the order of rows. The results here
    # stand beside the columns that they were computed from, row by row.
    return duckdb.connect(config={"threads": 1, "disabled_optimizers": "in_clause"})
