"""Plain data become a spec, or an error that names every fault by its path: of all specs that there are."""

from __future__ import annotations

import copy
import json
import pickle
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.settings import SettingsError, Spec
from headrace.errors import UsageError
from headrace.ingest import (
    DatabaseSource,
    Field,
    IngestSpec,
    RecordSpec,
    Source,
    SourceHealth,
    SpanRange,
    TimeRange,
    TimeSplits,
)
from headrace.labels import Label, LabelSpec, OutcomeSource
from headrace.point_in_time import Aggregate, AsOfTable, EventStream, PointInTimeSpec, Where
from headrace.schema import Check, Declarations, Feature
from headrace.schema import Rule as SchemaRule
from headrace.schema.declarations import RowLimits
from headrace.skew import Rule, SkewPolicy
from headrace.skew.pairs import FeatureSkewSpec, Tolerance
from headrace.skew.shift import ShiftSpec
from headrace.stats import MutualInformation, Override, Slice, StatsSpec

FIELD = {"name": "pace", "kind": "quantity", "unit": "m", "minimum": 0, "missing": ["", "-"], "zero_is_missing": True}
RECORD = {"fields": [FIELD, {"name": "at", "kind": "timestamp", "required": True}], "unknown": "keep"}
DATABASE = {"name": "db", "uri": "sqlite:///runs.db", "query": ["SELECT 1", "SELECT 2"], "partition_by": "id"}
SOURCE = {"name": "app", "pattern": ["logs/{SPAN}/*.csv"], "spans": {"start": 3, "end": 5}, "dialect": "fluentd"}
BETWEEN = {"field": "at", "start": "2026-03-01", "end": "2026-03-02T00:00:00+01:00"}
BY_TIME = {"field": "at", "borders": ["2026-03-01T12:00:00Z"]}
HEALTH = {"expected_rows": 10, "time_field": "at", "max_gap_s": 60, "max_null_share": {"*": 0.1}}
LABEL = {"name": "far", "source": "runs", "value": "km", "window": [0, "1mo"], "pick": "sum", "early": True}
OUTCOMES = {"name": "runs", "outcome_time": "ended", "keys": {"id": "run"}, "clock_skew": "5s"}
WHERE = {"column": "done", "values": [1, "yes", True]}
AGGREGATE = {"name": "km_7d", "function": "sum", "value": "km", "window": "7d", "where": [WHERE], "empty": "zero"}
FACTS = {"kind": "as_of", "name": "people", "keys": ["who"], "time": "since", "features": {"town": "city"}, "ttl": 60}
STREAM = {"kind": "stream", "name": "runs", "keys": {"who": "runner"}, "time": "at", "aggregates": [AGGREGATE]}
FEATURE = {"type": "INT", "range": [30, None], "presence": 0.9, "values": [1, 2], "drift": {"jensen_shannon": 0.1}}
CHECK = {"code": "FLOAT_*", "severity": "WARNING", "allowed_share": 0.1}
RULE = {"name": "r", "expression": "a < b", "allowed_share": 0.1}
ROWS = {"at_least": 3, "drift": [0.5, None]}
TOLERANCE = {"relative": 0.1, "decimals": 2}
SLICE = {"by": {"city": ["Oslo", 3], "hour": None}}

EXAMPLES: dict[type[Spec], dict[str, Any]] = {
    Field: FIELD,
    RecordSpec: RECORD,
    DatabaseSource: DATABASE,
    SpanRange: {"start": "2026-03-01", "newest": 2, "gaps": True},
    Source: SOURCE,
    TimeRange: BETWEEN,
    TimeSplits: BY_TIME,
    SourceHealth: HEALTH,
    IngestSpec: {
        "sources": [SOURCE, DATABASE],
        "record": RECORD,
        "key": ["pace"],
        "order_by": "at",
        "between": BETWEEN,
        "splits": {"train": 2, "eval": 1},
        "split_time": BY_TIME,
        "health": {"app": HEALTH},
        "max_reject_share": 0.5,
    },
    Label: LABEL,
    OutcomeSource: OUTCOMES,
    LabelSpec: {
        "keys": ["id"],
        "event_time": "at",
        "labels": [LABEL],
        "as_of": "2026-03-06T00:00:00Z",
        "sources": [OUTCOMES],
        "split_time": BY_TIME,
        "zone": "Europe/Berlin",
        "buckets": 3,
    },
    Where: WHERE,
    Aggregate: AGGREGATE,
    AsOfTable: FACTS,
    EventStream: STREAM,
    PointInTimeSpec: {"event_time": "at", "tables": [FACTS, STREAM], "shards": 2},
    Feature: FEATURE,
    Check: CHECK,
    SchemaRule: RULE,
    RowLimits: ROWS,
    Declarations: {
        "labels": ["y"],
        "features": {"hr": FEATURE},
        "drift": {"linf": 0.1},
        "rows": ROWS,
        "checks": [CHECK],
        "rules": [RULE],
    },
    Rule: {"action": "warn", "code": "LINF*"},
    SkewPolicy: {
        "thresholds": {"linf": 0.1},
        "per_feature": {"b*": {"psi": 2}, "a": {"linf": None}},
        "rules": [{"action": "warn"}],
    },
    Tolerance: TOLERANCE,
    FeatureSkewSpec: {"keys": ["id"], "tolerances": {"b*": TOLERANCE, "a": {}}},
    ShiftSpec: {"labels": ["y"], "ignore": ["*_id"], "rows": 500},
    MutualInformation: {"rows": 100, "categorical": ["hour"]},
    Override: {"top_values": 3, "weight": "w"},
    Slice: SLICE,
    StatsSpec: {
        "slices": ["city", SLICE],
        "label": "y",
        "crosses": [["a", "b"]],
        "mutual_information": {"rows": 100},
        "overrides": {"pace": {"top_values": 3}},
    },
}
KINDS = sorted(EXAMPLES, key=lambda kind: (kind.__module__, kind.__name__))

TEXTS = st.sampled_from(["", "id", "no", "7d", "1mo", "-1h", "2026-03-01", "{DAY+1}T00:00Z", "a/b", "a <", "\x00", "é"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -1, 0, 1, 3, 0.5, 1e300, float("inf"), float("nan")])
    | TEXTS
    | st.text(max_size=5)
)
NAMES = st.sampled_from(sorted({name for example in EXAMPLES.values() for name in example})) | TEXTS
PLAIN = st.recursive(SCALARS, lambda data: st.lists(data, max_size=3) | st.dictionaries(NAMES, data, max_size=4))


def subclasses(kind: type[Spec]) -> Iterator[type[Spec]]:
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def test_every_spec_that_there_is_has_an_example_here() -> None:
    # A class with subclasses is what they share.
    specs = {kind for kind in subclasses(Spec) if not kind.__subclasses__()}
    assert {kind for kind in specs if kind.__module__.startswith("headrace")} == set(EXAMPLES)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_spec_comes_back_equal(kind: type[Spec]) -> None:
    spec = kind.from_settings(EXAMPLES[kind])
    assert kind.from_json(spec.to_json()) == spec
    assert kind.from_json(json.dumps(EXAMPLES[kind])) == spec
    assert kind.from_settings(spec.to_settings(defaults=False)) == spec
    assert kind.from_settings(spec) is spec


def spec_or_refusal(kind: type[Spec], data: Any) -> Spec | SettingsError:
    """No other error comes through."""
    try:
        return kind.from_settings(data)
    except SettingsError as error:
        return error


@examples(2)
@given(kind=st.sampled_from(KINDS), data=PLAIN)
def test_whatever_the_data_there_is_a_spec_or_a_refusal(kind: type[Spec], data: Any) -> None:
    made = spec_or_refusal(kind, data)
    if isinstance(made, SettingsError):
        assert made.faults
        assert str(made).startswith(f"{kind.__name__}: ")
    else:
        assert kind.from_json(made.to_json()) == made


Place = tuple[Any, ...]


def places(data: Any, place: Place = ()) -> Iterator[Place]:
    """Every place in plain data at which something stands, the names and indices that lead to it."""
    items = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*place, key)
        yield from places(value, (*place, key))


def around(place: Place, path: str) -> bool:
    """Whether a fault at `path` is at this place, above it or below it."""
    found = [key.strip("[]'") for key in re.findall(r"\['[^']*'\]|\[\d+\]|[^.\[\]]+", path)]
    return all(str(one) == other for one, other in zip(place, found, strict=False))


@examples(6)
@given(kind=st.sampled_from(KINDS), data=st.data())
def test_one_wrong_setting_is_refused_by_its_path(kind: type[Spec], data: st.DataObject) -> None:
    plain = copy.deepcopy(EXAMPLES[kind])
    place = data.draw(st.sampled_from(sorted(places(plain), key=str)))
    holder: Any = plain
    for key in place[:-1]:
        holder = holder[key]
    change = data.draw(st.sampled_from(["replace", "remove", "rename"]))
    if change == "replace":
        holder[place[-1]] = data.draw(PLAIN)
    else:
        value = holder.pop(place[-1])
        if change == "rename" and isinstance(holder, dict):
            holder[f"{place[-1]}x"] = value
        place = place[:-1]
    made = spec_or_refusal(kind, plain)
    if isinstance(made, SettingsError):
        assert all(around(place, fault.path) for fault in made.faults)
    else:
        assert kind.from_json(made.to_json()) == made


def refused(kind: type[Spec], data: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        kind.from_settings(data)
    return [str(fault) for fault in caught.value.faults]


def test_all_faults_are_named_at_once_at_every_depth() -> None:
    labels = [{"nme": "yes", "windw": 1}, {"name": "no", "window": [0, "soon"], "pick": "best", "early": "no"}]
    outcomes = [{"outcome_time": "then", "keys": {"id": ""}, "same_id": "last"}]
    assert refused(LabelSpec, {"keys": [], "labels": labels, "sources": outcomes, "buckets": 0, "colour": 1}) == [
        "has no 'colour'; it has keys, event_time, labels, as_of, outcome_time, known_at, outcome_id, same_id, "
        "clock_skew, sources, times, matured_after, as_of_column, lateness, zone, early_column, splits, split_by, "
        "split_time, buckets, alarm_orphan_share, alarm_late_share, min_coverage",
        "keys: expected at least one, got []",
        "event_time: is missing, expected a name",
        "labels[0]: has no 'nme'; did you mean 'name'?",
        "labels[0]: has no 'windw'; did you mean 'window'?",
        "labels[0].name: is missing, expected a name",
        "labels[1].window[1]: expected seconds, or a text such as '90m', '7d' or '1mo2d12h', within "
        "±100,000,000,000 s, got 'soon'",
        "labels[1].pick: expected one of first, last, priority, count, sum, mean, min, max, any, got 'best'",
        "labels[1].early: expected true or false, got 'no'",
        "as_of: is missing, expected a time in ISO 8601 with an offset or a list (each: a time in ISO 8601 with an "
        "offset)",
        "sources[0].keys['id']: expected a name, got ''",
        "sources[0].same_id: expected one of first, latest, got 'last'",
        "buckets: expected a whole number from 1 to 10,000, got 0",
    ]


def test_faults_of_settings_together_carry_the_path_of_their_spec() -> None:
    labels = [LABEL, {"name": "y", "value": "v", "ordinal": True}]
    data = {"keys": ["id"], "event_time": "at", "labels": labels, "as_of": "2026-03-06T00:00:00Z"}
    assert refused(LabelSpec, data) == ["labels[1]: ordinal needs an order: the values, lowest first"]


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (FeatureSkewSpec, '{"keys":5}', "keys: expected a list (each: a name), got 5"),
        (ShiftSpec, '{"labels":["y"],"features":3}', "features: expected a list (each: a name), got 3"),
        (ShiftSpec, '{"labels":["y"],"feature":3}', "has no 'feature'; did you mean 'features'?"),
        (FeatureSkewSpec, '{"keys":["a"],"sample":3}', "has no 'sample'; did you mean 'samples'?"),
        (SkewPolicy, '{"min_row":3}', "has no 'min_row'; did you mean 'min_rows'?"),
        (LabelSpec, '{"keys":["a"]}', "as_of: is missing, expected a time in ISO 8601"),
        (StatsSpec, '{"sample_rate": null}', "sample_rate: expected a share above 0 and at most 1, got None"),
        (Field, '{"name":"a","kind":"float","minimum":NaN}', "minimum: expected a number or null, got nan"),
        (SkewPolicy, '{"ignore": null}', "ignore: expected a list (each: a text), got None"),
        (IngestSpec, "[" * 100_000, "IngestSpec: expected JSON"),
    ],
)
def test_no_type_error_comes_through(kind: type[Spec], text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        kind.from_json(text)
    assert words in str(caught.value)


def test_one_text_is_a_list_of_one_and_never_of_its_letters() -> None:
    assert ShiftSpec.from_settings({"labels": "accepted"}).labels == ("accepted",)


def test_no_secret_is_repeated() -> None:
    secret = "hunter2"
    for data in (
        {"sources": f"postgresql://me:{secret}@db/runs"},
        {"sources": [{"name": "db", "uri": {"password": secret}, "query": "q"}]},
        {"sources": [{"name": "db", "uri": f"mysql://me:{secret}@db", "query": "q", "password_env": f"{secret}!"}]},
        {"sources": [{"name": "db", "uri": "sqlite:///a", "query": "q", "password": secret}]},
        {"sources": {"name": "db", "password": secret}},
        {"sources": [], "earlier_ledger": [f"s3://me:{secret}@store/ledger.json"]},
    ):
        assert secret not in "; ".join(refused(IngestSpec, data))
    with pytest.raises(UsageError) as caught:
        IngestSpec.from_json(f'{{"uri": "postgresql://me:{secret}@db/runs"')
    assert secret not in str(caught.value)


def test_an_error_travels_between_processes_with_its_faults() -> None:
    with pytest.raises(SettingsError) as caught:
        ShiftSpec.from_settings({"labels": [], "rows": 3})
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.faults) == (str(caught.value), caught.value.faults)


def test_many_faults_are_counted_and_not_all_listed() -> None:
    with pytest.raises(SettingsError, match=r"; and 950 more$") as caught:
        ShiftSpec.from_settings({"labels": [1] * 1_000})
    assert len(caught.value.faults) == 1_000
