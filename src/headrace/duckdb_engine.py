"""DuckDB in this process: one engine, a connection of its own for each user of it."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

_lock = threading.Lock()


@contextmanager
def connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose registered tables nobody else sees. Starting an engine takes 100 times as long."""
    with _lock:
        connection = _engine().cursor()
    try:
        yield connection
    finally:
        connection.close()


def flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as one array. (Arrow 10 gives a chunked array back where there is nothing to combine.)"""
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])


@functools.lru_cache(maxsize=1)
def _engine() -> duckdb.DuckDBPyConnection:
    # A chunk or a bucket is one thread's work, and there are many of them: more threads would only wait for each other.
    # DuckDB makes a join of an IN with many constants, and a join may forget the order of rows. Here results stand
    # beside the columns they were made of, row by row.
    return duckdb.connect(config={"threads": 1, "disabled_optimizers": "in_clause"})


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"
