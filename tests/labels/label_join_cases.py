"""Random events, outcomes and specs, dense with ties, nulls and times on the borders of windows and on days of DST."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from headrace.ingest import TimeSplits
from headrace.labels import Label, LabelSpec, OutcomeSource

Rows = list[dict[str, Any]]
EVENT_SCHEMA = pa.schema([("who", pa.string()), ("nr", pa.int64()), ("at", pa.int64()), ("wind", pa.float32())])
ANSWERS = pa.schema(
    [
        *((name, pa.int64()) for name in ("nr", "happened", "known", "id", "yes", "how")),
        *((name, pa.string()) for name in ("who", "mood")),
    ]
)
RUNS = pa.schema(
    [
        *((name, pa.int64()) for name in ("nr", "ended", "seen", "run", "rank")),
        *(("person", pa.string()), ("km", pa.float64())),
    ]
)


@dataclass(frozen=True)
class Case:
    """Rows and the spec for them; outcomes by source."""

    events: Rows
    outcomes: dict[str, Rows]
    spec: LabelSpec

    def tables(self, shuffle: Any = None) -> tuple[pa.Table, dict[str, pa.Table]]:
        """Both sides as tables, in another order where `shuffle` draws one."""

        def table(rows: Rows, schema: pa.Schema) -> pa.Table:
            return pa.Table.from_pylist(shuffle.sample(rows, len(rows)) if shuffle else rows, schema=schema)

        found = {name: table(rows, RUNS if name == "runs" else ANSWERS) for name, rows in self.outcomes.items()}
        return table(self.events, EVENT_SCHEMA), found


@dataclass(frozen=True)
class Scale:
    """Where times lie, and which windows suit them."""

    start: int
    step: int
    zone: str
    bounds: tuple[Any, ...]
    latenesses: tuple[Any, ...]


def us(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)


SECONDS = Scale(0, 500_000, "UTC", (-2, -0.5, 0, 0.5, 1, "1500ms", 2, "3s", 5), (0, 0, 0.5, "3s"))
_DAYS = ("-1d", "-24h", "-6h", 0, "6h", "23h", "1d", "24h", "1d6h", "2d", "1w", "1mo")
DST = [
    Scale(us(start), 21_600_000_000, zone, _DAYS, (0, 0, "1d", "1h"))
    for start, zone in (
        ("2026-03-28T01:30:00+00:00", "Europe/Berlin"),
        ("2026-10-24T00:30:00+00:00", "Europe/Berlin"),
        ("2026-03-07T07:15:00+00:00", "America/New_York"),
        ("2026-04-03T15:00:00+00:00", "Australia/Lord_Howe"),
    )
]
WHO = st.sampled_from([*"aaaaaaaabb", "ab", "", None])
NUMBERS = st.sampled_from([*[0] * 8, 1, None])


def _times(scale: Scale, latest: int = 12) -> st.SearchStrategy[Any]:
    steps = st.sampled_from([None, *range(latest + 1)])
    off = st.sampled_from([0, 0, 0, -1, 1])
    return st.builds(lambda step, off: None if step is None else scale.start + step * scale.step + off, steps, off)


def _rows(most: int, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[Rows]:
    # Bounds drawn first: lists of Hypothesis are short on the whole, and these should not be.
    return st.integers(0, most).flatmap(
        lambda least: st.lists(st.fixed_dictionaries(columns), min_size=least, max_size=most)
    )


@st.composite
def _label(draw: st.DrawFn, name: str, scale: Scale, early: bool, **fields: Any) -> Label:
    places = range(len(scale.bounds))
    start, end = sorted([draw(st.sampled_from(places)), draw(st.sampled_from(places))])
    closed = "both" if start == end else draw(st.sampled_from(["left", "left", "right", "both", "neither"]))
    return Label(
        **{"negative": 9, **fields},
        name=name,
        window=(scale.bounds[start], scale.bounds[end]),
        closed=closed,
        absence=draw(st.sampled_from(["negative", "negative", "missing", "exclude"])),
        early=early and draw(st.booleans()),
    )


ORDER = {"value": "mood", "order": ("low", "mid", "high")}
OF_ANSWERS: list[dict[str, Any]] = [
    *({"value": "yes", "pick": pick} for pick in ("first", "last", "count", "sum", "any")),
    *({"value": "how", "pick": pick} for pick in ("first", "last", "min", "max", "mean")),
    {"value": "yes", "pick": "priority", "priority": "how"},
    {**ORDER, "pick": "priority", "negative": "none"},
    {**ORDER, "pick": "last", "negative": "low"},
    *({**ORDER, "ordinal": True, "pick": pick, "negative": 0} for pick in ("last", "max", "mean", "priority")),
    {"pick": "count", "negative": 0},
    {"pick": "any", "negative": 0},
]
OF_RUNS: list[dict[str, Any]] = [
    *({"value": "km", "pick": pick} for pick in ("first", "last", "sum", "mean", "min", "max", "any", "count")),
    {"value": "km", "pick": "priority", "priority": "rank"},
    {"pick": "count", "negative": 0},
]


def _source(draw: st.DrawFn, name: str, keys: Any, scale: Scale, columns: tuple[str, str, str]) -> OutcomeSource:
    outcome_time, known_at, outcome_id = columns
    return OutcomeSource(
        name=name,
        outcome_time=outcome_time,
        known_at=draw(st.sampled_from([known_at, known_at, None])),
        outcome_id=draw(st.sampled_from([outcome_id, None])),
        same_id=draw(st.sampled_from(["first", "latest"])),
        clock_skew=draw(st.sampled_from([0, 0, scale.step / 1e6, 1.5 * scale.step / 1e6])),
        keys=keys,
        times={outcome_time: "epoch_us", known_at: "epoch_us"},
    )


@st.composite
def cases(draw: st.DrawFn, *, scheduled: bool | None = None) -> Case:
    """`scheduled`: whether the spec has several as-of times; None: either."""
    scale = draw(st.sampled_from([SECONDS, SECONDS, *DST]))
    keys = draw(st.sampled_from([("who",), ("nr",), ("who", "nr")]))
    several = draw(st.booleans())
    times, early_times = _times(scale), _times(scale, 6)
    ids = st.sampled_from([1, 2, 3, None])
    outcomes = {
        "outcomes": draw(
            _rows(
                10,
                who=WHO,
                nr=NUMBERS,
                happened=times,
                known=times,
                id=ids,
                yes=st.sampled_from([0, 1, None]),
                how=st.sampled_from([5, 6, None]),
                mood=st.sampled_from(["low", "mid", "high", "odd", None]),
            )
        )
    }
    sources = [_source(draw, "outcomes", {}, scale, ("happened", "known", "id"))]
    if several:
        narrower = draw(st.booleans()) or "who" in keys
        sources.append(_source(draw, "runs", {"who": "person"} if narrower else {}, scale, ("ended", "seen", "run")))
        outcomes["runs"] = draw(
            _rows(
                6,
                person=WHO,
                nr=NUMBERS,
                ended=times,
                seen=times,
                run=ids,
                km=st.sampled_from([0.0, 0.5, 10.25, None]),
                rank=st.sampled_from([1, 2, None]),
            )
        )
    moments = draw(
        st.lists(
            st.sampled_from([-1, 3, *range(5, 25)]),
            min_size=1,
            max_size=4 if scheduled is not False else 1,
            unique=True,
        )
    )
    moments = sorted(scale.start + moment * scale.step for moment in moments)
    if scheduled and len(moments) == 1:
        moments.append(moments[0] + scale.step)
    after = draw(st.sampled_from([None, None, moments[0] - 4 * scale.step]))
    early = len(moments) == 1 and after is None and draw(st.booleans())
    labels = []
    for number in range(draw(st.integers(1, 3))):
        fields = dict(draw(st.sampled_from(OF_ANSWERS)))
        labels.append(draw(_label(f"answer_{number}", scale, early, source="outcomes", **fields)))
    for number in range(draw(st.integers(1, 2)) if several else 0):
        fields = dict(draw(st.sampled_from(OF_RUNS)))
        labels.append(draw(_label(f"run_{number}", scale, early, source="runs", **fields)))
    border = instant(scale.start + draw(st.integers(0, 12)) * scale.step)
    spec = LabelSpec(
        keys=keys,
        event_time="at",
        times={"at": "epoch_us"},
        sources=tuple(sources),
        labels=tuple(labels),
        as_of=tuple(map(instant, moments)),
        matured_after=None if after is None else instant(after),
        as_of_column=draw(st.sampled_from([None, "as_of"])),
        lateness=draw(st.sampled_from(scale.latenesses)),
        zone=scale.zone,
        split_by=draw(st.sampled_from([(), ("who",)])),
        split_time=draw(st.sampled_from([None, None, TimeSplits(field="at", borders=(border,))])),
    )
    events = draw(_rows(8, who=WHO, nr=NUMBERS, at=early_times, wind=st.sampled_from([0.5, 1.5, None])))
    return Case(events, outcomes, spec)


def instant(moment: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=moment)).isoformat()
