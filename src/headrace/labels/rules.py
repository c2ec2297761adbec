"""Which of several outcomes counts as the label, or the aggregate of all of them.

outcomes of one event, in order of time:   no (10:05)   yes (10:40)   yes (10:50)      priority: yes over no

first    no          last    yes (10:50)        priority   yes (10:50)      count   3
any      1           sum, mean, min, max of 0, 1, 1: 2, 0.667, 0, 1
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import DataError
from headrace.keyed.columns import Bools, Ints, flat
from headrace.keyed.event_faults import EventError, faults_of
from headrace.keyed.timeline import NONE
from headrace.labels.label import Label
from headrace.labels.match import Matches
from headrace.labels.windows import Window
from headrace.values import filled
from headrace.values.arrow import array
from headrace.values.choose import choose

Numbers = npt.NDArray[Any]

MOST = int(np.iinfo(np.int64).max)
_HALF = 32
_LOW = (1 << _HALF) - 1


@dataclass(frozen=True, kw_only=True)
class Values:
    """The values of one label in each outcome.

    Attributes:
        column: the values, flat, as the label shows them; None where it counts outcomes.
        there: whether the outcome has a value.
        declared: whether it has a value that counts for this label.
        priority: what `pick="priority"` goes by, the highest first; empty for other picks.
    """

    column: pa.Array | None
    there: Bools
    declared: Bools
    priority: Numbers

    @classmethod
    def of(cls, table: pa.Table, label: Label) -> Values:
        """Reads the columns of `label` from its outcomes.

        Raises:
            DataError: the order is of texts, and the values are not; or a value can't be taken exactly.
        """
        none: Numbers = np.zeros(0)
        priority = _priority(flat(table, label.priority)) if label.priority else none
        if label.value is None:
            always = np.ones(table.num_rows, dtype=bool)
            return cls(column=None, there=always, declared=always, priority=priority)
        column = flat(table, label.value)
        if pa.types.is_floating(column.type) and len(column):
            column = choose(pc.is_nan(column), pa.scalar(None, column.type), column)
        if label.order and isinstance(label.order[0], str) and not pa.types.is_string(column.type):
            column = _null_text(column, label)
        there = declared = column.is_valid().to_numpy(zero_copy_only=False)
        if label.order:
            place = pc.index_in(column, value_set=_order_as(column.type, label)).cast(pa.int64())
            declared = place.is_valid().to_numpy(zero_copy_only=False)
            if not len(priority):
                priority = _priority(place)
            column = place if label.ordinal else column
        return cls(column=column, there=there, declared=declared, priority=priority)


@dataclass(frozen=True, kw_only=True)
class LabelMatches:
    """What was found for one label, for every event.

    Attributes:
        rows: the outcome that counts, of an aggregate the last of those that match, or NONE.
        known_us: when the label was known; of an aggregate, when all outcomes that match were; 0 where there is none.
        column: the values of all outcomes, to be taken at `rows`; None for an aggregate.
        amounts: the aggregate of each event; empty for a label that is not an aggregate.
        window: the time in which outcomes count for each event.
        matches: which events have which outcomes, one for each as-of time.
    """

    rows: Ints
    known_us: Ints
    column: pa.Array | None
    amounts: Numbers
    window: Window
    matches: list[Matches] = field(default_factory=list)

    @classmethod
    def empty(cls, events: int, label: Label, column: pa.Array | None, window: Window) -> LabelMatches:
        """No outcome for any of that many events: what `fill` begins with."""
        none = np.zeros(events, np.int64)
        kind = aggregate_type(label, column) if label.aggregates else np.dtype(np.int64)
        return cls(
            rows=np.full(events, NONE),
            known_us=none,
            column=None if label.aggregates else column,
            amounts=np.zeros(events if label.aggregates else 0, kind),
            window=window,
        )

    def fill(self, matches: Matches, label: Label, values: Values, known: Ints) -> None:
        """Adds what `label` makes of `matches`; `known` says when each outcome became known."""
        self.matches.append(matches)
        valued = matches.only(values.declared[matches.timeline.rows])
        if label.aggregates:
            rows = pick_outcomes(valued, "last", values.priority)
            with faults_of(matches.events, f"label {label.name!r}, the {label.pick} of column {label.value!r}: "):
                self.amounts[matches.events] = aggregate_values(valued, label.pick, values.column)
            latest = reduce_ranges(np.maximum, known[valued.timeline.rows], valued.start, valued.end)
        else:
            rows = pick_outcomes(valued, label.pick, values.priority)
            latest = np.append(known, 0)[rows]
        self.rows[matches.events] = rows
        self.known_us[matches.events] = latest

    def at(self, events: Ints) -> pa.Array:
        """The label of each of `events`; null where there is no outcome."""
        rows = self.rows[events]
        if self.column is None:
            return pa.array(self.amounts[events], mask=rows == NONE)
        return self.column.take(pa.array(rows, pa.int64(), mask=rows == NONE))


def negative_as(kind: pa.DataType, label: Label) -> pa.Scalar:
    """What absence stands for, as a value of a column of labels; as the nearest float where it is of floats."""
    value = float(label.negative) if pa.types.is_floating(kind) else label.negative
    return pa.scalar(value).cast(kind)


def pick_outcomes(matches: Matches, pick: str, priority: Numbers) -> Ints:
    """For each event the row of the outcome that `pick` (first, last, priority) selects, or NONE."""
    rows, found = matches.timeline.rows, matches.found
    if pick == "first" or not len(rows):
        place = matches.start
    elif pick == "last":
        place = _first_of_tie(matches)[matches.end - 1]
    else:
        # Best last: by priority, then by time; of those with the same time the one that stands first.
        order = np.lexsort((-np.arange(len(rows)), matches.timeline.place, priority[rows]))
        rank = np.empty(len(rows), np.int64)
        rank[order] = np.arange(len(rows))
        place = order[reduce_ranges(np.maximum, rank, matches.start, matches.end)]
    return np.where(found, np.append(rows, NONE)[np.where(found, place, 0)], NONE)


def aggregate_values(matches: Matches, pick: str, column: pa.Array | None) -> Numbers:
    """For each event the aggregate of the values of its outcomes; 0 where it has none.

    Raises:
        EventError: a sum of whole numbers leaves int64, one of floats the floats of 64 bits, or infinities of both
            signs are added.
    """
    start, end, rows = matches.start, matches.end, matches.timeline.rows
    count = end - start
    if pick == "count" or column is None:
        return np.minimum(count, 1) if pick == "any" else count
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int64())
    values = filled(column)[rows]
    if pick == "any":
        return np.minimum(_differences(values != 0, start, end), 1)
    if pick in ("min", "max"):
        return reduce_ranges(np.minimum if pick == "min" else np.maximum, values, start, end)
    if np.issubdtype(values.dtype, np.integer):
        total = _sums(values, start, end, may_leave_int64=pick == "mean")
    else:
        # Over the event's own values only: a difference of running sums would depend on others.
        total = reduce_ranges(np.add, values.astype(np.float64), start, end)
        _refuse_no_number(total, values, start, end)
    return total if pick == "sum" else total / np.maximum(count, 1)


def aggregate_type(label: Label, column: pa.Array | None) -> np.dtype[Any]:
    """The type of an aggregate."""
    if label.pick == "mean":
        return np.dtype(np.float64)
    if label.pick in ("count", "any") or column is None or not pa.types.is_floating(column.type):
        return np.dtype(np.int64)
    return np.dtype(np.float64 if label.pick == "sum" else column.type.to_pandas_dtype())


def reduce_ranges(ufunc: np.ufunc, values: Numbers, start: Ints, end: Ints) -> Numbers:
    """`ufunc` over each `values[start:end]`, 0 where that is empty; costs n log(longest), however much they overlap.

    A range is taken in blocks of 1, 2, 4, ... values from its start, one for each binary digit of its length. So the
    result depends on its own values alone, to the last bit.
    """
    result = np.zeros(len(start), values.dtype)
    length, at, has_result = end - start, start.copy(), np.zeros(len(start), dtype=bool)
    longest, size, blocks = int(length.max(initial=0)), 1, values
    with np.errstate(over="ignore", invalid="ignore"):
        while size <= longest:
            some = np.flatnonzero(length & size)
            block = blocks[at[some]]
            result[some] = np.where(has_result[some], ufunc(result[some], block), block)
            has_result[some] = True
            at[some] += size
            blocks, size = ufunc(blocks[:-size], blocks[size:]), 2 * size
    return result


def _sums(values: Numbers, start: Ints, end: Ints, *, may_leave_int64: bool) -> Numbers:
    """Sums of int64 over ranges: int64, or the nearest floats if `may_leave_int64` and some do."""
    total = _differences(values, start, end)
    largest = max(abs(int(values.min(initial=0))), abs(int(values.max(initial=0))))
    if largest * int((end - start).max(initial=0)) <= MOST:
        return total
    # In halves of 32 bits, neither of whose sums can leave int64; the upper one, with the carry, has the sign.
    lower = _differences(values & _LOW, start, end)
    upper = _differences(values >> _HALF, start, end) + (lower >> _HALF)
    beyond = (upper < -(1 << _HALF - 1)) | (upper >= 1 << _HALF - 1)
    if not may_leave_int64 and beyond.any():
        place = int(np.flatnonzero(beyond)[0])
        exact = (int(upper[place]) << _HALF) + int(lower[place] & _LOW)
        raise EventError(
            f"of {end[place] - start[place]:,} outcomes it is {exact:,}, which does not fit 64 bits: declare the "
            "column as a float in Ingest, or pick the mean",
            place,
        )
    # Each sum by itself: whether others leave int64 must not change a bit of it.
    floats = np.ldexp(upper.astype(np.float64), _HALF) + (lower & _LOW)
    return np.where(beyond, floats, total.astype(np.float64)) if may_leave_int64 else total


def _refuse_no_number(total: Numbers, values: Numbers, start: Ints, end: Ints) -> None:
    """Finite values whose sum no float holds must not become infinity, nor infinities of both signs NaN."""
    odd = ~np.isfinite(total)
    if not odd.any():
        return
    signs = [reduce_ranges(np.maximum, (values == one).astype(np.int8), start, end) > 0 for one in (np.inf, -np.inf)]
    odd &= (signs[0] & signs[1]) | ~(signs[0] | signs[1]) | np.isnan(total)
    if odd.any():
        place = int(np.flatnonzero(odd)[0])
        both = signs[0][place] and signs[1][place]
        words = (
            "some are infinity and some minus infinity, of which there is no sum: store what is unknown as missing"
            if both
            else "the sum is beyond 1.8e308, which no float of 64 bits holds: scale the column, or take its logarithm"
        )
        raise EventError(f"of {end[place] - start[place]:,} outcomes {words}", place)


def _differences(values: Numbers, start: Ints, end: Ints) -> Numbers:
    """Sums of whole numbers over ranges."""
    sums = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    found: Numbers = sums[end] - sums[start]
    return found


def _first_of_tie(matches: Matches) -> Ints:
    """For each outcome, the index of the first with the same key and time, which is the best of them."""
    place = matches.timeline.place
    starts = np.append(True, place[1:] != place[:-1])
    return np.maximum.accumulate(np.where(starts, np.arange(len(place)), 0))


def _null_text(column: pa.Array, label: Label) -> pa.Array:
    """Text for a column that should be text and has no values at all: such a column is stored as fractions."""
    if column.null_count < len(column):
        raise DataError(f"column {label.value!r} has {column.type}: expected the texts of the order of {label.name!r}")
    return pa.nulls(len(column), pa.string())


def _order_as(kind: pa.DataType, label: Label) -> pa.Array:
    try:
        return array(list(label.order), kind)
    except (pa.ArrowInvalid, OverflowError) as error:
        raise DataError(
            f"label {label.name!r} has the order {label.order!r}, but column {label.value!r} is {kind}, which does not "
            f"hold all of these exactly ({error}): declare the column as integer or text in Ingest"
        ) from error


def _priority(column: pa.Array) -> Numbers:
    """The numbers of a column, null and NaN below all others."""
    numbers = column.cast(pa.float64(), safe=False) if pa.types.is_floating(column.type) else column.cast(pa.int64())
    missing = column.is_null().to_numpy(zero_copy_only=False)
    values = numbers.fill_null(0).to_numpy(zero_copy_only=False)
    lowest = -np.inf if values.dtype.kind == "f" else np.iinfo(np.int64).min
    found: Numbers = np.where(missing | np.isnan(values), lowest, values)
    return found
