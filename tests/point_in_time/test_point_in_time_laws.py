"""The engine against nested loops; and what holds for all events, tables and specs."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from point_in_time_cases import EVENTS, FACTS, RUNS, events_table, specs, tables_of
from point_in_time_oracle import look_up_in_loops, row_status_in_loops

from headrace.examples.layout import to_features
from headrace.keyed.order import row_hashes
from headrace.point_in_time import AsOfTable, JoinedFeatures, PointInTimeSpec, join_features

Rows = list[dict[str, Any]]


def hashes(table: pa.Table) -> list[int]:
    return row_hashes(table, np.arange(table.num_rows)).tolist() if table.num_rows else []


def same(found: Any, expected: Any) -> bool:
    """Equal; of sums, within one unit in the last place of the exact one."""
    if isinstance(found, float) and isinstance(expected, float) and math.isfinite(expected):
        return abs(found - expected) <= math.ulp(expected)
    return found == expected or repr(found) == repr(expected)


def ordered(rows: Rows, table: pa.Table, spec: PointInTimeSpec) -> list[int]:
    hashed = hashes(table)

    def place(i: int) -> Any:
        keys = [(rows[i][name] is None, rows[i][name] if rows[i][name] is not None else 0) for name in spec.event_keys]
        return (rows[i]["at"] or 0, keys, hashed[i])

    return sorted(range(len(rows)), key=place)


@examples(2)
@given(EVENTS, FACTS, RUNS, specs())
def test_join_equals_nested_loops(events: Rows, facts: Rows, runs: Rows, spec: PointInTimeSpec) -> None:
    left, tables = events_table(events), tables_of(spec, facts, runs)
    joined = join_features(left, tables, spec)
    order = ordered(events, left, spec)
    assert joined.events.select(left.column_names).to_pylist() == [events[i] for i in order]
    anything = np.zeros(len(events), bool)
    for table in spec.tables:
        rows = facts if isinstance(table, AsOfTable) else runs
        hashed = hashes(tables[table.name])
        looked = [look_up_in_loops(event, rows, table, spec, hashed) for event in events]
        for name in table.feature_columns:
            found = joined.events.column(name).to_pylist()
            expected = [looked[i][0][name] for i in order]
            assert all(map(same, found, expected)), (name, found, expected)
            newest = [one[2][name] for one in looked]
            ages = [
                (events[i]["at"] - rows[row][table.time]) // 1_000_000
                for i, row in enumerate(newest)
                if row is not None
            ]
            buckets = Counter(str(1 << age.bit_length() >> 1) for age in ages)
            assert joined.features[name].age_s == dict(buckets)
            assert joined.features[name].absent == len(events) - len(ages)
        statuses = Counter(one[1] for one in looked)
        book = joined.ledgers[f"events.{table.name}"]
        assert {part: count for part, count in book.parts.items() if count} == statuses
        used = set().union(*(one[3] for one in looked)) if looked else set()
        row_statuses = Counter(row_status_in_loops(row, table, i in used) for i, row in enumerate(rows))
        assert {part: count for part, count in joined.ledgers[table.name].parts.items() if count} == row_statuses
        anything |= np.array([one[1] == "matched" for one in looked], bool)
    assert joined.ledgers["events"].parts == {"matched": anything.sum(), "unmatched": (~anything).sum()}


@given(EVENTS, FACTS, RUNS, specs(), st.randoms(use_true_random=False))
def test_order_of_the_input_does_not_matter(
    events: Rows, facts: Rows, runs: Rows, spec: PointInTimeSpec, shuffle: random.Random
) -> None:
    joined = join_features(events_table(events), tables_of(spec, facts, runs), spec)
    events, facts, runs = (shuffle.sample(rows, len(rows)) for rows in (events, facts, runs))
    assert_equal(join_features(events_table(events), tables_of(spec, facts, runs), spec), joined)


@given(EVENTS, FACTS, RUNS, specs())
def test_feature_layout_gives_what_flat_tables_give(
    events: Rows, facts: Rows, runs: Rows, spec: PointInTimeSpec
) -> None:
    # As a payload holds them: fractions in single precision.
    for rows, names in ((facts, ("weight",)), (runs, ("km",))):
        for row in rows:
            row.update({name: float(np.float32(row[name])) for name in names if row[name] is not None})
    left, tables = events_table(events), tables_of(spec, facts, runs)
    flat = join_features(left, tables, spec)
    listed = join_features(to_features(left), {name: to_features(table) for name, table in tables.items()}, spec)
    assert repr(to_features(listed.events).to_pylist()) == repr(to_features(flat.events).to_pylist())
    assert (listed.ledgers, listed.features) == (flat.ledgers, flat.features)


@given(EVENTS, FACTS, RUNS, specs(), st.integers(-2, 10), st.data())
def test_no_event_sees_a_row_from_its_future(
    events: Rows, facts: Rows, runs: Rows, spec: PointInTimeSpec, hour: int, data: st.DataObject
) -> None:
    """Rows that become available at `now` or later may be anything: what events before `now` get stays the same."""
    now = hour * 3_600_000_000
    before = [event for event in events if event["at"] is not None and event["at"] < now]
    other = {"facts": data.draw(FACTS), "runs": data.draw(RUNS)}

    def changed(rows: Rows, name: str) -> Rows:
        table = next((table for table in spec.tables if table.name == name), None)
        if table is None:
            return rows

        def is_future(row: dict[str, Any]) -> bool:
            if row[table.time] is None:
                return False
            since = row[table.time] + table.delay_us
            if isinstance(table, AsOfTable) and table.created_is == "knowledge":
                since = max(since, row[table.created] if row[table.created] is not None else now)
            return since >= now

        return [row for row in rows if not is_future(row)] + [row for row in other[name] if is_future(row)]

    then = join_features(events_table(before), tables_of(spec, facts, runs), spec)
    later = join_features(events_table(before), tables_of(spec, changed(facts, "facts"), changed(runs, "runs")), spec)
    assert repr(then.events.to_pylist()) == repr(later.events.to_pylist())


@given(EVENTS, RUNS, specs())
def test_no_aggregate_sees_a_row_of_the_event_itself(events: Rows, runs: Rows, spec: PointInTimeSpec) -> None:
    if "runs" not in [table.name for table in spec.tables] or not spec.table("runs").own_columns:
        return
    own = list(spec.table("runs").own_columns)
    for event in events:
        others = [row for row in runs if None in [event[n] for n in own] or any(row[n] != event[n] for n in own)]
        features = [
            join_features(events_table([event]), tables_of(spec, [], rows), spec).events.to_pylist()
            for rows in (runs, others)
        ]
        assert repr(features[0]) == repr(features[1])


def assert_equal(found: JoinedFeatures, expected: JoinedFeatures) -> None:
    assert repr(found.events.to_pylist()) == repr(expected.events.to_pylist())
    assert (found.ledgers, found.features, found.alarms) == (expected.ledgers, expected.features, expected.alarms)
