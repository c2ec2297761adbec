"""Profiles of Arrow tables, column by column; no row becomes a Python object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.examples.layout import from_features
from headrace.skew.profiles.profile import FeatureProfile, Profile
from headrace.skew.profiles.value_counts import as_texts, value_counts
from headrace.values import durations_us, of_arrow, times_of_day_us, times_us

SAMPLES = 5
"""Values that could not be read that are shown."""
KEPT_VALUES = 100_000
"""Categories that are kept with their counts; the rarest beyond are summed up in `cut_rows`."""
KEPT_POINTS = 65_536
"""Points of a distribution function; of more distinct values only so many are kept, at equal numbers of rows."""


def profile_table(table: pa.Table, *, name: str = "", values: int = KEPT_VALUES) -> Profile:
    """Profiles a table of flat columns or features; at most `values` categories are kept for each.

    In a feature of lists each value counts as a row, and `lengths` has how many the rows have.
    """
    features = {column: profile_feature(table.column(column), values) for column in table.column_names}
    return Profile(name=name, rows=table.num_rows, features=features)


def profile_feature(column: pa.ChunkedArray, values: int = KEPT_VALUES) -> FeatureProfile:
    """Profiles a flat column or a feature of lists."""
    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
        return profile_column(column, values=values)
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    if (pc.max(lengths).as_py() or 0) <= 1:
        return profile_column(from_features(pa.table({"": column})).column(0), values=values)
    flat = pa.chunked_array(
        [cast("pa.ListArray", chunk).flatten() for chunk in column.chunks], type=column.type.value_type
    )
    profile = profile_column(flat, values=values)
    filled = lengths.filter(pc.greater(lengths, pa.scalar(0)))
    missing = len(lengths) - len(filled)
    return replace(
        profile, rows=profile.rows + missing, missing=profile.missing + missing, lengths=profile_column(filled)
    )


def profile_slices(table: pa.Table, features: Iterable[str], *, name: str = "") -> dict[str, Profile]:
    """The whole table under `""`, and each `feature=value` of the given categorical features.

    Raises:
        DataError: a feature to slice by has several values in one row.
    """
    slices = {"": profile_table(table, name=name)}
    for feature in features:
        by = from_features(table.select([feature])).column(0)
        for value in sorted(v for v in pc.unique(by).to_pylist() if v is not None):
            part = table.filter(pc.equal(by, value))
            key = f"{feature}={value}"
            slices[key] = profile_table(part, name=key)
    return slices


def profile_column(column: pa.ChunkedArray, *, values: int = KEPT_VALUES) -> FeatureProfile:
    """Profiles one flat column: numbers, booleans and times as numeric, text and bytes as categorical."""
    if column.null_count == len(column):
        return FeatureProfile(kind="empty", rows=len(column), missing=len(column), distinct=0)
    if is_text(column.type):
        return _categorical(column, values)
    kind = of_arrow(column.type)
    found = numeric(column)
    return replace(found, type=replace(kind, resolution="us")) if kind.kind in ("time", "date") else found


def _microseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = of_arrow(column.type).kind
    by_kind = {"duration": durations_us, "time_of_day": times_of_day_us}
    return by_kind.get(kind, times_us)(column, finer="floor").values


def is_text(kind: pa.DataType) -> bool:
    """Whether values of this Arrow type are compared as categories."""
    return (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_dictionary(kind)
    )


def numeric(
    column: pa.ChunkedArray,
    *,
    unparsable: int = 0,
    unparsable_samples: tuple[str, ...] = (),
    as_text: bool = False,
) -> FeatureProfile:
    """Profiles a column of numbers, booleans or times. `unparsable` of its nulls were text and not numbers."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    elif pa.types.is_temporal(column.type):
        column = _microseconds(column)
    array = column.drop_null().cast(pa.float64(), safe=False).to_numpy()
    array = np.sort(array[np.isfinite(array)])
    missing = len(column) - unparsable - len(array)
    if not len(array):
        return FeatureProfile(
            kind="empty",
            rows=len(column),
            missing=missing,
            unparsable=unparsable,
            unparsable_samples=unparsable_samples,
        )
    rows = len(array)
    last = np.flatnonzero(np.append(array[1:] != array[:-1], True))
    points = array[last]
    upto = (last + 1).astype(np.float64)
    below = np.concatenate([[0.0], upto[:-1]])
    distinct, integral = len(points), bool(np.all(points == np.floor(points)))
    if distinct > KEPT_POINTS:
        # Values of more rows than one step are all hit, so that only smooth parts become straight lines.
        kept = np.searchsorted(upto, np.arange(KEPT_POINTS + 1) / KEPT_POINTS * rows, side="left")
        kept = np.unique(np.minimum(kept, distinct - 1))
        points, below, upto = points[kept], below[kept], upto[kept]
    return FeatureProfile(
        kind="numeric",
        rows=len(column),
        missing=missing,
        unparsable=unparsable,
        unparsable_samples=unparsable_samples,
        as_text=as_text,
        distinct=distinct,
        points=points,
        below=below,
        upto=upto,
        resolution=1 / KEPT_POINTS if distinct > KEPT_POINTS else 0.0,
        minimum=float(array[0]),
        maximum=float(array[-1]),
        mean=float(np.mean(array)),
        zeros=int(np.searchsorted(array, 0.0, "right") - np.searchsorted(array, 0.0, "left")),
        integral=integral,
    )


def _categorical(column: pa.ChunkedArray, limit: int) -> FeatureProfile:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    values, counts = value_counts(column)
    cut = counts[limit:]
    return FeatureProfile(
        kind="categorical",
        rows=len(column),
        missing=column.null_count,
        distinct=len(counts),
        counts=dict(zip(as_texts(values[:limit]), counts[:limit].tolist(), strict=True)),
        cut_rows=int(cut.sum()),
        cut_count=int(cut[0]) if len(cut) else 0,
    )
