"""Chronon's label join, said in our terms: which days' rows get labels on a day, and which version of a label is shown.

Source: docs/source/LabelJoin.md of github.com/airbnb/chronon (commit 4c3161e), which documents `label_ds`,
`left_start_offset`, `left_end_offset`, and the views `_labeled` and `_labeled_latest`. A run on September 30 with
offsets of 30 and 3 labels the rows of September 1 to 28: offsets count days back, `label_ds` included. Labels that
aggregate need both offsets to be the length of the window: then just the day whose window closes with `label_ds` is
labeled. A later run writes labels again, under its own `label_ds`.

Ours: rows of a day stand at its start, and a run on a day sees what landed until its end. An event is labeled when its
window is over, so `left_end_offset` is the length of the window, and `matured_after` cuts off what `left_start_offset`
does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from headrace.labels import Label, LabelSpec, join_labels
from headrace.times.instants import instant_us, iso

DAY = 86_400_000_000
FIRST = instant_us("2023-09-01T00:00:00Z")


def days(*numbers: float) -> list[int]:
    return [FIRST + round((number - 1) * DAY) for number in numbers]


def rows_of_september() -> pa.Table:
    """One row a day."""
    return pa.table({"entity": ["e"] * 30, "ts": days(*range(1, 31))})


def bookings(*when: tuple[float, float, int]) -> pa.Table:
    """(happened, known, value), in days of September."""
    return pa.table(
        {
            "entity": ["e"] * len(when),
            "ts": pa.array(days(*(happened for happened, _, _ in when)), pa.int64()),
            "landed": pa.array(days(*(known for _, known, _ in when)), pa.int64()),
            "value": pa.array([value for *_, value in when], pa.int64()),
        }
    )


def run_on(label_ds: int, *, end_offset: int, start_offset: int | None = None, **changes: Any) -> LabelSpec:
    """A run on that day of September; without a start offset it labels all days until the end offset."""
    label = Label(name="booked", value="value", window=(0, f"{end_offset}d"), pick="sum")
    after = None if start_offset is None else iso(days(label_ds - start_offset + end_offset)[0])
    spec = LabelSpec(
        keys=("entity",),
        event_time="ts",
        outcome_time="ts",
        known_at="landed",
        labels=(label,),
        as_of=iso(days(label_ds + 1)[0]),
        matured_after=after,
    )
    return replace(spec, **changes)


def labeled_days(events: pa.Table, outcomes: pa.Table, spec: LabelSpec) -> list[int]:
    times = join_labels(events, outcomes, spec).labeled.column("ts").to_pylist()
    return [round((time - FIRST) / DAY) + 1 for time in times]


@pytest.mark.parametrize("end_offset", [1, 3, 7])
def test_the_latest_day_that_gets_a_label_is_the_end_offset_before_the_run(end_offset: int) -> None:
    found = labeled_days(rows_of_september(), bookings(), run_on(30, end_offset=end_offset))
    assert found == list(range(1, 30 - end_offset + 2))


@pytest.mark.parametrize(("start_offset", "first"), [(30, 1), (10, 21), (3, 28)])
def test_the_earliest_day_that_gets_a_label_is_the_start_offset_before_the_run(start_offset: int, first: int) -> None:
    found = labeled_days(rows_of_september(), bookings(), run_on(30, end_offset=3, start_offset=start_offset))
    assert (found[0], found[-1]) == (first, 28)


def test_an_aggregated_label_is_of_the_day_whose_window_has_just_closed() -> None:
    assert labeled_days(rows_of_september(), bookings(), run_on(30, end_offset=7, start_offset=7)) == [24]


def test_an_aggregated_label_holds_what_happened_within_the_window_and_no_more() -> None:
    events = pa.table({"entity": ["e"], "ts": days(3)})
    found = bookings((2.9, 2.9, 100), (3, 3, 1), (5, 5, 2), (9.999, 9.999, 4), (10, 10, 200))
    (row,) = join_labels(events, found, run_on(30, end_offset=7)).labeled.to_pylist()
    assert row["booked"] == 7


def test_a_later_run_writes_a_new_version_and_the_older_can_be_had_again() -> None:
    events = pa.table({"entity": ["e"], "ts": days(3)})
    found = bookings((5, 5, 1), (6, 20, 2))
    versions = {
        day: join_labels(events, found, run_on(day, end_offset=7, as_of_column="label_ds")).labeled.to_pylist()
        for day in (9, 12, 25)
    }
    assert [[row["booked"] for row in rows] for rows in versions.values()] == [[1], [1], [3]]
    shown = pa.concat_tables([pa.Table.from_pylist(rows) for rows in versions.values()]).to_pylist()
    latest = max(shown, key=lambda row: row["label_ds"])
    assert (latest["booked"], iso(latest["label_ds"])) == (3, "2023-09-26T00:00:00Z")
