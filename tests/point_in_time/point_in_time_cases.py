"""Random events, tables and specs, dense with ties, nulls, own rows and times on the borders of windows."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from headrace.point_in_time import Aggregate, AsOfTable, EventStream, PointInTimeSpec, Where
from headrace.point_in_time.aggregate import FUNCTIONS, ZEROS

STEP_S, STEP_US = 3600, 3_600_000_000
EVENT_SCHEMA = pa.schema([("who", pa.string()), ("nr", pa.int64()), ("at", pa.int64()), ("id", pa.int64())])
FACT_SCHEMA = pa.schema(
    [
        ("person", pa.string()), ("nr", pa.int64()), ("since", pa.int64()), ("written", pa.int64()),
        ("city", pa.string()), ("age", pa.int64()), ("weight", pa.float64()),
    ]
)  # fmt: skip
RUN_SCHEMA = pa.schema(
    [
        ("who", pa.string()), ("nr", pa.int64()), ("start", pa.int64()), ("id", pa.int64()),
        ("km", pa.float64()), ("laps", pa.int64()), ("route", pa.string()), ("done", pa.bool_()),
    ]
)  # fmt: skip

WHO = st.sampled_from([*"aaaaaaaa", "b", "ab", "", None])
NUMBERS = st.sampled_from([0, 0, 0, 0, 0, 0, 1, None])
IDS = st.sampled_from([1, 2, 3, None])
HOURS = st.sampled_from([None, -1, *range(6), *range(6)])
TIMES = st.builds(
    lambda hour, off: None if hour is None else hour * STEP_US + off, HOURS, st.sampled_from([0] * 6 + [-1, 1])
)
KM = st.sampled_from(
    [0.1, 0.2, 0.3, -0.1, 1e16, -1e16, 1.0, 1e-300, 5e-324, -0.0, 0.0, float("inf"), float("nan"), None]
)
LAPS = st.sampled_from([0, 1, -1, 7, 2**40, -(2**40), None])


def _rows(schema: pa.Schema, most: int, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    rows = st.fixed_dictionaries({name: columns[name] for name in schema.names})
    # Often full: Hypothesis likes short lists, in which little meets.
    return st.integers(0, 1).flatmap(lambda full: st.lists(rows, min_size=most * full, max_size=most))


EVENTS = _rows(EVENT_SCHEMA, 7, who=WHO, nr=NUMBERS, at=TIMES, id=IDS)
FACTS = _rows(
    FACT_SCHEMA, 9, person=WHO, nr=NUMBERS, since=TIMES, written=TIMES,
    city=st.sampled_from(["Oslo", "Rome", None]), age=st.sampled_from([30, 40, None]),
    weight=st.sampled_from([0.5, None]),
)  # fmt: skip
RUNS = _rows(
    RUN_SCHEMA, 12, who=WHO, nr=NUMBERS, start=TIMES, id=IDS, km=KM, laps=LAPS,
    route=st.sampled_from(["park", "hill", None]), done=st.sampled_from([True, False, None]),
)  # fmt: skip
DELAYS = st.sampled_from([0, 0, 0, 1e-6, STEP_S])


@st.composite
def aggregates(draw: st.DrawFn) -> tuple[Aggregate, ...]:
    return tuple(draw(_aggregate(f"feature_{n}")) for n in range(draw(st.integers(1, 4))))


@st.composite
def _aggregate(draw: st.DrawFn, name: str) -> Aggregate:
    function = draw(st.sampled_from(FUNCTIONS))
    values = {"first": ["route", "km", "done"], "last": ["route", "km", "laps"], "distinct": ["route", "km", "laps"]}
    values |= {"count": [None, "km"], "per_day": [None, "route"], "rate": ["done", "laps", "km"]}
    windows = [1e-6, STEP_S, "2h", "3h", "7d"] + ([] if function == "per_day" else [None])
    where = [(), (Where(column="done"),), (Where(column="route", values=("park", "hill")),)]
    where += [(Where(column="nr", values=(0,)), Where(column="done", values=(True,)))]
    return Aggregate(
        name=name,
        function=function,
        window=draw(st.sampled_from(windows)),
        value=draw(st.sampled_from(values.get(function, ["km", "laps", "done"]))),
        where=draw(st.sampled_from(where)),
        empty=draw(st.sampled_from(["zero", "null", None] if function in ZEROS else ["null", None])),
    )


@st.composite
def specs(draw: st.DrawFn) -> PointInTimeSpec:
    """A stream, a table of facts, or both, with keys of their own."""
    created = draw(st.sampled_from([(None, "tiebreak"), ("written", "tiebreak"), ("written", "knowledge")]))
    facts = AsOfTable(
        name="facts",
        keys=draw(st.sampled_from([{"who": "person"}, {"nr": "nr"}, {"who": "person", "nr": "nr"}])),
        time="since",
        features=draw(st.sampled_from([("city",), {"city": "city", "years": "age"}, ("weight", "age", "city")])),
        ttl=draw(st.sampled_from([None, 0, STEP_S, "2h"])),
        created=created[0],
        created_is=created[1],
        delay=draw(DELAYS),
        at_event_time=draw(st.booleans()),
        nulls=draw(st.sampled_from(["keep", "skip"])),
        times={"since": "epoch_us", "written": "epoch_us"},
    )
    runs = EventStream(
        name="runs",
        keys=draw(st.sampled_from([("who",), ("nr",), ("who", "nr")])),
        time="start",
        aggregates=draw(aggregates()),
        delay=draw(DELAYS),
        at_event_time=draw(st.booleans()),
        exclude_own=draw(st.sampled_from([(), ("id",), ("id", "nr")])),
        times={"start": "epoch_us"},
    )
    tables = draw(st.sampled_from([(facts,), (runs,), (runs, facts)]))
    return PointInTimeSpec(
        event_time="at",
        tables=tables,
        times={"at": "epoch_us"},
        buckets=draw(st.integers(1, 4)),
        shards=draw(st.integers(1, 3)),
    )


def events_table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=EVENT_SCHEMA)


def tables_of(spec: PointInTimeSpec, facts: list[dict[str, Any]], runs: list[dict[str, Any]]) -> dict[str, pa.Table]:
    """The tables that the spec wants, by name."""
    made = {
        "facts": pa.Table.from_pylist(facts, schema=FACT_SCHEMA),
        "runs": pa.Table.from_pylist(runs, schema=RUN_SCHEMA),
    }
    return {table.name: made[table.name] for table in spec.tables}
