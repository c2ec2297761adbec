from __future__ import annotations

import json
from typing import Any

import pytest

from headrace.errors import UsageError
from headrace.labels import Label, LabelSpec

GOOD: dict[str, Any] = {
    "keys": ("id",),
    "event_time": "at",
    "outcome_time": "then",
    "labels": (Label(name="yes", value="yes"),),
    "as_of": "2026-03-06T00:00:00Z",
}


def test_spec_comes_back_equal_from_json() -> None:
    labels = (Label(name="no", value="n", window_s=(-1.5, 3), pick="first", absence="missing"), *GOOD["labels"])
    spec = LabelSpec(
        **{**GOOD, "labels": labels, "known_at": "k", "min_coverage": 0.3, "splits": {"all": 1}, "split_by": ("who",)}
    )
    assert LabelSpec.from_json(spec.to_json()) == spec
    assert hash(LabelSpec.from_json(spec.to_json())) == hash(spec)


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
        ({"as_of": "2026-03-06T00:00:00"}, "as_of must have a zone, got '2026-03-06T00:00:00'"),
        ({"as_of": "yesterday"}, "as_of must be a time in ISO 8601, got 'yesterday'"),
        ({"as_of": None}, "as_of must be a time in ISO 8601, got None"),
        ({"keys": "id"}, "keys must be a tuple of different names of columns, got 'id'"),
        ({"keys": ()}, "keys must name at least one column"),
        ({"keys": ("id", "id")}, "keys must be a tuple of different names"),
        ({"labels": ()}, "labels must be a tuple of at least one Label, got ()"),
        ({"labels": GOOD["labels"][0]}, "labels must be a tuple of at least one Label, got Label("),
        ({"labels": GOOD["labels"] * 2}, "2 labels are named 'yes'"),
        ({"lateness_s": -1}, "lateness_s must be a number of seconds >= 0, got -1"),
        ({"lateness_s": float("nan")}, "lateness_s must be"),
        ({"splits": {}}, "splits must map at least one name"),
        ({"splits": {"train": 0}}, "splits must map names without '/' to whole weights"),
        ({"splits": {"a/b": 1}}, "splits must map names without '/' to whole weights"),
        ({"buckets": 0}, "buckets must be a whole number from 1 to 10,000, got 0"),
        ({"alarm_orphan_share": 1.1}, "alarm_orphan_share must be a share from 0 to 1, got 1.1"),
        ({"alarm_late_share": -0.1}, "alarm_late_share must be a share from 0 to 1, got -0.1"),
        ({"min_coverage": "half"}, "min_coverage must be a share from 0 to 1, got 'half'"),
        ({"min_coverage": float("nan")}, "min_coverage must be a share from 0 to 1, got nan"),
        ({"known_at": ""}, "known_at must name a column or be None"),
        ({"event_time": None}, "event_time must name a column, got None"),
    ],
)
def test_wrong_spec_names_the_value_it_got(change: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as raised:
        LabelSpec(**{**GOOD, **change})
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"window_s": (5, 5)}, "window_s must end at least 1 microsecond after it starts, got (5, 5)"),
        ({"window_s": (5, 1)}, "window_s must end at least 1 microsecond after it starts, got (5, 1)"),
        ({"window_s": (0, float("inf"))}, "window_s must be two numbers of seconds"),
        ({"window_s": (0,)}, "window_s must be two numbers of seconds"),
        ({"window_s": 60}, "window_s must be two numbers of seconds"),
        ({"pick": "any"}, "pick must be one of first, last, got 'any'"),
        ({"absence": "zero"}, "absence must be one of negative, missing, exclude, got 'zero'"),
        ({"negative": None}, "negative must be a number or a text, got None"),
        ({"name": ""}, "name must be a non-empty text, got ''"),
        ({"value": 3}, "value must name a column of the outcomes, got 3"),
    ],
)
def test_wrong_label_names_the_value_it_got(change: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as raised:
        Label(**{"name": "yes", "value": "yes", **change})
    assert told in str(raised.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(UsageError, match=r"(?s)keys.*lateness_s.*buckets.*as_of"):
        LabelSpec(**{**GOOD, "keys": (), "lateness_s": -1, "buckets": 0, "as_of": ""})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "a label spec must be JSON"),
        ("[]", "a LabelSpec must be a JSON object"),
        ('{"keyz": ["id"]}', "a LabelSpec has no keyz; it has: keys, event_time"),
        ('{"keys": ["id"]}', "missing 4 required keyword-only arguments"),
        (json.dumps({"labels": [{"nam": "x"}]}), "a Label has no nam; it has: name, value"),
        (json.dumps({"labels": [3]}), "a Label must be a JSON object, got 3"),
    ],
)
def test_wrong_json_is_told_by_field(text: str, told: str) -> None:
    with pytest.raises(UsageError) as raised:
        LabelSpec.from_json(text)
    assert told in str(raised.value)
