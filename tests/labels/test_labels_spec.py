from __future__ import annotations

import json
from typing import Any

import pytest

from headrace.errors import UsageError
from headrace.ingest import TimeSplits
from headrace.labels import Label, LabelSpec, OutcomeSource
from headrace.labels.spec_file import from_yaml

GOOD: dict[str, Any] = {
    "keys": ("id",),
    "event_time": "at",
    "outcome_time": "then",
    "labels": (Label(name="yes", value="yes"),),
    "as_of": "2026-03-06T00:00:00Z",
}


def test_spec_comes_back_equal_from_json() -> None:
    labels = (Label(name="no", value="n", window=(-1.5, 3), pick="first", absence="missing"), *GOOD["labels"])
    spec = LabelSpec(
        **{**GOOD, "labels": labels, "known_at": "k", "min_coverage": 0.3, "splits": {"all": 1}, "split_by": ("who",)}
    )
    assert LabelSpec.from_json(spec.to_json()) == spec
    assert hash(LabelSpec.from_json(spec.to_json())) == hash(spec)


EARLY = (Label(name="yes", value="yes", early=True),)
RUNS, WALKS = (OutcomeSource(name=name, outcome_time="ended") for name in ("runs", "walks"))
OF_RUNS = (Label(name="far", value="km", source="runs"),)


def test_spec_of_several_sources_and_moments_comes_back_equal_from_json() -> None:
    runs = OutcomeSource(name="runs", outcome_time="ended", keys={"id": "run"}, same_id="latest", clock_skew="5s")
    far = Label(name="far", source="runs", value="km", pick="sum", window=("-1mo", "7d"), closed="both")
    mood = Label(name="mood", source="walks", value="m", order=("bad", "good"), ordinal=True, pick="priority")
    settings = {**GOOD, "outcome_time": None, "labels": (far, mood), "sources": (runs, WALKS)}
    moments = ("2026-03-06T00:00:00Z", "2026-03-07T00:00:00Z")
    spec = LabelSpec(
        **{**settings, "as_of": moments, "matured_after": "2026-03-05T00:00:00Z", "zone": "Europe/Berlin"},
        split_time=TimeSplits(field="at", borders=("2026-03-05",)),
    )
    assert LabelSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "Runs"}, "name: expected small letters, digits and single underscores, and not 'events', got 'Runs'"),
        ({"name": "a__b"}, "single underscores"),
        ({"name": "events"}, "not 'events'"),
        ({"outcome_time": ""}, "outcome_time: expected a name, got ''"),
        ({"known_at": ""}, "known_at: expected a name, got ''"),
        ({"keys": ("id",)}, "keys: expected settings by name, got ['id']"),
        ({"same_id": "last"}, "same_id: expected one of first, latest, got 'last'"),
        (
            {"clock_skew": -1},
            "clock_skew: expected a fixed duration of at least 0, such as 5 or '90s', got -1",
        ),
        (
            {"clock_skew": "1d"},
            "clock_skew: expected a fixed duration of at least 0, such as 5 or '90s', got '1d'",
        ),
    ],
)
def test_wrong_source_names_the_value_it_got(change: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as raised:
        OutcomeSource(**{"name": "runs", "outcome_time": "ended", **change})
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T02:00:00.000001+02:00", 1),
        ("2026-03-06T00:00:00+00:00", 1_772_755_200_000_000),
    ],
)
def test_as_of_is_read_to_the_microsecond(text: str, us: int) -> None:
    assert LabelSpec(**{**GOOD, "as_of": text}).as_of_us == us


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"as_of": "2026-03-06T00:00:00"}, "as_of: expected a time with an offset, got '2026-03-06T00:00:00'"),
        ({"as_of": "yesterday"}, "as_of: expected a time in ISO 8601, got 'yesterday'"),
        (
            {"as_of": None},
            "as_of: expected a time in ISO 8601 with an offset or a list (each:",
        ),
        ({"keys": 5}, "keys: expected a list (each: a name), got 5"),
        ({"keys": ()}, "keys: expected at least one, got []"),
        ({"keys": ("id", "id")}, "keys: expected no value twice, got ['id', 'id']"),
        ({"labels": ()}, "labels: expected at least one, got []"),
        (
            {"labels": GOOD["labels"][0]},
            "labels: expected a list (each: settings by name, such as name, value",
        ),
        ({"labels": GOOD["labels"] * 2}, "2 labels are named 'yes'"),
        ({"lateness": -1}, "lateness: expected a duration of at least 0, got -1"),
        ({"lateness": float("nan")}, "lateness: expected seconds, or a text such as"),
        ({"splits": {}}, "splits: expected at least one"),
        ({"splits": {"train": 0}}, "splits['train']: expected a whole number of at least 1, got 0"),
        ({"splits": {"a/b": 1}}, "splits: expected a name without '/', as part of a path, got 'a/b'"),
        ({"buckets": 0}, "buckets: expected a whole number from 1 to 10,000, got 0"),
        ({"alarm_orphan_share": 1.1}, "alarm_orphan_share: expected a share from 0 to 1, got 1.1"),
        ({"alarm_late_share": -0.1}, "alarm_late_share: expected a share from 0 to 1, got -0.1"),
        ({"min_coverage": "half"}, "min_coverage: expected a share from 0 to 1, got 'half'"),
        ({"min_coverage": float("nan")}, "min_coverage: expected a share from 0 to 1, got nan"),
        ({"known_at": ""}, "known_at: expected a name, got ''"),
        ({"zone": "Berlin"}, "zone: expected an IANA name such as 'UTC' or 'Europe/Berlin', got 'Berlin'"),
        ({"as_of": ()}, "as_of: expected at least one, got []"),
        ({"as_of": ("2026-03-06T00:00Z", "2026-03-06T01:00+01:00")}, "as_of must be one time, or several that ascend"),
        ({"matured_after": "2026-03-06T00:00:00Z"}, "matured_after must be before as_of"),
        ({"matured_after": "2026-03-05"}, "matured_after: expected a time with an offset, got '2026-03-05'"),
        ({"as_of_column": "yes"}, "as_of_column 'yes' is the name of another column of the examples"),
        ({"labels": EARLY, "early_column": "yes"}, "early_column 'yes' is the name of another column"),
        ({"labels": EARLY, "matured_after": "2026-03-05T00:00Z"}, "early labels exclude matured_after"),
        ({"split_time": TimeSplits(field="at", borders=())}, "split_time needs one border between any two of"),
        (
            {"split_time": TimeSplits(field="x", borders=("2026-03-05",))},
            "split_time must go by the event time 'at', got 'x'",
        ),
        (
            {"outcome_time": None},
            "outcome_time must name a column, or sources must list the sources of outcomes, got neither",
        ),
        ({"sources": (RUNS,)}, "outcome_time and sources exclude each other"),
        ({"outcome_time": None, "known_at": "k", "sources": (RUNS,)}, "known_at and sources exclude each other"),
        ({"outcome_time": None, "sources": (RUNS, RUNS)}, "2 sources are named 'runs'"),
        ({"outcome_time": None, "sources": (RUNS, WALKS)}, "label 'yes' must name its source, one of runs, walks"),
        ({"labels": OF_RUNS}, "label 'far' has the source 'runs'; there are: outcomes"),
        ({"labels": OF_RUNS, "outcome_time": None, "sources": (RUNS, WALKS)}, "source 'walks' makes no label"),
        ({"event_time": None}, "event_time: expected a name, got None"),
    ],
)
def test_wrong_spec_names_the_value_it_got(change: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as raised:
        LabelSpec(**{**GOOD, **change})
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"window": (5, 5)}, "or be closed='both' and of no length, got (5, 5), closed='left'"),
        ({"window": (5, 1)}, "window must end at least 1 microsecond after it starts"),
        ({"window": (0, float("inf"))}, "window[1]: expected seconds, or a text such as '90m'"),
        ({"window": (0, "1 day")}, "window[1]: expected seconds, or a text such as '90m'"),
        ({"window": ("31d", "1mo")}, "window must end at least 1 microsecond after it starts"),
        ({"closed": "open"}, "closed: expected one of left, right, both, neither, got 'open'"),
        ({"value": None}, "value must name a column of the outcomes: pick='last' needs one, got None"),
        ({"source": ""}, "source: expected a name, got ''"),
        ({"pick": "priority"}, "pick='priority' needs a priority column, or an order of the values"),
        ({"priority": "rank"}, "priority='rank' needs pick='priority', got 'last'"),
        ({"ordinal": True}, "ordinal needs an order: the values, lowest first"),
        ({"order": ("a", "a")}, "order: expected no value twice, got ['a', 'a']"),
        ({"order": (1.5,)}, "order[0]: expected a whole number or a name, got 1.5"),
        ({"order": (1, "a")}, "order: expected only texts or only whole numbers, got [1, 'a']"),
        ({"early": 1}, "early: expected true or false, got 1"),
        ({"window": (0,)}, "window: expected a list of 2, got [0]"),
        ({"window": 60}, "window: expected a list of 2 (each: seconds, or a text such as '90m' or '7d'), got"),
        ({"pick": "best"}, "pick: expected one of first, last, priority, count, sum, mean, min, max, any, got 'best'"),
        ({"absence": "zero"}, "absence: expected one of negative, missing, exclude, got 'zero'"),
        ({"negative": 2**63}, "negative must be a whole number of 64 bits, got 9223372036854775808"),
        ({"negative": -(2**63) - 1}, "negative must be a whole number of 64 bits, got -9223372036854775809"),
        ({"negative": None}, "negative: expected true or false or a number or a text, got None"),
        ({"name": ""}, "name: expected a name, got ''"),
        ({"value": 3}, "value: expected a name or null, got 3: put it in quotes"),
    ],
)
def test_wrong_label_names_the_value_it_got(change: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as raised:
        Label(**{"name": "yes", "value": "yes", **change})
    assert told in str(raised.value)


def test_columns_that_are_added_may_have_any_name_that_is_free() -> None:
    for name in ("None", "no", "id"):
        assert LabelSpec(**{**GOOD, "labels": EARLY}, early_column=name).early_column == name
        assert LabelSpec(**GOOD, as_of_column=name).as_of_column == name


def test_a_negative_is_any_number_of_64_bits() -> None:
    for number in (2**63 - 1, -(2**63)):
        assert Label(name="yes", value="yes", negative=number).negative == number


def test_all_faults_of_sources_are_told_at_once() -> None:
    other = (*OF_RUNS, Label(name="sunk", value="m", source="swims"))
    with pytest.raises(UsageError) as raised:
        LabelSpec(**{**GOOD, "outcome_time": None, "sources": (RUNS, WALKS), "labels": other})
    assert str(raised.value).endswith(
        "label 'sunk' has the source 'swims'; there are: runs, walks; source 'walks' makes no label"
    )


def test_a_spec_in_yaml_is_that_of_its_settings_and_other_yaml_names_what_is_expected() -> None:
    text = (
        "{keys: [id], event_time: at, outcome_time: then, as_of: 2026-03-06T00:00:00Z, "
        "labels: [{name: yes, value: yes}]}"
    )
    assert from_yaml(text) == LabelSpec(**GOOD)
    assert from_yaml(text, buckets=3) == LabelSpec(**GOOD, buckets=3)
    with pytest.raises(UsageError, match=r"^expected settings such as keys: and labels:, got \['keys'\]$"):
        from_yaml("[keys]")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(UsageError, match=r"(?s)keys.*as_of.*lateness.*buckets"):
        LabelSpec(**{**GOOD, "keys": (), "lateness": -1, "buckets": 0, "as_of": ""})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "LabelSpec: expected JSON, got '{'"),
        ("[]", "LabelSpec: expected settings by name, such as keys, event_time, labels, got []"),
        ('{"keyz": ["id"]}', "LabelSpec: has no 'keyz'; did you mean 'keys'?; keys: is missing"),
        ('{"keys": ["id"]}', "as_of: is missing, expected a time in ISO 8601 with an offset"),
        (
            json.dumps({"labels": [{"nam": "x"}]}),
            "labels[0]: has no 'nam'; did you mean 'name'?; labels[0].name:",
        ),
        (json.dumps({"labels": [3]}), "labels[0]: expected settings by name, such as name, value, source, got 3"),
    ],
)
def test_wrong_json_is_told_by_field(text: str, told: str) -> None:
    with pytest.raises(UsageError) as raised:
        LabelSpec.from_json(text)
    assert told in str(raised.value)
