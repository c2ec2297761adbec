"""Events and outcomes as arrays: codes of keys, times, and until when an outcome is current.

answers, same_id="latest"        code   time     known    until
s1  7  no   10:05  10:06           0    10:05    10:06    12:00    corrected at 12:00
s1  7  yes  10:05  12:00           0    10:05    12:00    -
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from headrace.keyed.columns import Bools, Ints, all_valid, key_codes, key_table, times
from headrace.keyed.order import canonical_order, ties_by_hash
from headrace.labels.sources import OutcomeSource
from headrace.labels.spec import LabelSpec

ALWAYS, NEVER = np.iinfo(np.int64).max, np.iinfo(np.int64).min


@dataclass(frozen=True, kw_only=True)
class EventSide:
    """The events, row by row. Times are 0 where `has_time` is false."""

    table: pa.Table
    keys: pa.Table
    code: Ints
    time: Ints
    has_key: Bools
    has_time: Bools

    @property
    def joinable(self) -> Bools:
        """Whether the event can have outcomes."""
        return self.has_key & self.has_time

    def order(self) -> Ints:
        """The events in canonical order."""
        return canonical_order(self.table, time=self.time, keys=self.keys, codes=self.code)


@dataclass(frozen=True, kw_only=True)
class OutcomeSide:
    """The outcomes of one source, row by row; `event_code` has the code of each event's keys. Missing times are 0."""

    source: OutcomeSource
    table: pa.Table
    keys: pa.Table
    code: Ints
    event_code: Ints
    time: Ints
    has_key: Bools
    has_time: Bools
    known: Ints
    is_known: Bools

    @property
    def joinable(self) -> Bools:
        """Whether the outcome can have an event."""
        return self.has_key & self.has_time

    def order(self) -> Ints:
        """The outcomes in canonical order."""
        return canonical_order(self.table, time=self.time, keys=self.keys, codes=self.code)

    @cached_property
    def best_first(self) -> Ints:
        """Rows that become known, by key code and time; where both tie, the one known later first, then by hash."""
        rows = np.flatnonzero(self.is_known)
        rows = rows[np.lexsort((-self.known[rows], self.time[rows], self.code[rows]))]
        return rows[ties_by_hash(self.table, rows, self.code[rows], self.time[rows], self.known[rows])]

    @cached_property
    def until(self) -> Ints:
        """Until when each row is current: ALWAYS, the time its correction becomes known, or NEVER for a duplicate."""
        until = np.full(len(self.time), ALWAYS)
        if self.source.outcome_id is None:
            return until
        candidates = self.best_first
        (column,) = key_table(self.table, [self.source.outcome_id]).columns
        ids = pa.concat_arrays(column.chunks).take(candidates) if column.num_chunks else pa.nulls(0)
        encoded = ids.dictionary_encode()
        if len(encoded.dictionary) == len(ids):
            return until
        place = np.flatnonzero(ids.is_valid().to_numpy(False))
        rows = candidates[place]
        code = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)[place]
        by_id = np.lexsort((place, self.known[rows], code, self.code[rows]))
        rows, code = rows[by_id], code[by_id]
        again = (code[1:] == code[:-1]) & (self.code[rows][1:] == self.code[rows][:-1])
        if self.source.same_id == "first":
            until[rows[1:][again]] = NEVER
        else:
            until[rows[:-1][again]] = self.known[rows[1:][again]]
        return until

    def current_at(self, as_of_us: int, rows: Ints) -> Bools:
        """Which of `rows` are known at `as_of_us` and are neither duplicates nor corrected by then."""
        return (self.known[rows] <= as_of_us) & (self.until[rows] > as_of_us)


def sides(
    events: pa.Table, outcomes: Mapping[str, pa.Table], spec: LabelSpec
) -> tuple[EventSide, tuple[OutcomeSide, ...]]:
    """Both sides, from tables that are flat or in feature layout, what their times count in the schema; `check_columns`
    has accepted them.

    Raises:
        DataError: a key or a time is not exact, or holds several values in one row.
    """
    keys = key_table(events, spec.keys)
    valid = all_valid(keys)
    rights = []
    for source in spec.outcome_sources:
        table, columns = outcomes[source.name], source.key_columns(spec.keys)
        of_events = keys if tuple(columns) == spec.keys else key_table(events, list(columns))
        valid = valid & all_valid(of_events)
        of_outcomes = key_table(table, list(columns.values()))
        event_code, code = key_codes(of_events, of_outcomes)
        time, has_time = times(table, source.outcome_time)
        known, is_known = times(table, source.known_at or source.outcome_time)
        rights.append(
            OutcomeSide(
                source=source,
                table=table,
                keys=of_outcomes,
                code=code,
                event_code=event_code,
                time=time,
                has_key=all_valid(of_outcomes),
                has_time=has_time,
                known=known,
                is_known=is_known,
            )
        )
    same = [right.event_code for right in rights if tuple(right.source.key_columns(spec.keys)) == spec.keys]
    code = same[0] if same else key_codes(keys, keys.slice(0, 0))[0]
    time, has_time = times(events, spec.event_time)
    return EventSide(table=events, keys=keys, code=code, time=time, has_key=valid, has_time=has_time), tuple(rights)
