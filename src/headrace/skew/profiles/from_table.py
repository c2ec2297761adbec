"""Profiles of Arrow tables, column by column; no row becomes a Python object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.examples.layout import from_features
from headrace.skew.profiles.profile import FeatureProfile, Profile
from headrace.skew.profiles.value_counts import as_texts, value_counts
from headrace.values import ColumnType, durations_us, of_arrow, times_of_day_us, times_us
from headrace.values.arrow import chunked, value_type
from headrace.values.column_type import COUNTED
from headrace.values.numbers import EXACT_BELOW, nearest_floats
from headrace.values.of_arrow import innermost, is_list
from headrace.values.plain import list_lengths, list_values, pieces, plain

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
    """Profiles a flat column or a feature of lists of any layout; of what can't be compared it counts rows only."""
    kind = of_arrow(column.type)
    if not is_compared(kind):
        return FeatureProfile(kind="empty", rows=len(column), missing=column.null_count, type=kind, compared=False)
    if not is_list(column.type):
        return profile_column(column, values=values)
    lengths = [list_lengths(chunk) for chunk in column.chunks]
    counts = np.concatenate(lengths) if lengths else np.zeros(0, np.int64)
    flat = chunked([list_values(chunk) for chunk in column.chunks], value_type(column.type))
    missing = int(np.count_nonzero(counts == 0))
    if counts.max(initial=0) <= 1:
        profile = profile_column(flat, values=values)
        return replace(profile, rows=profile.rows + missing, missing=profile.missing + missing)
    profile = profile_column(flat, values=values)
    filled = profile_column(chunked([pa.array(counts[counts > 0])], pa.int64()))
    return replace(profile, rows=profile.rows + missing, missing=profile.missing + missing, lengths=filled)


def is_compared(kind: ColumnType) -> bool:
    """Whether columns of a type can be compared: plain values can, and lists of them; not structs, maps, lists of
    lists."""
    inner = kind.element if kind.kind in ("list", "embedding") and kind.element is not None else kind
    return inner.is_supported and inner.kind not in ("list", "embedding")


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
    kind = of_arrow(column.type)
    if is_text(column.type):
        return _categorical(flat_texts(column), values)
    if kind.kind in COUNTED:
        counted = _COUNTED.get(kind.kind, times_us)(column, kind, finer="floor")
        samples = tuple(fault.first for fault in counted.faults)
        found = numeric(counted.values, unparsable=len(counted.at_fault), unparsable_samples=samples)
        return replace(found, type=replace(kind, resolution="us"))
    return numeric(column)


_COUNTED = {"duration": durations_us, "time_of_day": times_of_day_us}


def flat_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text or bytes of any layout as strings or binary."""
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        return column
    chunks = [plain(piece)[0] for chunk in column.chunks for piece in pieces(chunk)]
    return chunked(chunks, chunks[0].type if chunks else pa.string())


def numeric(
    column: pa.ChunkedArray,
    *,
    unparsable: int = 0,
    unparsable_samples: tuple[str, ...] = (),
    as_text: bool = False,
) -> FeatureProfile:
    """Profiles a column of numbers or booleans. `unparsable` of its nulls were text and not numbers."""
    array = _numbers(column)
    finite, nan = array, 0
    if array.dtype.kind == "f":
        finite = array[np.isfinite(array)]
        nan = int(np.count_nonzero(np.isnan(array)))
    array = np.sort(finite)
    distinct = int(np.count_nonzero(array[1:] != array[:-1])) + 1 if len(array) else 0
    long, rounded = _long_numbers(array)
    array = array.astype(np.float64, copy=False)  # beyond 2^53 neighbours may become one
    missing = column.null_count - unparsable + nan
    infinite = len(column) - column.null_count - nan - len(array)
    if not len(array):
        return FeatureProfile(
            kind="empty",
            rows=len(column),
            missing=missing,
            unparsable=unparsable,
            unparsable_samples=unparsable_samples,
            infinite=infinite,
        )
    rows = len(array)
    last = np.flatnonzero(np.append(array[1:] != array[:-1], True))
    points = array[last]
    upto = (last + 1).astype(np.float64)
    below = np.concatenate([[0.0], upto[:-1]])
    integral, thinned = bool(np.all(points == np.floor(points))), len(points) > KEPT_POINTS
    if thinned:
        # Values of more rows than one step are all hit, so that only smooth parts become straight lines.
        kept = np.searchsorted(upto, np.arange(KEPT_POINTS + 1) / KEPT_POINTS * rows, side="left")
        kept = np.unique(np.minimum(kept, len(points) - 1))
        points, below, upto = points[kept], below[kept], upto[kept]
    return FeatureProfile(
        kind="numeric",
        rows=len(column),
        missing=missing,
        unparsable=unparsable,
        unparsable_samples=unparsable_samples,
        infinite=infinite,
        as_text=as_text,
        single=is_single(column.type),
        distinct=distinct,
        points=points,
        below=below,
        upto=upto,
        resolution=1 / KEPT_POINTS if thinned else 0.0,
        minimum=float(array[0]),
        maximum=float(array[-1]),
        mean=float(np.mean(array)),
        zeros=int(np.searchsorted(array, 0.0, "right") - np.searchsorted(array, 0.0, "left")),
        integral=integral,
        long=long,
        rounded=rounded,
    )


def _long_numbers(ordered: npt.NDArray[Any]) -> tuple[int, int]:
    """How many numbers are beyond those that floats of 64 bits count one by one; and how many of these are such floats.

    `ordered`: ascending and finite.
    """
    if not len(ordered) or max(-int(ordered[0]), int(ordered[-1])) < EXACT_BELOW:
        return 0, 0
    ends = np.searchsorted(ordered, -EXACT_BELOW, "right"), np.searchsorted(ordered, EXACT_BELOW, "left")
    long = np.concatenate([ordered[: ends[0]], ordered[ends[1] :]])
    if long.dtype.kind == "f":
        return len(long), len(long)
    floats = long.astype(np.float64)
    beyond = floats >= 2.0 ** (8 * long.dtype.itemsize - (long.dtype.kind == "i"))
    exact = np.where(beyond, 0, floats).astype(long.dtype) == long
    return len(long), int(np.count_nonzero(exact))


def is_text(kind: pa.DataType) -> bool:
    """Whether values of this Arrow type are compared as categories."""
    return of_arrow(kind).is_text


def is_single(kind: pa.DataType) -> bool:
    """Whether numbers of this Arrow type are floats of 32 bits or fewer."""
    inner = innermost(kind)
    return bool(pa.types.is_float32(inner) or pa.types.is_float16(inner))


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """The numbers of a column without nulls: int64, uint64 or float64, or int8 for booleans."""
    found = [_chunk_numbers(chunk.drop_null()) for chunk in column.chunks if chunk.null_count < len(chunk)]
    return np.concatenate(found) if found else np.zeros(0)


def _chunk_numbers(chunk: pa.Array) -> npt.NDArray[Any]:
    values = plain(chunk)[0]
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    if pa.types.is_decimal(values.type):
        return nearest_floats(values)
    if pa.types.is_floating(values.type):
        values = values.cast(pa.float64())
    return values.to_numpy(zero_copy_only=False)


def _categorical(column: pa.ChunkedArray, limit: int) -> FeatureProfile:
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
