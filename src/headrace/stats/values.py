"""Exact counts of values, in columns.

    [b"f", b"m"], [b"m"], null, [b"x"]   ->   value  f m x        top 2   ->   m 2
                                              count  1 2 1                     x 1

Counts of parts merge into counts of the whole, whatever the parts. Where counts are equal the larger value goes first,
which is TFDV's order. TFDV's own in-memory generator counts in a sketch of 1,024 values, which is not exact beyond.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

SCHEMA = pa.schema([("value", pa.large_binary()), ("count", pa.int64())])
"""A table of counts: each value once. Large, since the values of a whole data set may exceed 2 GiB."""


def count_values(values: pa.Array) -> pa.Table:
    """Counts of the values of a binary or text array; nulls are not values."""
    counted = values.drop_null().value_counts()
    return pa.table([counted.field("values").cast(pa.large_binary()), counted.field("counts")], schema=SCHEMA)


def merge_counts(parts: Sequence[pa.Table]) -> pa.Table:
    """Counts of the whole from those of its parts."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return SCHEMA.empty_table()
    merged = pa.concat_tables(parts).group_by("value").aggregate([("count", "sum")])
    return merged.select(["value", "count_sum"]).rename_columns(["value", "count"]).combine_chunks()


def top_counts(counts: pa.Table, limit: int) -> pa.Table:
    """The `limit` most frequent values, most frequent first; of equally frequent ones the larger first."""
    if counts.num_rows > limit:
        # Only what is as frequent as the last one in can be among them: that leaves fewer values to sort.
        least = pc.array_sort_indices(counts["count"], order="descending")[limit - 1]
        counts = counts.filter(pc.greater_equal(counts["count"], counts["count"][least.as_py()]))
    order = pc.sort_indices(counts, sort_keys=[("count", "descending"), ("value", "descending")])
    return counts.take(order.slice(0, limit))
