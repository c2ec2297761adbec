"""Specs and columns that can't be meant are refused, all faults at once; specs survive JSON."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from point_in_time_cases import specs

from headrace.errors import DataError, UsageError
from headrace.point_in_time import Aggregate, AsOfTable, EventStream, PointInTimeSpec, Where, join_features

COUNT = Aggregate(name="n", function="count", window="7d")
RUNS = EventStream(name="runs", keys=("who",), time="start", aggregates=(COUNT,))
FACTS = AsOfTable(name="facts", keys=("who",), time="since", features=("city",))
EVENTS = pa.table({"who": ["a"], "at": [1]})


def made(kind: Any, **changes: Any) -> Any:
    defaults: dict[Any, dict[str, Any]] = {
        Aggregate: {"name": "n", "function": "count", "window": "7d"},
        AsOfTable: {"name": "facts", "keys": ("who",), "time": "since", "features": ("city",)},
        EventStream: {"name": "runs", "keys": ("who",), "time": "start", "aggregates": (COUNT,)},
        PointInTimeSpec: {"event_time": "at", "tables": (RUNS,)},
    }
    return kind(**{**defaults[kind], **changes})


@given(specs())
def test_spec_comes_back_from_json(spec: PointInTimeSpec) -> None:
    assert PointInTimeSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        (Aggregate, {"function": "median"}, "function: expected one of count, sum, .* got 'median'"),
        (Aggregate, {"function": "sum"}, "sum needs a value"),
        (Aggregate, {"window": 0}, "window: expected a duration longer than 0"),
        (Aggregate, {"window": "1mo"}, "of a fixed length"),
        (Aggregate, {"window": "soon"}, "window: expected seconds"),
        (Aggregate, {"function": "per_day", "window": None}, "per_day needs a window"),
        (Aggregate, {"function": "mean", "value": "km", "empty": "zero"}, "mean of no rows can't be zero"),
        (Aggregate, {"where": "km"}, r"where: expected a list .* got 'km'"),
        (AsOfTable, {"name": "events"}, "not 'events'"),
        (AsOfTable, {"keys": ()}, "keys: expected at least one"),
        (AsOfTable, {"features": ("a", "a")}, "features: expected no value twice"),
        (AsOfTable, {"ttl": -1}, "ttl: expected a duration of at least 0, got -1"),
        (AsOfTable, {"delay": "1y"}, "delay: a duration here must be of a fixed length"),
        (AsOfTable, {"created_is": "knowledge"}, "needs created"),
        (AsOfTable, {"created_is": "hearsay"}, "tiebreak, knowledge, got 'hearsay'"),
        (AsOfTable, {"nulls": "drop"}, "keep, skip, got 'drop'"),
        (EventStream, {"aggregates": ()}, "aggregates: expected at least one"),
        (EventStream, {"aggregates": (COUNT, COUNT)}, "2 aggregates are named 'n'"),
        (EventStream, {"exclude_own": 7}, "exclude_own: expected a list .* or settings by name, got 7"),
        (EventStream, {"at_event_time": "yes"}, "at_event_time: expected true or false"),
        (PointInTimeSpec, {"tables": ()}, "tables: expected at least one"),
        (PointInTimeSpec, {"tables": (RUNS, RUNS)}, "2 tables are named 'runs'.*2 features are named 'n'"),
        (PointInTimeSpec, {"buckets": 0}, "buckets: expected a whole number"),
        (PointInTimeSpec, {"min_coverage": 2}, "share from 0 to 1"),
    ],
)
def test_values_that_cannot_be_meant_are_refused(kind: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        made(kind, **changes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "expected JSON"),
        (
            '{"event_time": "at", "tables": [{"kind": "view"}]}',
            r"tables\[0\].kind: expected one of as_of, stream",
        ),
        ('{"event_time": "at", "tables": [], "ttl": 1}', "has no 'ttl'; .* tables: expected at least one"),
    ],
)
def test_text_that_is_no_spec_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        PointInTimeSpec.from_json(text)


def test_every_column_that_does_not_fit_is_named_at_once() -> None:
    stream = made(
        EventStream,
        exclude_own=("id",),
        aggregates=(
            Aggregate(name="at", function="sum", value="route", window="7d"),
            Aggregate(name="n", function="count", window="7d", where=(Where(column="route", values=(1,)),)),
        ),
    )
    rows = pa.table({"who": [1], "start": ["Monday"], "route": ["park"]})
    with pytest.raises(UsageError) as caught:
        join_features(EVENTS, {"runs": rows}, PointInTimeSpec(event_time="at", tables=(stream,)))
    for words in (
        "1 column is missing from the events: id; they have: who, at",
        "1 column is missing from the runs: id; they have: who, start, route",
        "time 'start' of the runs is text: expected timestamps, dates or whole numbers",
        "key 'who' is text in the events and integer in the runs",
        "feature 'at' has the name of a column of the events",
        "aggregate 'at' is the sum of numbers, but column 'route' is text",
        "aggregate 'n' wants [1] in column 'route', which is text",
    ):
        assert words in str(caught.value)


def test_tables_that_are_not_those_of_the_spec_are_refused() -> None:
    with pytest.raises(UsageError, match="expected the tables runs, got facts"):
        join_features(EVENTS, {"facts": EVENTS}, PointInTimeSpec(event_time="at", tables=(RUNS,)))


def test_key_with_fractions_and_sum_beyond_int64_are_faults_of_the_data() -> None:
    times = dict.fromkeys(("at", "since"), "epoch_us")
    spec = PointInTimeSpec(event_time="at", tables=(FACTS,), times=times)
    facts = pa.table({"who": [1.5], "since": [0], "city": ["Oslo"]})
    with pytest.raises(DataError, match=r"column 'who': 1\.5 in row 1 has a fraction"):
        join_features(pa.table({"who": [1], "at": [1]}), {"facts": facts}, spec)
    laps = Aggregate(name="laps", function="sum", value="laps", window=None)
    runs = pa.table({"who": ["a", "a"], "start": [0, 0], "laps": [2**62, 2**62]})
    stream = made(EventStream, aggregates=(laps,), times={"start": "epoch_us"})
    spec = PointInTimeSpec(event_time="at", tables=(stream,), times={"at": "epoch_us"})
    with pytest.raises(
        DataError, match=r"aggregate .laps., the sum of column .laps.: the sum is .* does not fit 64 bits"
    ):
        join_features(EVENTS, {"runs": runs}, spec)
