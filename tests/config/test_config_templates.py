import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.templates import fill_placeholders, refuse_placeholders
from headrace.errors import UsageError
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, SpanRange, TimeRange, TimeSplits
from headrace.labels import Label, LabelSpec, join_labels


def test_places_become_days_and_the_folder_of_the_data() -> None:
    text = '{"pattern": "{DATA}/answers/{DAY+1}.jsonl", "start": "{DAY}T00:00Z", "end": "{DAY-1}"}'
    assert json.loads(fill_placeholders(text, day="2026-03-01", data="s3://logs/")) == {
        "pattern": "s3://logs/answers/2026-03-02.jsonl",
        "start": "2026-03-01T00:00Z",
        "end": "2026-02-28",
    }


@given(day=st.dates(date(1900, 1, 1), date(2200, 1, 1)), days=st.integers(-20_000, 20_000))
def test_days_are_counted_by_the_calendar(day: date, days: int) -> None:
    assert fill_placeholders(f"{{DAY{days:+d}}}", day=day.isoformat()) == (day + timedelta(days=days)).isoformat()


@given(data=st.text(min_size=1))
def test_whatever_a_folder_is_called_the_text_stays_json(data: str) -> None:
    assert json.loads(fill_placeholders('{"pattern": "{DATA}/a"}', data=data)) == {"pattern": f"{data.rstrip('/')}/a"}


def test_other_braces_stay() -> None:
    text = '{"pattern": "logs/{YYYY}-{MM}-{DD}/{SPAN}/{VERSION}.csv", "x": "{DAYS}"}'
    assert fill_placeholders(text, day="2026-03-03", data="d") == text


@pytest.mark.parametrize("day", ["2026-13-01", "today", "20518"])
def test_a_day_that_is_none_is_named(day: str) -> None:
    with pytest.raises(UsageError, match=f"day must be a date .*{day}"):
        fill_placeholders("{DAY}", day=day)


def test_a_day_beyond_the_calendar_is_named() -> None:
    with pytest.raises(UsageError, match=r"\{DAY\+1\} of day 9999-12-31"):
        fill_placeholders("{DAY+1}", day="9999-12-31")


def test_places_that_nothing_fills_are_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"\{DATA\}, \{DAY\+2\}; give data and day"):
        refuse_placeholders('{"pattern": "{DATA}/{DAY+2}.csv"}')
    refuse_placeholders('{"pattern": "logs/{SPAN}.csv"}')


def _spec() -> IngestSpec:
    record = RecordSpec(fields=(Field(name="id"), Field(name="shown_at", kind="timestamp")))
    return IngestSpec(
        sources=(Source(name="app", pattern=("{DATA}/{DAY}.csv", "{DATA}/{DAY+1}.csv")),),
        record=record,
        between=TimeRange(field="shown_at", start="{DAY}", end="{DAY+1}"),
        splits={"all": 1},
    )


def test_a_time_range_is_checked_before_its_day_is_known() -> None:
    with pytest.raises(UsageError, match="start must be before end"):
        TimeRange(field="shown_at", start="{DAY+1}", end="{DAY}")


def test_one_spec_reads_one_day_after_another(tmp_path: Path) -> None:
    from headrace.ingest import ingest

    for day in ("2026-03-01", "2026-03-02", "2026-03-03"):
        (tmp_path / f"{day}.csv").write_text(f"id,shown_at\na{day},{day}T10:00:00Z\nb{day},{day}T23:00:00Z\n")
    for day in ("2026-03-01", "2026-03-02"):
        spec = IngestSpec.from_json(fill_placeholders(_spec().to_json(), day=day, data=str(tmp_path)))
        result = ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"))
        assert (result.ledger["accepted"], result.ledger["withheld"]) == (2, 2)
    with pytest.raises(UsageError, match="without a value"):
        ingest(_spec(), examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"))


LABELS = LabelSpec(
    keys=("id",),
    event_time="at",
    outcome_time="then",
    labels=(Label(name="yes", value="yes"),),
    as_of="{DAY+3}T00:00:00Z",
    matured_after="{DAY+2}T00:00:00Z",
    times={"at": "epoch_us", "then": "epoch_us"},
)


def test_a_place_may_stand_wherever_a_spec_has_a_time() -> None:
    spec = LabelSpec.from_json(fill_placeholders(LABELS.to_json(), day="2026-03-03"))
    assert (spec.as_of, spec.matured_after) == ("2026-03-06T00:00:00Z", "2026-03-05T00:00:00Z")
    several = replace(LABELS, as_of=("{DAY}T00:00Z", "{DAY+1}T00:00Z"), matured_after=None)
    assert several.as_ofs_us == (0, 86_400_000_000)
    assert SpanRange(start="{DAY-7}", end="{DAY}").chosen([-8, -7, 0, 1]) == [-7, 0]
    assert TimeSplits(field="at", borders=("{DAY}", "{DAY+1}")).borders_us == [0, 86_400_000_000]


def test_times_in_the_wrong_order_are_refused_before_the_day_is_known_where_that_can_be_seen() -> None:
    with pytest.raises(UsageError, match="matured_after must be before as_of"):
        replace(LABELS, as_of="{DAY+1}T00:00:00Z")
    with pytest.raises(UsageError, match="start must not be after end"):
        SpanRange(start="{DAY}", end="{DAY-1}")
    with pytest.raises(UsageError, match="borders must ascend"):
        TimeSplits(field="at", borders=("{DAY+1}", "{DAY}"))


def test_a_fixed_time_beside_a_place_waits_for_the_day() -> None:
    open_end = TimeRange(field="at", start="2026-03-01", end="{DAY}")
    assert TimeRange.from_json(fill_placeholders(open_end.to_json(), day="2026-03-02")).end == "2026-03-02"
    with pytest.raises(UsageError, match="start must be before end"):
        TimeRange.from_json(fill_placeholders(open_end.to_json(), day="2026-02-02"))
    assert replace(LABELS, matured_after="2026-03-05T00:00:00Z").matured_after == "2026-03-05T00:00:00Z"


def test_labels_are_not_joined_as_of_a_day_that_nobody_gave() -> None:
    events = pa.table({"id": [1], "at": [0]})
    outcomes = pa.table({"id": [1], "then": [0], "yes": [1]})
    with pytest.raises(UsageError, match="without a value"):
        join_labels(events, outcomes, LABELS)
    assert join_labels(
        events, outcomes, LabelSpec.from_json(fill_placeholders(LABELS.to_json(), day="2026-03-03"))
    ).ledgers
