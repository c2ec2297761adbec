"""Random events, outcomes and specs, dense with ties, nulls and times on the borders of windows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from headrace.labels import Label, LabelSpec

HALF_S = 500_000
EVENT_SCHEMA = pa.schema([("who", pa.string()), ("nr", pa.int64()), ("at", pa.int64()), ("wind", pa.float32())])
OUTCOME_SCHEMA = pa.schema(
    [(name, pa.int64()) for name in ("nr", "happened", "known", "id", "yes", "how")] + [("who", pa.string())]
)


def _times(none: bool = True) -> st.SearchStrategy[Any]:
    grid = st.builds(lambda step, off: step * HALF_S + off, st.integers(0, 12), st.sampled_from([0, 0, 0, -1, 1]))
    return st.one_of(grid, grid, grid, grid, st.none()) if none else grid


WHO = st.sampled_from(["a", "a", "a", "b", "ab", "", None])
NUMBERS = st.sampled_from([0, 0, 0, 1, None])
EVENTS = st.lists(
    st.fixed_dictionaries({"who": WHO, "nr": NUMBERS, "at": _times(), "wind": st.sampled_from([0.5, 1.5, None])}),
    max_size=8,
)
OUTCOMES = st.lists(
    st.fixed_dictionaries(
        {
            "who": WHO,
            "nr": NUMBERS,
            "happened": _times(),
            "known": _times(),
            "id": st.sampled_from([1, 2, 3, None]),
            "yes": st.sampled_from([0, 1, None]),
            "how": st.sampled_from([5, 6, None]),
        }
    ),
    max_size=10,
)


@st.composite
def label(draw: st.DrawFn, name: str, value: str) -> Label:
    after = draw(st.integers(-4, 4))
    length = draw(st.sampled_from([0.000001, 0.5, 1, 2, 5]))
    return Label(
        name=name,
        value=value,
        window_s=(after / 2, after / 2 + length),
        pick=draw(st.sampled_from(["first", "last"])),
        absence=draw(st.sampled_from(["negative", "missing", "exclude"])),
        negative=9,
    )


@st.composite
def specs(draw: st.DrawFn) -> LabelSpec:
    labels = [label("said_yes", "yes"), label("also_yes", "yes"), label("feeling", "how")]
    return LabelSpec(
        keys=draw(st.sampled_from([("who",), ("nr",), ("who", "nr")])),
        event_time="at",
        outcome_time="happened",
        known_at=draw(st.sampled_from(["known", None])),
        outcome_id=draw(st.sampled_from(["id", None])),
        labels=tuple(draw(one) for one in labels[: draw(st.integers(1, 3))]),
        as_of=instant(draw(st.integers(-1, 24)) * HALF_S),
        lateness_s=draw(st.sampled_from([0, 0, 0.5, 3])),
        split_by=draw(st.sampled_from([(), ("who",)])),
    )


def instant(us: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=us)).isoformat()


def events_table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=EVENT_SCHEMA)


def outcomes_table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=OUTCOME_SCHEMA)
