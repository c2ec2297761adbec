"""Aggregates over trailing windows of a stream.

    runs of r1   Monday 10 km, Tuesday 5 km, Wednesday 8 km          km_2d: sum over two days

    r1 on Wednesday, as the run starts    15 km: a row does not count at its own time
    r1 on Wednesday, a moment later       13 km: Monday is out
    with a delay of a day                  5 km, at both times

With rows sorted by key and time, a window is a range of rows. Rows that an aggregate does not count (nulls, rows that
do not fit `where`) are removed from the sorted rows once, and the borders of all ranges move. A range with rows of the
event's own, which must not count, is written out row by row without them, and becomes a range of what was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from headrace.keyed.columns import Bools, Ints, all_valid, flat, key_codes, key_table
from headrace.keyed.event_faults import faults_of
from headrace.keyed.order import ties_by_hash
from headrace.keyed.timeline import NONE, Timeline
from headrace.point_in_time.aggregate import Aggregate
from headrace.point_in_time.lookup_result import LookupResult, count_event_statuses, count_row_statuses, facts_of
from headrace.point_in_time.reduce import Reducer, finished, fits
from headrace.point_in_time.sides import Sides, sides
from headrace.point_in_time.tables import EventStream

BLOCK_ROWS = 4_000_000
"""About how many rows are written out at once."""


@dataclass
class _Stream:
    """A stream sorted by key and time. For each sorted event, its windows start and end at indices of `order`."""

    both: Sides
    line: Timeline
    order: Ints
    end: Ints
    own: _Own | None
    starts: dict[int | None, Ints] = field(default_factory=dict)

    def start(self, window_us: int | None) -> Ints:
        """Where the windows of this length start."""
        if window_us not in self.starts:
            code, event_us = self.both.event_code[self.both.events], self.both.event_us[self.both.events]
            first = self.line.first_of(code) if window_us is None else self.line.first_from(code, event_us - window_us)
            self.starts[window_us] = np.minimum(first, self.end)
        return self.starts[window_us]


@dataclass(frozen=True)
class _Own:
    """Which sorted rows belong to which sorted event: they have equal codes; NONE is the code of those without."""

    event_code: Ints
    code: Ints
    place: Ints

    @classmethod
    def of(cls, events: pa.Table, rows: pa.Table, columns: dict[str, str], of_events: Ints, order: Ints) -> _Own:
        left, right = key_table(events, list(columns)), key_table(rows, list(columns.values()))
        event_code, code = key_codes(left, right)
        event_code, code = (np.where(all_valid(t), c, NONE) for t, c in ((left, event_code), (right, code)))
        event_code, code = event_code[of_events], code[order]
        return cls(event_code, code, np.sort(code * (len(code) + 1) + np.arange(len(code))))

    def among(self, starts: Ints, ends: Ints) -> Bools:
        """Which events have rows of their own in their ranges."""
        first, last = (
            np.searchsorted(self.place, self.event_code * (len(self.code) + 1) + bound) for bound in (starts, ends)
        )
        return (self.event_code != NONE) & (first < last)


def aggregate(events: pa.Table, rows: pa.Table, table: EventStream, *, event_time: str) -> LookupResult:
    """The features of each event out of `rows`."""
    both = sides(events, rows, table, event_time=event_time)
    line = Timeline.of(both.rows, both.code[both.rows], both.time[both.rows])
    if any(one.function in ("first", "last") for one in table.aggregates):
        tied = ties_by_hash(rows, line.rows, both.code[line.rows], both.time[line.rows])
        line = replace(line, rows=line.rows[tied])
    code, event_us = both.event_code[both.events], both.event_us[both.events]
    end = line.first_from(code, event_us - table.delay_us + int(table.at_event_time))
    own = _Own.of(events, rows, table.own_columns, both.events, line.rows) if table.own_columns else None
    stream = _Stream(both, line, line.rows, end, own)
    used, matched = np.zeros(rows.num_rows, dtype=bool), np.zeros(events.num_rows, dtype=bool)
    columns, facts = {}, {}
    kept: dict[tuple[object, ...], _Kept] = {}
    for one in table.aggregates:
        what = (one.value, one.where)
        if what not in kept:
            kept[what] = _Kept.of(rows, line.rows, one)
        with faults_of(both.events, f"aggregate {one.name!r}, the {one.function} of column {one.value!r}: "):
            found, newest = _over_windows(one, kept[what], stream, used)
        values = finished(one, found, has_event=_scattered(both, np.ones(len(both.events), dtype=bool)))
        columns[one.name] = values
        facts[one.name] = facts_of(values, newest, both)
        matched |= newest != NONE
    return LookupResult(
        columns=columns,
        matched=matched,
        event_statuses=count_event_statuses(both, matched, np.zeros(len(matched), dtype=bool)),
        row_statuses=count_row_statuses(both, used, both.has_time),
        facts=facts,
    )


@dataclass(frozen=True)
class _Kept:
    """The rows that an aggregate counts: `places` in the sorted stream, and how many of them stand `before` a place."""

    places: Ints
    before: Ints
    reducer: Reducer

    @classmethod
    def of(cls, rows: pa.Table, order: Ints, one: Aggregate) -> _Kept:
        mask = fits(rows, one)[order]
        places = np.flatnonzero(mask)
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(mask)])
        values = None if one.value is None else flat(rows, one.value).take(order[places])
        return cls(places, before, Reducer(values))


def _over_windows(one: Aggregate, kept: _Kept, stream: _Stream, used: Bools) -> tuple[pa.Array, Ints]:
    """For each event the value of the aggregate, null without rows, and the newest row in its window, or NONE.

    Marks in `used` the rows that lie in the window of any event.
    """
    starts, ends = stream.start(one.window_us), stream.end
    own = stream.own.among(starts, ends) if stream.own else np.zeros(len(ends), dtype=bool)
    first, last = kept.before[starts], kept.before[ends]
    plain = np.flatnonzero(~own)
    with faults_of(plain):
        results = [kept.reducer.reduce(one.function, first[plain], last[plain])]
    covered = _covered(first[plain], last[plain], len(kept.places))
    newest = np.full(len(ends), NONE)
    newest[plain] = np.where(first[plain] < last[plain], np.append(kept.places, NONE)[last[plain] - 1], NONE)
    order = [plain]
    for block, rows, borders in _written_out(np.flatnonzero(own), first, last, kept, stream):
        covered[rows] = True
        with faults_of(block):
            results.append(kept.reducer.only(rows).reduce(one.function, borders[:-1], borders[1:]))
        has_rows = borders[:-1] < borders[1:]
        newest[block] = np.where(has_rows, np.append(kept.places[rows], NONE)[borders[1:] - 1], NONE)
        order.append(block)
    used[stream.order[kept.places[covered]]] = True
    places = np.concatenate(order)
    back = np.empty(len(places), np.int64)
    back[places] = np.arange(len(places))
    found = pa.concat_arrays(results).take(back)
    at = np.full(len(stream.both.event_us), NONE)
    at[stream.both.events] = np.arange(len(stream.both.events))
    newest_row = np.where(newest == NONE, NONE, np.append(stream.order, NONE)[newest])
    return found.take(pa.array(at, pa.int64(), mask=at == NONE)), np.append(newest_row, NONE)[at]


def _written_out(
    events: Ints, first: Ints, last: Ints, kept: _Kept, stream: _Stream
) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Blocks of `events`; the kept rows of their windows, without their own, one event after the other; the borders."""
    lengths = last[events] - first[events]
    block = np.cumsum(lengths) // BLOCK_ROWS
    for number in np.unique(block).tolist():
        of_block = events[block == number]
        length = last[of_block] - first[of_block]
        whose = np.repeat(np.arange(len(of_block)), length)
        rows = np.arange(len(whose)) - np.repeat(np.cumsum(length) - length, length) + first[of_block][whose]
        if stream.own is not None:
            others = stream.own.code[kept.places[rows]] != stream.own.event_code[of_block][whose]
            rows, whose = rows[others], whose[others]
        borders = np.searchsorted(whose, np.arange(len(of_block) + 1))
        yield of_block, rows, borders


def _covered(first: Ints, last: Ints, count: int) -> Bools:
    """Which of `count` rows lie in any of the ranges."""
    opened, closed = (np.bincount(bound, minlength=count + 1) for bound in (first, last))
    covered: Bools = np.cumsum(opened - closed)[:count] > 0
    return covered


def _scattered(both: Sides, values: Bools) -> Bools:
    found = np.zeros(len(both.event_us), dtype=bool)
    found[both.events] = values
    return found
