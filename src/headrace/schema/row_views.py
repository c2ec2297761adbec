"""Views in DuckDB over which the expressions of rules are evaluated: rows of Parquet shards, or statistics.

pace: list<float> [[5.5], null]        ->  pace FLOAT       5.5, null     a value, where no row has several
tags: list<binary> [[b"a", b"b"], []]  ->  tags VARCHAR[]   ['a', 'b'], []

The engine reads only the given shards and writes only to the given directory.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import duckdb

from headrace.duckdb_engine import column_types, first_row, identifier, literal, literals, sandboxed
from headrace.errors import DataError
from headrace.files.parquet import read_metadata
from headrace.files.storage import local_copies

Connection: TypeAlias = duckdb.DuckDBPyConnection

ROWS = "shown_rows"
"""The view that expressions are evaluated over."""
LISTS = "listed_rows"
"""The view of the rows as they are stored, every feature a list."""


@contextmanager
def over_rows(paths: Sequence[str], *, lists: Collection[str] = (), out_dir: str | None = None) -> Iterator[Connection]:
    """A connection with the views `LISTS` and `ROWS` of Parquet shards.

    Args:
        paths: shards in the layout of `headrace.examples.layout`.
        lists: features that stay lists even if no row has several values.
        out_dir: where `COPY` may write.

    Raises:
        DataError: there are no shards, or one is not a Parquet file.
    """
    if not paths:
        raise DataError("there are no examples to look at: expected at least one Parquet shard")
    with local_copies(paths) as local, sandboxed(read=local, write_dir=out_dir) as connection:
        try:
            shards = f"read_parquet([{_absolute(local)}], union_by_name = true)"
            connection.execute(f"CREATE VIEW {LISTS} AS SELECT * FROM {shards}")
            kinds = column_types(connection, LISTS)
            several = _with_several_values(connection, paths, kinds) | set(lists)
        except duckdb.Error as error:
            raise DataError(f"{', '.join(paths[:3])}: expected Parquet shards of one layout: {error}") from error
        columns = ", ".join(_shown(name, kind, name in several) for name, kind in kinds.items())
        connection.execute(f"CREATE VIEW {ROWS} AS SELECT {columns} FROM {LISTS}")
        yield connection


@contextmanager
def over_types(kinds: Mapping[str, str]) -> Iterator[Connection]:
    """A connection with an empty view `ROWS` whose columns have these SQL types: shows the type of an expression."""
    with sandboxed() as connection:
        columns = ", ".join(f"CAST(NULL AS {kind}) AS {identifier(name)}" for name, kind in kinds.items())
        connection.execute(f"CREATE VIEW {ROWS} AS SELECT {columns or 'NULL AS nothing'} WHERE false")
        yield connection


@contextmanager
def over_statistics(of_features: Mapping[str, Mapping[str, float | None]], num_examples: int) -> Iterator[Connection]:
    """A connection with a view `ROWS` of one row: a struct of measures for each feature, and `num_examples`."""
    with sandboxed() as connection:
        parts = [f"{int(num_examples)} AS num_examples"] if "num_examples" not in of_features else []
        for name, measures in of_features.items():
            fields = ", ".join(f"{literal(key)}: {_double(value)}" for key, value in measures.items())
            parts.append(f"{{{fields}}} AS {identifier(name)}")
        connection.execute(f"CREATE VIEW {ROWS} AS SELECT {', '.join(parts)}")
        yield connection


def _absolute(paths: Sequence[str]) -> str:
    return literals(map(os.path.abspath, paths))


def _double(value: float | None) -> str:
    return "CAST(NULL AS DOUBLE)" if value is None else f"CAST({literal(repr(float(value)))} AS DOUBLE)"


def _with_several_values(connection: Connection, paths: Sequence[str], kinds: Mapping[str, str]) -> set[str]:
    # The footers of the files rule out most features, without reading any row.
    lists = [name for name, kind in kinds.items() if kind.endswith("[]")]
    suspects = _longer_than_rows(paths, lists)
    if not suspects:
        return set()
    longest = ", ".join(f"max(len({identifier(name)}))" for name in suspects)
    lengths = first_row(connection, f"SELECT {longest} FROM {LISTS}")
    return {name for name, length in zip(suspects, lengths, strict=True) if length is not None and length > 1}


def _longer_than_rows(paths: Sequence[str], lists: Sequence[str]) -> list[str]:
    counts: dict[str, int] = {}
    rows = 0
    for path in paths:
        footer = read_metadata(path)
        rows += footer.num_rows
        for group in range(footer.num_row_groups):
            for column in range(footer.num_columns):
                chunk = footer.row_group(group).column(column)
                name = chunk.path_in_schema.rsplit(".list.", 1)[0]
                nulls = chunk.statistics.null_count if chunk.statistics is not None else None
                counts[name] = counts.get(name, 0) + chunk.num_values + (1 if nulls is None else 0)
    # An empty or null list counts as an entry too, so a feature without several values has as many entries as rows.
    return [name for name in lists if counts.get(name, rows + 1) > rows]


def _shown(name: str, kind: str, several: bool) -> str:
    column = identifier(name)
    if not kind.endswith("[]"):
        return column
    text = kind.startswith("BLOB")
    if several:
        return f"list_transform({column}, lambda v: try(decode(v))) AS {column}" if text else column
    return f"try(decode({column}[1])) AS {column}" if text else f"{column}[1] AS {column}"
