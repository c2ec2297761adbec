"""A sample of the rows of Parquet shards, as one flat table in memory."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from headrace.errors import DataError
from headrace.examples.layout import from_features, read_batches
from headrace.examples.lists import most_values
from headrace.files.parquet import read_metadata

ROWS = 1_000_000
"""Rows of the sample at most: of more rows, every second, third, ... is taken."""


def read_rows(paths: Sequence[str], *, limit: int = ROWS) -> pa.Table:
    """The rows of shards, or at most `limit` evenly spread ones, without features that have several values in a row.

    Raises:
        DataError: there are no shards.
    """
    if not paths:
        raise DataError("there are no examples to look at: expected at least one Parquet shard")
    total = sum(read_metadata(path).num_rows for path in paths)
    step = max(1, -(-total // limit))
    parts: list[pa.Table] = []
    seen = 0
    for batch in read_batches(paths):
        rows = pa.array(range(-seen % step, batch.num_rows, step), pa.int64())
        seen += batch.num_rows
        part = pa.Table.from_batches([batch])
        parts.append(part if step == 1 else part.take(rows))
    table = pa.concat_tables(parts)
    single = [name for name in table.column_names if most_values(table[name]) <= 1]
    return from_features(table.select(single))
