from __future__ import annotations

import csv
from collections import Counter
from datetime import datetime, timedelta

import numpy as np
import pytest
from scipy.stats import ks_2samp

CATEGORIES = ("age_group", "gender", "home_city", "daypart")
NUMBERS = ("age", "hour", "completion_rate_30d", "pace_min_per_km", "distance_km", "elevation_m", "heart_rate")


def at(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text[:-1])


def midnight(text: str) -> datetime:
    return datetime.fromisoformat(text[:10])


@pytest.fixture(scope="module")
def ordinary(data):
    return [data.records("suggestions", day) for day in data.days[:2]]


def test_ordinary_days_carry_no_fault(data, ordinary):
    for day, rows in zip(data.days, ordinary, strict=False):
        facts = data.truth["files"][f"suggestions/{day}.jsonl"]
        assert len(rows) == facts["lines"] == len({row["suggestion_id"] for row in rows})
        assert all(row["shown_at"].startswith(day) for row in rows)
        assert {row["app_version"] for row in rows} == {"4.1.0", "4.1.1"}
        assert "18-24" not in {row["features"]["age_group"] for row in rows}
        assert min(row["features"].get("heart_rate", 100) for row in rows) > 30
        runs = data.records("runs", day)
        assert len(runs) == data.truth["files"][f"runs/{day}.csv"]["lines"]
        assert "0" not in {row["heart_rate"] for row in runs}


def test_serving_logged_what_training_sees_on_ordinary_days(data, ordinary):
    for day, rows in zip(data.days, ordinary, strict=False):
        served = {row["suggestion_id"]: row for row in data.records("serving", day)}
        assert len(served) == len(rows)
        for row in rows:
            logged = served[row["suggestion_id"]]
            features = {k: v for k, v in logged.items() if k not in ("suggestion_id", "served_at", "model", "score")}
            assert features == row["features"]
            assert {k: type(v) for k, v in features.items()} == {k: type(v) for k, v in row["features"].items()}
            assert at(logged["served_at"]) <= at(row["shown_at"])


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_day_two_differs_from_day_one_by_chance_only(make, seed):
    generated = make(runners=1200, seed=seed)
    one, two = ([row["features"] for row in generated.records("suggestions", day)] for day in generated.days[:2])
    for name in CATEGORIES:
        shares = [Counter(row[name] for row in rows) for rows in (one, two)]
        distance = max(abs(shares[0][v] / len(one) - shares[1][v] / len(two)) for v in shares[0] | shares[1])
        assert distance < 0.03, name  # four standard errors of a share of one half among 6,000
    for name in NUMBERS:
        values = [[row[name] for row in rows if name in row] for rows in (one, two)]
        assert ks_2samp(*values).pvalue > 1e-4, name


def test_only_features_that_describe_the_same_thing_are_correlated(ordinary):
    rows = [row["features"] for row in ordinary[0] if "heart_rate" in row["features"]]
    rows = [row | {"is_woman": row["gender"] == "female", "is_boston": row["home_city"] == "Boston"} for row in rows]
    # Of a route come distance and elevation, and a route lies in a city.
    groups = [("age",), ("hour",), ("completion_rate_30d",), ("pace_min_per_km",), ("heart_rate",), ("is_woman",)]
    groups += [("distance_km", "elevation_m", "is_boston")]
    names = [(place, name) for place, group in enumerate(groups) for name in group]
    correlation = np.corrcoef(np.array([[float(row[name]) for _, name in names] for row in rows]).T)
    for i, (one, first) in enumerate(names):
        for j, (other, second) in enumerate(names[:i]):
            # 1,200 runners: a correlation between their habits has a standard error of 0.029.
            assert one == other or abs(correlation[i, j]) < 0.12, (first, second)


def test_features_agree_with_the_tables_they_come_from(data):
    routes = {row["route"]: row for row in csv.DictReader(data.lines("routes/routes.csv"))}
    runners: dict[str, dict[str, str]] = {}
    for day in data.days[:2]:
        runners |= {row["runner_id"]: row for row in data.records("runners", day)}
        for row in data.records("suggestions", day):
            features, runner, route = row["features"], runners[row["runner_id"]], routes[row["route"]]
            assert features["age"] == int(runner["age"])
            for name in ("age_group", "gender", "home_city"):
                assert features[name] == runner[name]
            for name in ("distance_km", "elevation_m"):
                assert features[name] == float(route[name])
            assert features["hour"] == at(row["shown_at"]).hour
            low, _, high = features["age_group"].replace("+", "-200").partition("-")
            assert int(low) <= features["age"] <= int(high)


def test_later_days_list_only_runners_who_changed(data):
    before = {row["runner_id"]: row for row in data.records("runners", data.days[0])}
    changed = data.records("runners", data.days[1])
    assert 0 < len(changed) < 0.05 * len(before)
    for row in changed:
        assert row["valid_from"] == data.days[1]
        assert {**row, "valid_from": ""} != {**before[row["runner_id"]], "valid_from": ""}


def test_run_logs_hold_times_and_elevations_as_people_write_them(data):
    for day in data.days[:2]:
        assert any('"1,' in line for line in data.lines(f"runs/{day}.csv"))
        for row in data.records("runs", day):
            hours, minutes, seconds = map(int, row["time"].split(":"))
            assert minutes < 60
            assert seconds < 60
            took_s = hours * 3600 + minutes * 60 + seconds
            assert abs(took_s - float(row["distance_km"]) * float(row["pace_min_per_km"]) * 60) <= 0.6
            assert row["elevation"].endswith(" ft")
            assert row["started_at"].startswith(day)


def test_evening_is_liked_most_and_nearly_the_same_on_both_days(data):
    one, two = (data.truth["accepted_share"][day] for day in data.days[:2])
    for shares in (one, two):
        assert max(shares, key=shares.get) == "evening"
        assert 0.5 < shares["evening"] < 0.6
    assert all(abs(one[part] - two[part]) < 0.09 for part in one)


def test_responses_lie_in_the_file_of_the_day_they_were_received(data):
    for path in (data.root / "responses").iterdir():
        assert all(row["received_at"].startswith(path.stem) for row in data.records("responses", path.stem))


def test_responses_keep_their_time_limits(data):
    suggested = {row["suggestion_id"]: row for day in data.days for row in data.records("serving", day)}
    for row in data.responses():
        shown, responded, received = (at(row[name]) for name in ("shown_at", "responded_at", "received_at"))
        limit = timedelta(hours=20 if row["accepted"] is not None else 44)
        if row["suggestion_id"] in suggested:
            assert shown < responded <= shown + limit + timedelta(minutes=1)  # a correction comes seconds later
            assert received < midnight(row["shown_at"]) + timedelta(days=4)
        assert responded < received


def test_a_response_is_a_decision_or_the_end_of_an_accepted_run(data):
    accepted = {row["suggestion_id"] for row in data.responses() if row["accepted"]}
    for row in data.responses():
        assert (row["accepted"] is None) != (row["completed"] is None)
        assert ("rejection_reason" in row) == (row["accepted"] is False)
        assert (row["enjoyment"] is not None) == (row["completed"] is True)
        if row["completed"] is not None:
            assert row["suggestion_id"] in accepted


def test_truth_counts_the_responses_as_they_are(data):
    shown = {row["suggestion_id"] for day in data.days for row in data.records("serving", day)}
    for path in (data.root / "responses").iterdir():
        facts, rows = data.truth["files"][f"responses/{path.name}"], data.records("responses", path.stem)
        late = [at(row["received_at"]) - at(row["responded_at"]) >= timedelta(days=1) for row in rows]
        missed = [at(row["received_at"]) >= midnight(row["shown_at"]) + timedelta(days=3) for row in rows]
        assert facts["decisions"] == sum(row["accepted"] is not None for row in rows)
        assert facts["run_ends"] == sum(row["completed"] is not None for row in rows)
        assert facts["orphans"] == sum(row["suggestion_id"] not in shown for row in rows) == 5
        assert facts["duplicates"] == len(rows) - len({row["response_id"] for row in rows})
        assert (facts["late"], facts["missed_as_of"]) == (sum(late), sum(missed))


def test_some_answers_are_late_and_a_few_too_late_and_some_never_come(data):
    answers = sum(facts["rows"] for path, facts in data.truth["files"].items() if path.startswith("responses"))
    late, missed = (
        sum(facts.get(name, 0) for facts in data.truth["files"].values()) for name in ("late", "missed_as_of")
    )
    assert 0.02 < late / answers < 0.04
    assert 0 < missed < late / 4
    answered = {row["suggestion_id"] for row in data.responses()}
    shown = {row["suggestion_id"] for day in data.days for row in data.records("serving", day)}
    assert 0.02 < len(shown - answered) / len(shown) < 0.06


def test_a_correction_says_something_else_later_about_the_same_suggestion(data):
    rows = {row["response_id"]: row for row in data.responses()}
    corrections = [row for name, row in rows.items() if name.endswith("c")]
    assert len(corrections) == sum(facts.get("corrections", 0) for facts in data.truth["files"].values())
    assert 0.005 < len(corrections) / len(rows) < 0.015
    for row in corrections:
        first = rows[row["response_id"][:-1]]
        assert row["suggestion_id"] == first["suggestion_id"]
        assert timedelta(0) < at(row["responded_at"]) - at(first["responded_at"]) <= timedelta(seconds=30)
        assert row["received_at"] > first["received_at"]
        assert any(row[name] != first[name] for name in ("accepted", "completed", "enjoyment"))


def test_repeats_are_verbatim(data):
    lines = [line for path in (data.root / "responses").iterdir() for line in path.read_text().splitlines()]
    repeats = sum(facts.get("duplicates", 0) for path, facts in data.truth["files"].items() if path.startswith("resp"))
    assert len(lines) - len(set(lines)) == repeats
    assert np.isclose(repeats / len(lines), 0.005, atol=0.003)
