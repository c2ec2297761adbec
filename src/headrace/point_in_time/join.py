"""Events and tables in, events with features out: the join in memory.

events                      runs                                           joined
runner_id  shown_at         runner_id  started_at   distance_km            runner_id  shown_at  km_7d
r1         Friday 9:00      r1         Wednesday    10.0             ->    r1         Friday    10.0
                            r1         Friday 9:30   5.0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from headrace.alarms import Alarm
from headrace.keyed.columns import Bools, Ints, key_codes, key_table, times
from headrace.keyed.event_faults import named_events
from headrace.keyed.order import canonical_order
from headrace.keyed.side_names import EVENTS
from headrace.keyed.time_units import with_units
from headrace.ledger import Ledger
from headrace.point_in_time import as_of, windows
from headrace.point_in_time.check import check_columns
from headrace.point_in_time.lookup_result import EVENT_STATUSES, ROW_STATUSES, FeatureFacts, LookupResult
from headrace.point_in_time.spec import PointInTimeSpec
from headrace.point_in_time.tables import AsOfTable, Table


@dataclass(frozen=True, kw_only=True)
class JoinedFeatures:
    """Every event, once, with its features.

    Attributes:
        events: all of them, features appended, in order of time, keys and a hash of the row.
        ledgers: see `ledgers_of`.
        features: facts of each feature: coverage, and the age of what was found.
        alarms: what is wrong with the whole; see `alarms_of`.
        remarks: in which unit times were read that are whole numbers, where that was found by their range.
    """

    events: pa.Table
    ledgers: Mapping[str, Ledger]
    features: Mapping[str, FeatureFacts]
    alarms: Sequence[Alarm]
    remarks: Sequence[str] = ()


def join_features(events: pa.Table, tables: Mapping[str, pa.Table], spec: PointInTimeSpec) -> JoinedFeatures:
    """Gives the events features from the tables, by the tables' names.

    Tables are flat or in feature layout; columns of events keep their form, features are flat. The same rows give the
    same result in any order.

    Raises:
        UsageError: the columns are not what the spec says; all faults are named at once.
        DataError: a key, time or value can't be taken exactly, a sum of integers leaves int64, or it is not known what
            the whole numbers of a column of times count; names column, row, value and cure.
    """
    check_columns(spec, events.schema, {name: table.schema for name, table in tables.items()})
    events, remarks = with_units(EVENTS, events, [spec.event_time], spec.times)
    found = {}
    for table in spec.tables:
        rows, more = with_units(table.name, tables[table.name], table.time_columns, spec.times_of(table))
        found[table.name] = look_up(events, rows, table, spec)
        remarks += more
    order = order_of(events, spec)
    joined = with_features(events, order, {name: c for one in found.values() for name, c in one.columns.items()})
    matched: Bools = np.logical_or.reduce([one.matched for one in found.values()])
    ledgers = ledgers_of(
        spec,
        {EVENTS: matched_parts(matched), **{name: one.row_statuses for name, one in found.items()}},
        {name: one.event_statuses for name, one in found.items()},
        {EVENTS: events.num_rows, **{name: tables[name].num_rows for name in found}},
    )
    facts = {name: fact for one in found.values() for name, fact in one.facts.items()}
    return JoinedFeatures(
        events=joined, ledgers=ledgers, features=facts, alarms=alarms_of(spec, ledgers), remarks=remarks
    )


def look_up(events: pa.Table, rows: pa.Table, table: Table, spec: PointInTimeSpec) -> LookupResult:
    """What one table gives to the events, of which it needs keys, time and own columns only."""
    if isinstance(table, AsOfTable):
        return as_of.look_up(events, rows, table, event_time=spec.event_time)
    with named_events(events, list(table.key_columns), spec.event_time):
        return windows.aggregate(events, rows, table, event_time=spec.event_time)


def order_of(events: pa.Table, spec: PointInTimeSpec) -> Ints:
    """Row numbers in canonical order: by time, keys, and a hash of the row."""
    keys = key_table(events, spec.event_keys)
    codes, _ = key_codes(keys, keys.slice(0, 0))
    return canonical_order(events, time=times(events, spec.event_time)[0], keys=keys, codes=codes)


def with_features(events: pa.Table, rows: Ints, features: Mapping[str, pa.Array]) -> pa.Table:
    """The events in `rows` with their features appended."""
    table = events.take(rows)
    for name, column in features.items():
        table = table.append_column(name, column.take(rows))
    return table


def matched_parts(matched: Bools) -> dict[str, int]:
    """How many events have a row in any table, and how many in none."""
    return {"matched": int(matched.sum()), "unmatched": int((~matched).sum())}


def ledgers_of(
    spec: PointInTimeSpec,
    parts: Mapping[str, Mapping[str, int]],
    of_events: Mapping[str, Mapping[str, int]],
    totals: Mapping[str, int],
) -> dict[str, Ledger]:
    """Ledgers that add up, by name.

    `events` = matched (some table has a row for it) + unmatched. Each table has two: `<table>` = used (in a feature of
    some event) + unused + no_key + no_time, and `events.<table>` = matched + absent (no row) + expired (the newest row
    is too old) + no_key + no_time.

    Raises:
        LedgerError: rows were lost.
    """
    matched = {status: parts[EVENTS][status] for status in ("matched", "unmatched")}
    ledgers = {EVENTS: Ledger(subject=EVENTS, total=totals[EVENTS], parts=matched)}
    for table in spec.tables:
        name = table.name
        rows = {status: parts[name][status] for status in ROW_STATUSES}
        events = {status: of_events[name][status] for status in EVENT_STATUSES}
        ledgers[name] = Ledger(subject=name, total=totals[name], parts=rows)
        ledgers[f"{EVENTS}.{name}"] = Ledger(subject=f"{EVENTS} by {name}", total=totals[EVENTS], parts=events)
    return ledgers


def alarms_of(spec: PointInTimeSpec, ledgers: Mapping[str, Ledger]) -> list[Alarm]:
    """COVERAGE of each table that has something for too few events."""
    alarms = []
    for table in spec.tables:
        events, rows = ledgers[f"{EVENTS}.{table.name}"], ledgers[table.name]
        share = events["matched"] / events.total if events.total else 1.0
        if events.total and share <= spec.min_coverage:
            words = (
                f"table {table.name} has something for {events['matched']:,} of {events.total:,} events ({share:.2%}; "
                f"expected more than {spec.min_coverage:.2%}): {events}; {rows}; see whether both sides write the keys "
                "alike, both times are in UTC, and the table reaches back far enough"
            )
            count = events["matched"]
            alarms.append(Alarm(code="COVERAGE", source=table.name, count=count, share=share, words=words))
    return alarms
