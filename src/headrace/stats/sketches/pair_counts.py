"""Number of rows in which values of a feature and of the label occur together: what lift is computed from.

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

from headrace.examples.lists import element_type, list_lengths, list_values


def count_pairs(batch: pa.RecordBatch, feature: str, label: str) -> pa.Table:
    """Columns `x`, `y` and `count`; where `y` is null, all rows with `x` are counted. The batch has both features."""
    xs, ys = _presence(batch, feature, "x"), _presence(batch, label, "y")
    alone = xs.group_by("x").aggregate([("row", "count")])
    no_label = pa.nulls(len(alone), ys.schema.field("y").type)
    alone = pa.table([alone["x"], no_label, alone["row_count"]], names=["x", "y", "count"])
    both = xs.join(ys, "row", join_type="inner").group_by(["x", "y"]).aggregate([("row", "count")])
    pairs = pa.table([both["x"], both["y"], both["row_count"]], names=["x", "y", "count"])
    return pa.concat_tables([alone, pairs]).combine_chunks()


def count_labels(batch: pa.RecordBatch, label: str) -> pa.Table:
    """Columns `y` and `count`: the rows of each value of the label."""
    found = _presence(batch, label, "y").group_by("y").aggregate([("row", "count")])
    return pa.table([found["y"], found["row_count"]], names=["y", "count"])


def merge_pairs(parts: Sequence[pa.Table]) -> pa.Table:
    """Counts of the whole from those of its parts, at least one; sorted by the values."""
    keys = [name for name in parts[0].column_names if name != "count"]
    merged = pa.concat_tables(parts).group_by(keys).aggregate([("count", "sum")])
    counts = pa.table([*(merged[name] for name in keys), merged["count_sum"]], names=[*keys, "count"])
    return counts.take(pc.sort_indices(counts, sort_keys=[(name, "ascending") for name in keys]))


def is_category(kind: pa.DataType) -> bool:
    """Whether values of a feature of this type can be counted: text or whole numbers."""
    values = element_type(kind)
    return pa.types.is_binary(values) or pa.types.is_large_binary(values) or pa.types.is_integer(values)


def _presence(batch: pa.RecordBatch, feature: str, name: str) -> pa.Table:
    column = batch.column(batch.schema.get_field_index(feature))
    lengths, flat = list_lengths(column), list_values(column)
    values = flat.cast(pa.int64() if pa.types.is_integer(flat.type) else pa.binary())
    numbers = pa.array(np.repeat(np.arange(len(column)), lengths))
    rows = pa.table([numbers, values], names=["row", name])
    if len(lengths) and lengths.max() <= 1:
        return rows
    # Arrow groups by keys only with an aggregate, though the keys are all that is wanted.
    return (
        rows.append_column("one", rows["row"])
        .group_by(["row", name])
        .aggregate([("one", "count")])
        .select(["row", name])
    )
