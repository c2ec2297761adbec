"""DuckDB over the rows of Parquet shards, or over statistics, for expressions that people wrote.

pace: list<float> [[5.5], null]        ->  pace FLOAT       5.5, null     one value a row at the most
tags: list<binary> [[b"a", b"b"], []]  ->  tags VARCHAR[]   ['a', 'b'], []

The engine reads the shards that it is given and writes where it is told; any other access to files is off, and locked.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import duckdb

from headrace.errors import DataError
from headrace.parquet import read_metadata

ROWS = "shown_rows"
"""The view of the rows as expressions see them."""
LISTS = "listed_rows"
"""The rows as they are stored, every feature a list."""
Engine = Any


@contextlib.contextmanager
def over_rows(paths: Sequence[str], *, lists: Collection[str] = (), out_dir: str | None = None) -> Iterator[Engine]:
    """A connection with the views `LISTS` and `ROWS` of Parquet shards.

    Args:
        paths: of shards in the layout of `headrace.examples.layout`.
        lists: features that stay lists though no row has several values.
        out_dir: where `COPY` may write.

    Raises:
        DataError: there are no shards, or one is no Parquet file.
    """
    if not paths:
        raise DataError("there are no examples to look at: expected at least one Parquet shard")
    with contextlib.closing(duckdb.connect()) as connection:
        allowed = [os.path.abspath(path) for path in paths]
        connection.execute(f"SET allowed_paths = [{', '.join(map(quoted, allowed))}]")
        if out_dir is not None:
            connection.execute(f"SET allowed_directories = [{quoted(os.path.abspath(out_dir))}]")
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        try:
            shards = f"read_parquet([{', '.join(map(quoted, allowed))}], union_by_name = true)"
            connection.execute(f"CREATE VIEW {LISTS} AS SELECT * FROM {shards}")
            kinds = _kinds(connection)
            several = _several(paths, kinds, connection) | set(lists)
        except duckdb.Error as error:
            raise DataError(f"{', '.join(paths[:3])}: expected Parquet shards of one layout: {error}") from error
        shown = ", ".join(_shown(name, kind, name in several) for name, kind in kinds.items())
        connection.execute(f"CREATE VIEW {ROWS} AS SELECT {shown} FROM {LISTS}")
        yield connection


@contextlib.contextmanager
def over_types(kinds: Mapping[str, str]) -> Iterator[Engine]:
    """A connection with a view `ROWS` of no rows, of columns of such SQL types: to see what an expression comes to."""
    with contextlib.closing(duckdb.connect()) as connection:
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        shown = ", ".join(f"CAST(NULL AS {kind}) AS {identifier(name)}" for name, kind in kinds.items())
        connection.execute(f"CREATE VIEW {ROWS} AS SELECT {shown or 'NULL AS nothing'} WHERE false")
        yield connection


@contextlib.contextmanager
def over_statistics(of_features: Mapping[str, Mapping[str, float | None]], num_examples: int) -> Iterator[Engine]:
    """A connection with a view `ROWS` of one row: a struct of measures for each feature, and `num_examples`."""
    with contextlib.closing(duckdb.connect()) as connection:
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        parts = [f"{int(num_examples)} AS num_examples"] if "num_examples" not in of_features else []
        for name, measures in of_features.items():
            inner = ", ".join(f"{quoted(key)}: {_double(value)}" for key, value in measures.items())
            parts.append(f"{{{inner}}} AS {identifier(name)}")
        connection.execute(f"CREATE VIEW {ROWS} AS SELECT {', '.join(parts)}")
        yield connection


def quoted(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _double(value: float | None) -> str:
    return "CAST(NULL AS DOUBLE)" if value is None else f"CAST({quoted(repr(float(value)))} AS DOUBLE)"


def _kinds(connection: Engine) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {LISTS}").fetchall()}


def _several(paths: Sequence[str], kinds: Mapping[str, str], connection: Engine) -> set[str]:
    # As many values as rows that have any: then no row has two. Footers tell it of most features.
    lists = [name for name, kind in kinds.items() if kind.endswith("[]")]
    suspects = _longer_than_rows(paths, lists)
    if not suspects:
        return set()
    most = ", ".join(f"max(len({identifier(name)}))" for name in suspects)
    longest = connection.execute(f"SELECT {most} FROM {LISTS}").fetchone()
    return {name for name, length in zip(suspects, longest, strict=True) if length is not None and length > 1}


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
    # An empty or null list has an entry too, so a feature of at most one value a row has as many entries as rows.
    return [name for name in lists if counts.get(name, rows + 1) > rows]


def _shown(name: str, kind: str, several: bool) -> str:
    column = identifier(name)
    if not kind.endswith("[]"):
        return column
    text = kind.startswith("BLOB")
    if several:
        return f"list_transform({column}, lambda v: try(decode(v))) AS {column}" if text else column
    return f"try(decode({column}[1])) AS {column}" if text else f"{column}[1] AS {column}"
