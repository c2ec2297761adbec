"""What a join as a whole raises alarm for, from tables and from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headrace.alarms import Alarm
from headrace.examples.layout import write_parquet
from headrace.labels import Label, LabelSpec, OutcomeSource, join_label_files, join_labels

S = 1_000_000
DAY = "1970-01-02T00:00:00Z"


def spec_of(**changes: Any) -> LabelSpec:
    settings: dict[str, Any] = {
        "keys": ("key",),
        "event_time": "shown",
        "outcome_time": "done",
        "known_at": "known",
        "labels": (Label(name="label", value="value", window=(0, 60)),),
        "as_of": DAY,
        "times": dict.fromkeys(("shown", "done", "known"), "epoch_us"),
        "buckets": 3,
    }
    return LabelSpec(**{**settings, **changes})


def events_of(count: int, *, prefix: str = "k", shown_s: int = 0) -> pa.Table:
    return pa.table({"key": [f"{prefix}{n}" for n in range(count)], "shown": [shown_s * S] * count})


def outcomes_of(count: int, *, late: int = 0, orphans: int = 0, done_s: int = 1) -> pa.Table:
    """One for each of the events k0, k1, ...; the first are late, the last orphans."""
    known = [(90_000 if n < late else 10) * S for n in range(count)]
    keys = [f"{'o' if n >= count - orphans else 'k'}{n}" for n in range(count)]
    columns = {"key": keys, "done": [done_s * S] * count, "known": known, "value": [1] * count}
    types = {"key": pa.string()}
    return pa.table({name: pa.array(column, types.get(name, pa.int64())) for name, column in columns.items()})


def codes(alarms: Any) -> list[str]:
    return [alarm.code for alarm in alarms]


def test_nothing_matches_raises_orphans_and_coverage() -> None:
    joined = join_labels(events_of(20, prefix="K"), outcomes_of(20), spec_of())
    orphans, coverage = joined.alarms
    assert (orphans.code, orphans.source, orphans.count, orphans.share) == ("ORPHANS", "outcomes", 20, 1.0)
    assert orphans.words == (
        "20 of 20 outcomes are orphan (100.00%; expected at most 10.00%): 20 no_event; "
        "see whether both sides write the keys alike, and whether their files are of the same days"
    )
    assert (coverage.code, coverage.label, coverage.count, coverage.share) == ("COVERAGE", "label", 0, 0.0)
    assert "observed for 0 of 20 labeled events" in coverage.words
    assert "20 are negative and 0 missing by absence alone" in coverage.words


def test_orphans_tell_the_commonest_reason_first() -> None:
    outcomes = pa.concat_tables([outcomes_of(3, orphans=3), outcomes_of(5, done_s=100), outcomes_of(9)])
    (alarm,) = join_labels(events_of(9), outcomes, spec_of()).alarms
    assert alarm.code == "ORPHANS"
    assert "5 outside_window, 3 no_event; see whether both times are in UTC" in alarm.words


@pytest.mark.parametrize(
    ("outcomes", "changes", "expected"),
    [
        (outcomes_of(10, orphans=1), {}, []),
        (outcomes_of(10, orphans=2), {}, ["ORPHANS"]),
        (outcomes_of(10, orphans=2), {"alarm_orphan_share": 0.2}, []),
        (outcomes_of(10, late=1), {}, []),
        (outcomes_of(10, late=2), {}, ["LATE"]),
        (outcomes_of(10, late=2), {"alarm_late_share": 0.2}, []),
        (outcomes_of(0), {}, ["COVERAGE"]),
        (outcomes_of(1), {}, []),
        (outcomes_of(5), {"min_coverage": 0.5}, ["COVERAGE"]),
        (outcomes_of(6), {"min_coverage": 0.5}, []),
    ],
)
def test_alarm_rings_above_its_share_and_coverage_at_its_own(
    outcomes: pa.Table, changes: dict[str, float], expected: list[str]
) -> None:
    assert codes(join_labels(events_of(10), outcomes, spec_of(**changes)).alarms) == expected


def test_late_outcomes_tell_why() -> None:
    (alarm,) = join_labels(events_of(10), outcomes_of(10, late=4), spec_of()).alarms
    assert (alarm.count, alarm.share) == (4, 0.4)
    assert "4 known_after_as_of; see whether as_of is meant" in alarm.words


def test_coverage_is_told_of_each_label_by_itself() -> None:
    labels = (
        Label(name="seen", value="value", window=(0, 60)),
        Label(name="unseen", value="value", window=(100, 200), absence="missing"),
    )
    (alarm,) = join_labels(events_of(10), outcomes_of(10), spec_of(labels=labels)).alarms
    assert (alarm.code, alarm.label) == ("COVERAGE", "unseen")
    assert "0 are negative and 10 missing" in alarm.words


def test_nothing_labeled_tells_immature_and_excluded() -> None:
    keyless = pa.table({"key": pa.array([None] * 2, pa.string()), "shown": [0, 0]})
    events = pa.concat_tables([events_of(3, shown_s=86_390), keyless])
    (alarm,) = join_labels(events, outcomes_of(0), spec_of()).alarms
    assert (alarm.code, alarm.source, alarm.count, alarm.share) == ("NOTHING_LABELED", "events", 5, 1.0)
    assert alarm.words == (
        f"none of 5 events was labeled as of {DAY}: 3 immature, 2 excluded (3 window_open, 2 no_key)"
    )


def test_a_day_on_which_nothing_is_left_to_label_is_no_alarm() -> None:
    spec = spec_of(matured_after="1970-01-01T12:00:00Z")
    joined = join_labels(events_of(3), outcomes_of(3), spec)
    assert joined.details["events"] == {"matured_before": 3}
    assert "NOTHING_LABELED" not in codes(joined.alarms)
    joined = join_labels(pa.concat_tables([events_of(3), events_of(1, shown_s=86_390)]), outcomes_of(3), spec)
    assert "NOTHING_LABELED" in codes(joined.alarms)


def test_alarms_of_several_sources_name_theirs() -> None:
    sources = tuple(OutcomeSource(name=name, outcome_time="done", known_at="known") for name in ("taps", "runs"))
    labels = tuple(Label(name=f"of_{one.name}", source=one.name, value="value", window=(0, 60)) for one in sources)
    spec = spec_of(sources=sources, labels=labels, outcome_time=None, known_at=None)
    joined = join_labels(events_of(9), {"taps": outcomes_of(9), "runs": outcomes_of(9, orphans=9)}, spec)
    orphans, coverage = joined.alarms
    assert (orphans.code, orphans.source) == ("ORPHANS", "runs")
    assert orphans.words.startswith("9 of 9 runs are orphan")
    assert (coverage.code, coverage.label) == ("COVERAGE", "of_runs")


def test_no_rows_at_all_are_no_alarm() -> None:
    assert join_labels(events_of(0).cast(events_of(1).schema), outcomes_of(0), spec_of()).alarms == []


def test_files_raise_the_alarms_of_the_whole_tables_and_ledger_json_keeps_them(tmp_path: Path) -> None:
    events, outcomes = events_of(30), outcomes_of(40, late=8, orphans=10)
    paths = {"events": [str(tmp_path / "e.parquet")], "outcomes": [str(tmp_path / "o.parquet")]}
    write_parquet(events, paths["events"][0])
    write_parquet(outcomes, paths["outcomes"][0])
    folders = {f"{name}_dir": str(tmp_path / name) for name in ("examples", "unlabeled", "unused")}
    result = join_label_files(spec_of(), **paths, **folders)
    assert codes(result.alarms) == ["ORPHANS", "LATE"]
    assert result.alarms == join_labels(events, outcomes, spec_of()).alarms
    written = json.loads((tmp_path / "examples" / "ledger.json").read_text())["alarms"]
    assert [Alarm.from_dict(alarm) for alarm in written] == result.alarms
