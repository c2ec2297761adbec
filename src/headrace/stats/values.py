"""Exact counts of values, in columns.

    [b"f", b"m"], [b"m"], null, [b"x"]   ->   value  f m x        top 2   ->   m 2
                                              count  1 2 1                     x 1

Counts of parts merge into counts of the whole, whatever the parts. Where counts are equal the larger value goes first,
which is TFDV's order. TFDV's own in-memory generator counts in a sketch of 1,024 values, which is not exact beyond.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
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
    merged = pa.concat_tables(parts).combine_chunks()
    if not merged.num_rows:
        return SCHEMA.empty_table()
    encoded = merged["value"].chunk(0).dictionary_encode()
    # Sums in float64 are exact up to 2^53 rows.
    counts = np.bincount(encoded.indices.to_numpy(), weights=merged["count"].to_numpy())
    return pa.table([encoded.dictionary, counts.astype(np.int64)], schema=SCHEMA)


def top_counts(counts: pa.Table, limit: int) -> pa.Table:
    """The `limit` most frequent values, most frequent first; of equally frequent ones the larger first."""
    if counts.num_rows > limit:
        # Only what is as frequent as the last one in can be among them: that leaves fewer values to sort.
        numbers = counts["count"].to_numpy()
        counts = counts.filter(pa.array(numbers >= np.partition(numbers, -limit)[-limit]))
    order = pc.sort_indices(counts, sort_keys=[("count", "descending"), ("value", "descending")])
    return counts.take(order.slice(0, limit))
