"""In how many rows values of a feature and of the label stand together: what lift is computed from.

    city  [b"a"] [b"a", b"b"] [b"b"]        x      y      count
    y     [1]    [0]          []       ->   a      1, 0   1, 1
                                            b      0      1
                                            a, b   null   2, 2   (with or without a label)

A row counts once, however often it repeats a value. Counts of parts add up to counts of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def count_pairs(batch: pa.RecordBatch, feature: str, label: str) -> pa.Table:
    """Columns `x`, `y` and `count`; `y` is null where all rows with `x` are counted. Both features are in the batch."""
    xs, ys = _presence(batch, feature, "x"), _presence(batch, label, "y")
    alone = xs.group_by("x").aggregate([("row", "count")])
    alone = pa.table(
        {"x": alone["x"], "y": pa.nulls(len(alone), ys.schema.field("y").type), "count": alone["row_count"]}
    )
    both = xs.join(ys, "row", join_type="inner").group_by(["x", "y"]).aggregate([("row", "count")])
    pairs = pa.table({"x": both["x"], "y": both["y"], "count": both["row_count"]})
    return pa.concat_tables([alone, pairs]).combine_chunks()


def count_labels(batch: pa.RecordBatch, label: str) -> pa.Table:
    """Columns `y` and `count`: the rows of each value of the label."""
    found = _presence(batch, label, "y").group_by("y").aggregate([("row", "count")])
    return pa.table({"y": found["y"], "count": found["row_count"]})


def merge_pairs(parts: Sequence[pa.Table]) -> pa.Table:
    """Counts of the whole from those of its parts, one at least; in an order of its own."""
    keys = [name for name in parts[0].column_names if name != "count"]
    merged = pa.concat_tables(parts).group_by(keys).aggregate([("count", "sum")])
    made = pa.table({**{name: merged[name] for name in keys}, "count": merged["count_sum"]})
    return made.take(pc.sort_indices(made, sort_keys=[(name, "ascending") for name in keys]))


def is_category(kind: pa.DataType) -> bool:
    """Whether values of a feature of this type can be counted: text or whole numbers."""
    flat = getattr(kind, "value_type", kind)
    return bool(pa.types.is_binary(flat) or pa.types.is_large_binary(flat) or pa.types.is_integer(flat))


def _presence(batch: pa.RecordBatch, feature: str, name: str) -> pa.Table:
    column = batch.column(batch.schema.get_field_index(feature))
    lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    flat = column.flatten()
    values = flat.cast(pa.int64() if pa.types.is_integer(flat.type) else pa.binary())
    rows = pa.table({"row": np.repeat(np.arange(len(column)), lengths), name: values})
    if len(lengths) and lengths.max() <= 1:
        return rows
    # An aggregate there must be; the keys are what is wanted.
    return (
        rows.append_column("one", rows["row"])
        .group_by(["row", name])
        .aggregate([("one", "count")])
        .select(["row", name])
    )
