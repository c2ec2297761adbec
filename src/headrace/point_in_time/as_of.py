"""Look-ups in slowly changing tables: the newest row that was valid, available and not too old.

profiles  r1 valid 8:00 Oslo, r1 valid 10:00 Rome, r1 valid 10:00 Bonn (created later)

r1 at  7:59   none: nothing was valid yet
r1 at  9:00   Oslo
r1 at 10:00   Bonn: the later of the two that are valid since 10:00
r1 at 10:00   none with a delay of an hour and a time to live of 90 minutes: Oslo's is over, Bonn is not in yet
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from headrace.keyed.columns import Bools, Ints, flat, times
from headrace.keyed.order import ties_by_hash
from headrace.keyed.timeline import NONE, Timeline
from headrace.point_in_time.lookup_result import LookupResult, count_event_statuses, count_row_statuses, facts_of
from headrace.point_in_time.sides import Sides, sides
from headrace.point_in_time.tables import KNOWLEDGE, SKIP, AsOfTable


def look_up(events: pa.Table, rows: pa.Table, table: AsOfTable, *, event_time: str) -> LookupResult:
    """The features of each event out of `rows`."""
    both = sides(events, rows, table, event_time=event_time)
    has_time = both.has_time
    created, is_created = times(rows, table.created) if table.created else (both.time, both.has_time)
    since = both.time + table.delay_us
    if table.created_is == KNOWLEDGE:
        since = np.maximum(since, created)
        has_time = has_time & is_created
    best = _best_last(rows, both, has_time & both.has_key, np.where(is_created, created, np.iinfo(np.int64).min))
    used, matched = np.zeros(rows.num_rows, dtype=bool), np.zeros(events.num_rows, dtype=bool)
    expired = np.zeros(events.num_rows, dtype=bool)
    columns, facts, picks = {}, {}, _pick(best, since, both, table)
    for name, column in table.feature_columns.items():
        values = flat(rows, column)
        if table.nulls == SKIP:
            picks = _pick(best[values.is_valid().to_numpy(False)[best]], since, both, table)
        newest, too_old = picks
        columns[name] = values.take(pa.array(newest, pa.int64(), mask=newest == NONE))
        facts[name] = facts_of(columns[name], newest, both)
        matched |= newest != NONE
        expired |= too_old
        used[newest[newest != NONE]] = True
    return LookupResult(
        columns=columns,
        matched=matched,
        event_statuses=count_event_statuses(both, matched, expired),
        row_statuses=count_row_statuses(both, used, has_time),
        facts=facts,
    )


def _best_last(rows: pa.Table, both: Sides, usable: Bools, created: Ints) -> Ints:
    """Usable rows by key, time and creation, ties by hash: among the rows of a key a better one comes later."""
    found = np.flatnonzero(usable)
    found = found[np.lexsort((created[found], both.time[found], both.code[found]))]
    return found[ties_by_hash(rows, found, both.code[found], both.time[found], created[found])]


def _pick(best: Ints, since: Ints, both: Sides, table: AsOfTable) -> tuple[Ints, Bools]:
    """For each event the row that counts, or NONE, and whether there is none because the newest is too old.

    With the rows sorted by when they become available, the best of those available at a time is a running maximum of
    their ranks. Ranks go by key first, so the maximum starts anew with each key. The best row is the newest: if it is
    too old, so are all others.
    """
    newest, too_old = np.full(len(both.event_us), NONE), np.zeros(len(both.event_us), dtype=bool)
    if not len(best):
        return newest, too_old
    line = Timeline.of(np.arange(len(best)), both.code[best], since[best])
    available = np.maximum.accumulate(line.rows)
    code, event_us = both.event_code[both.events], both.event_us[both.events]
    # A row that becomes available at the event's own microsecond counts, or it does not.
    last = line.first_from(code, event_us + int(table.at_event_time)) - 1
    row = best[available[last]]
    is_there = (last >= 0) & (both.code[row] == code)
    if table.ttl_us is not None:
        is_old = is_there & (both.time[row] < event_us - table.ttl_us)
        too_old[both.events] = is_old
        is_there &= ~is_old
    newest[both.events] = np.where(is_there, row, NONE)
    return newest, too_old
