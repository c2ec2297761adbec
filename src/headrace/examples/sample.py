"""Rows of Parquet shards as one flat table, few enough to hold."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import DataError
from headrace.examples.layout import from_features, read_batches
from headrace.parquet import read_metadata

ROWS = 1_000_000
"""Rows that are looked at: of more, every second, third, ..."""


def read_rows(paths: Sequence[str], *, limit: int = ROWS) -> pa.Table:
    """The rows of shards, or evenly spread ones of them; features of several values a row are left out.

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
    single = [name for name in table.column_names if (pc.max(pc.list_value_length(table[name])).as_py() or 0) <= 1]
    return from_features(table.select(single))
