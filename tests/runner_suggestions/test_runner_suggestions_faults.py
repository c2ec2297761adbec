from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from examples.runner_suggestions import spoiled
from examples.runner_suggestions.faults import FAULTS
from examples.runner_suggestions.generate import ALL_FAULTS


def by_id(rows, key="suggestion_id"):
    return {row[key]: row for row in rows}


@pytest.fixture(scope="module")
def clean(make):
    return make(runners=1200, planted=())


@pytest.fixture(scope="module")
def day(data):
    return data.days[2]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_changes_only_the_tables_and_the_day_it_names(make, fault):
    none, one = make(runners=200, planted=()), make(runners=200, planted=(fault.name,))
    third = none.days[2]
    changed = {
        path for path in none.truth["files"] if (none.root / path).read_bytes() != (one.root / path).read_bytes()
    }
    assert {path.split("/")[0] for path in changed} == set(fault.where)
    assert all(path.split("/")[1][:10] >= third for path in changed)
    # Responses come in on later days too; all else is in the third day's files.
    assert all(path.split("/")[1].startswith(third) for path in changed if not path.startswith("responses"))
    assert none.truth["faults"] == []
    assert [planted["name"] for planted in one.truth["faults"]] == [fault.name]


def test_truth_lists_every_fault_with_what_was_planted(data, day):
    assert [fault["name"] for fault in data.truth["faults"]] == list(ALL_FAULTS)
    assert data.truth["faulty_day"] == day
    for fault in data.truth["faults"]:
        assert fault["planted"]
        assert all(count > 0 and day in path for path, count in fault["planted"].items())


def planted(data, name):
    return next(fault["planted"] for fault in data.truth["faults"] if fault["name"] == name)


def test_spoiled_suggestions_are_those_that_no_reader_can_take(data, day):
    path = f"suggestions/{day}.jsonl"
    bad = [line for line in data.lines(path) if not readable(line)]
    cut, garbled = planted(data, "truncated_lines")[path], planted(data, "malformed_lines")[path]
    assert len(bad) == cut + garbled == data.truth["files"][path]["spoiled"]
    assert (cut, garbled) == (spoiled.TRUNCATED["suggestions"] + 1, spoiled.MALFORMED["suggestions"])


def readable(line):
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        return False
    if not isinstance(row, dict):
        return False
    numbers = [row["features"][name] for name in ("age", "pace_min_per_km", "distance_km")]
    return row["shown_at"].startswith("2026-") and not any(isinstance(number, str) for number in numbers)


def test_spoiled_runs_are_those_that_no_reader_can_take(data, day):
    path = f"runs/{day}.csv"
    row = re.compile(
        r"run-[\d-]+,r\d+,(watch|phone|partner),[^,\"]+,2026-[^,]+Z,\d\d:\d\d:\d\d,[\d.]+,"
        r"(\d+ ft|\"\d+,\d{3} ft\"),[\d.]+,\d*,(yes|no)"
    )
    bad = [line for line in data.lines(path)[1:] if not row.fullmatch(line)]
    cut, garbled = planted(data, "truncated_lines")[path], planted(data, "malformed_lines")[path]
    assert len(bad) == cut + garbled == data.truth["files"][path]["spoiled"]
    assert len([line for line in bad if line.count('"') == 1]) >= 1


def test_suggestions_of_the_third_day_end_in_the_middle_of_a_line(data, day):
    files = [(data.root / f"suggestions/{each}.jsonl").read_bytes() for each in data.days]
    assert [file.endswith(b"}\n") for file in files] == [True, True, False]
    assert not readable(files[2].decode().splitlines()[-1])


def test_only_the_new_app_version_sends_twice(data, day):
    lines = [line for line in data.lines(f"suggestions/{day}.jsonl") if readable(line)]
    rows = by_id(map(json.loads, lines))
    twice = [json.loads(line) for line, times in Counter(lines).items() if times == 2]
    assert len(lines) - len(rows) == len(twice) == planted(data, "duplicated_events")[f"suggestions/{day}.jsonl"]
    assert {row["app_version"] for row in twice} == {"4.2.0"}
    new = [row for row in rows.values() if row["app_version"] == "4.2.0"]
    assert len(new) / len(rows) == pytest.approx(0.25, abs=0.01)
    assert len(twice) / len(new) == pytest.approx(0.4, abs=0.02)


def test_a_dead_sensor_reads_zero_in_suggestions_and_serving_alike(data, day):
    served = by_id(data.records("serving", day))
    dead = {name for name, row in served.items() if row.get("heart_rate") == 0}
    assert len(dead) / len(served) == pytest.approx(0.12, abs=0.001)
    assert len(dead) == planted(data, "dead_heart_rate_sensor")[f"serving/{day}.jsonl"]
    for row in data.records("suggestions", day):
        assert row["features"].get("heart_rate") == served[row["suggestion_id"]].get("heart_rate")


def test_partners_feet_are_metres(data, clean, day):
    before = by_id(clean.records("runs", day), "run_id")
    heights = {"partner": [], "watch": [], "phone": []}
    for row in data.records("runs", day):
        if re.fullmatch(r"[\d,]+ ft", row["elevation"]) and row["run_id"] in before:
            was, now = (int(each["elevation"].replace(",", "")[:-3]) for each in (before[row["run_id"]], row))
            heights[row["source"]].append(now - was * (0.3048 if row["source"] == "partner" else 1))
    assert all(heights.values())
    assert max(map(abs, heights["partner"])) <= 0.5
    assert not any(heights["watch"] + heights["phone"])


def test_the_phones_lost_their_afternoon(data, clean, day):
    before, after = (by_id(each.records("runs", day), "run_id") for each in (clean, data))
    spoiled_runs = data.truth["files"][f"runs/{day}.csv"]["spoiled"]
    lost = [
        row for name, row in before.items() if row["source"] == "phone" and row["started_at"][11:] > "12:00:00.000Z"
    ]
    assert len(lost) == planted(data, "half_lost_source")[f"runs/{day}.csv"]
    assert not {row["run_id"] for row in lost} & set(after)
    assert len(before) - len(lost) - spoiled_runs <= len(after) <= len(before) - len(lost)


def test_the_campaign_brings_an_age_group_and_nothing_else(data, day):
    served = data.records("serving", day)
    young = [row for row in served if row["age_group"] == "18-24"]
    usual = [row for row in served if row["age_group"] != "18-24"]
    assert len(young) / len(usual) == pytest.approx(0.18, abs=0.001)
    assert len(young) == planted(data, "campaign")[f"serving/{day}.jsonl"]
    assert {18 <= row["age"] <= 24 for row in young} == {True}
    for name in ("pace_min_per_km", "completion_rate_30d", "hour"):
        means = [sum(row[name] for row in group) / len(group) for group in (young, usual)]
        assert means[0] == pytest.approx(means[1], rel=0.06), name
    known = {row["runner_id"] for row in data.records("runners", day)}
    suggested = {
        row["runner_id"] for row in data.records("suggestions", day) if row["features"]["age_group"] == "18-24"
    }
    assert suggested <= known


def test_serving_sees_pace_in_miles_and_distance_as_text(data, day):
    served = by_id(data.records("serving", day))
    for row in data.records("suggestions", day):
        features, logged = row["features"], served[row["suggestion_id"]]
        if isinstance(features["pace_min_per_km"], float):
            assert logged["pace_min_per_km"] == pytest.approx(features["pace_min_per_km"] * 1.609344, abs=1e-4)
        assert isinstance(logged["distance_km"], str)
        assert float(logged["distance_km"]) == features["distance_km"]


def test_all_other_served_features_stay_equal(data, day):
    served = by_id(data.records("serving", day))
    for row in data.records("suggestions", day):
        if not readable(json.dumps(row)):
            continue
        for name, value in row["features"].items():
            if name not in ("pace_min_per_km", "distance_km"):
                assert served[row["suggestion_id"]][name] == value


def test_only_the_evening_is_accepted_less(data, clean, day):
    usual, now = clean.truth["accepted_share"][day], data.truth["accepted_share"][day]
    assert usual["evening"] == pytest.approx(0.55, abs=0.03)
    assert now["evening"] == pytest.approx(0.25, abs=0.03)
    assert all(abs(usual[part] - now[part]) < 0.04 for part in usual if part != "evening")
