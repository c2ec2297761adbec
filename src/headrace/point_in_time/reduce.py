"""The functions of aggregates over ranges of sorted rows.

    values  4.0 6.0        ranges [0, 2) and [1, 1)

    count  2, 0        sum  10.0, null        mean  5.0, null        last  6.0, null

`Reducer` gives null for a range without rows, or 0 for `count` and `per_day`; `finished` then applies what is declared.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.keyed.columns import Bools, Ints, flat
from headrace.point_in_time.aggregate import Aggregate, Where
from headrace.point_in_time.range_sums import Floats, RangeSums
from headrace.point_in_time.ranges import distinct, extremes
from headrace.values.choose import choose


class Reducer:
    """Sorted `values`, none of them null, or None where rows are only counted."""

    def __init__(self, values: pa.Array | None) -> None:
        self._values: Any = values

    def only(self, rows: Ints) -> Reducer:
        """The reducer of these rows, in this order."""
        return Reducer(None if self._values is None else self._values.take(rows))

    def reduce(self, function: str, starts: Ints, ends: Ints) -> pa.Array:
        """The function over each range from `starts` (included) to `ends` (excluded); without rows null, for counts 0.

        Raises:
            EventError: a sum of integers leaves int64, or one of floats the floats of 64 bits.
        """
        counts = ends - starts
        if function in ("count", "per_day"):
            return pa.array(counts)
        empty = counts == 0
        if function in ("first", "last"):
            place = starts if function == "first" else ends - 1
            return self._values.take(pa.array(np.where(empty, 0, place), pa.int64(), mask=empty))
        if function == "distinct":
            return pa.array(distinct(self._codes, starts, ends), mask=empty)
        if function in ("min", "max"):
            choose = np.minimum if function == "min" else np.maximum
            found = pa.array(extremes(self._numbers, starts, ends, choose), mask=empty)
            return found.cast(self._values.type) if pa.types.is_integer(self._values.type) else found
        if function == "sum":
            return pa.array(self._sums.sums(starts, ends), mask=empty)
        sums = self._trues.floats(starts, ends) if function == "rate" else self._sums.floats(starts, ends)
        return pa.array(sums / np.maximum(counts, 1), mask=empty)

    @cached_property
    def _numbers(self) -> Ints | Floats:
        return numbers(self._values)

    @cached_property
    def _codes(self) -> Ints:
        values = self._values
        if pa.types.is_floating(values.type):
            values = pa.array(numbers(values))
        return values.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)

    @cached_property
    def _sums(self) -> RangeSums:
        return RangeSums(self._numbers)

    @cached_property
    def _trues(self) -> RangeSums:
        return RangeSums((self._numbers != 0).astype(np.int64))


def finished(one: Aggregate, found: pa.Array, *, has_event: Bools) -> pa.Array:
    """The feature: 0 or null for windows without rows, as declared; null where an event has no key or time."""
    if one.function == "per_day":
        found = pc.divide(found.cast(pa.float64()), one.window_days)
    if one.zero_if_empty:
        found = found.fill_null(0)
    elif one.function in ("count", "per_day"):
        found = choose(pc.equal(found, pa.scalar(0, found.type)), pa.scalar(None, found.type), found)
    return found if has_event.all() else choose(pa.array(has_event), found, pa.scalar(None, found.type))


def fits(rows: pa.Table, one: Aggregate) -> Bools:
    """Which rows the aggregate counts, wherever they lie in time."""
    mask = np.ones(rows.num_rows, dtype=bool)
    for where in one.where:
        mask &= _fits_where(rows, where)
    if one.value is not None:
        values = flat(rows, one.value)
        mask &= values.is_valid().to_numpy(zero_copy_only=False)
        if pa.types.is_floating(values.type):
            # Text never gets here: its column is not one of fractions, and `check_columns` has refused it.
            mask &= np.isfinite(numbers(values.fill_null(0)))
    return mask


def numbers(values: pa.Array) -> Ints | Floats:
    """Values without nulls as int64 or float64."""
    if pa.types.is_floating(values.type) or pa.types.is_null(values.type):
        # -0.0 becomes 0.0: which of the two is least would depend on their order.
        return values.cast(pa.float64()).to_numpy(zero_copy_only=False) + 0.0
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    return values.cast(pa.int64()).to_numpy(zero_copy_only=False)


def _fits_where(rows: pa.Table, where: Where) -> Bools:
    column = flat(rows, where.column)
    if not where.values:
        return column.is_valid().to_numpy(zero_copy_only=False)
    wanted = pa.array([_as(column.type, value) for value in where.values], column.type)
    return pc.is_in(column, value_set=wanted).fill_null(False).to_numpy(zero_copy_only=False)


def _as(kind: pa.DataType, value: str | int | float | bool) -> object:
    return int(value) if isinstance(value, bool) and not pa.types.is_boolean(kind) else value
