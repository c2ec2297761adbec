"""Types of columns in the schema, and what the check makes of them: times go on, identifiers differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("tensorflow_data_validation")

from headrace.examples.layout import to_features, write_parquet
from headrace.report import to_json
from headrace.schema import Declarations, Feature, curate
from headrace.schema.column_types import apply_types, types_in
from headrace.schema.declare import declare
from headrace.skew import ShiftSpec, SkewPolicy
from headrace.skew.examples import Shards, check_examples
from headrace.skew.run import check
from headrace.stats import statistics
from headrace.values import ColumnType, declared, epoch

pytestmark = pytest.mark.tfx

DAY_US = 86_400_000_000
START_US = 1_772_496_000_000_000  # 2026-03-03
TYPES = {"at": epoch("us"), "far": declared("quantity in km"), "user": declared("identifier")}
ROWS = 500


def rows(day: int = 0, *, blanks: int = 0, users: int = ROWS, shift_us: int = 0) -> pa.Table:
    """The rows of a day; `blanks` of its times are missing, and it has so many `users`."""
    chance = np.random.default_rng(day)
    at = START_US + day * DAY_US + shift_us + chance.integers(0, DAY_US, ROWS)
    return pa.table(
        {
            "at": pa.array(at, mask=np.arange(ROWS) < blanks),
            "far": chance.normal(10, 2, ROWS),
            "user": [f"u{day}-{n % users}" for n in range(ROWS)],
            "empty": pa.array([None] * ROWS, pa.string()),
        }
    )


def of(table: pa.Table) -> Any:
    return statistics(to_features(table))


def schema_of(types: dict[str, ColumnType] = TYPES, before: Any = None, **settings: Any) -> Any:
    return curate(of(rows()), Declarations.from_settings(settings), before, types).schema


def feature(schema: Any, name: str) -> Any:
    (found,) = [one for one in schema.feature if one.name == name]
    return found


def checked(now: pa.Table, schema: Any | None = None, policy: SkewPolicy | None = None) -> list[Any]:
    found = check(
        statistics=of(now), baseline=of(rows()), schema=schema_of() if schema is None else schema, policy=policy
    )
    return list(found.verdict.findings)


def codes(findings: list[Any], name: str, *, alarms: bool = False) -> set[str]:
    return {one.code for one in findings if one.feature == name and (one.alarm or not alarms)}


def test_a_time_a_unit_and_an_identifier_are_declared_and_read_back() -> None:
    schema = schema_of()
    at = feature(schema, "at")
    assert at.time_domain.integer_format == at.time_domain.UNIX_MICROSECONDS
    assert "unit: km" in feature(schema, "far").annotation.tag
    assert "identifier" in feature(schema, "user").annotation.tag
    assert types_in(schema) == TYPES
    for name in ("at", "user"):
        assert not feature(schema, name).HasField("drift_comparator")
        assert not feature(schema, name).HasField("skew_comparator")


@pytest.mark.parametrize("resolution", ["s", "ms", "us", "ns"])
def test_what_a_time_counts_is_kept(resolution: Any) -> None:
    assert types_in(schema_of({"at": epoch(resolution)})) == {"at": epoch(resolution)}


def test_applying_types_again_changes_nothing() -> None:
    schema = schema_of()
    once = schema.SerializeToString(deterministic=True)
    apply_types(schema, TYPES)
    declare(schema, Declarations())
    assert schema.SerializeToString(deterministic=True) == once


def test_what_people_declare_takes_precedence() -> None:
    features = {"at": {"semantic": "time", "format": "UNIX_SECONDS", "drift": 0.3}, "far": {"unit": "mi"}}
    schema = schema_of(features=features)
    assert types_in(schema)["at"] == epoch("s")
    assert types_in(schema)["far"] == declared("quantity in mi")
    assert feature(schema, "at").drift_comparator.jensen_shannon_divergence.threshold == 0.3


@pytest.mark.parametrize("policy", ["freeze", "widen", "propose"])
def test_a_schema_of_before_learns_the_types_and_loses_the_thresholds_of_all_features(policy: str) -> None:
    before = schema_of({})
    assert feature(before, "at").HasField("drift_comparator")
    after = schema_of(before=before, policy=policy)
    assert types_in(after) == TYPES
    assert not feature(after, "at").HasField("drift_comparator")
    assert not feature(after, "user").HasField("skew_comparator")


@pytest.mark.parametrize("policy", ["freeze", "widen", "propose"])
def test_a_threshold_that_a_person_edited_in_the_schema_stays(policy: str) -> None:
    before = schema_of({})
    feature(before, "at").drift_comparator.jensen_shannon_divergence.threshold = 0.2
    after = schema_of(before=before, policy=policy)
    assert feature(after, "at").drift_comparator.jensen_shannon_divergence.threshold == 0.2


def test_the_next_day_of_times_and_identifiers_is_no_drift_and_says_why() -> None:
    findings = checked(rows(1))
    assert not [one for one in findings if one.alarm or one.warning]
    (why,) = [one for one in findings if one.feature == "at" and one.code == "NOT_JUDGED"]
    assert "a time, 2026-03-03T" in why.reason
    assert " and 2026-03-04T" in why.reason
    assert codes(findings, "user") == {"MISSING_SHARE", "NOT_JUDGED"}
    assert "KOLMOGOROV" not in str(codes(findings, "at"))


@pytest.mark.parametrize("feature_name", ["at", "user"])
def test_blanks_are_judged_all_the_same(feature_name: str) -> None:
    now = rows(1)
    place = now.column_names.index(feature_name)
    column = now.column(feature_name).to_pylist()
    now = now.set_column(place, feature_name, pa.array([None] * 100 + column[100:]))
    assert codes(checked(now), feature_name, alarms=True) >= {"MISSING_SHARE"}


def test_identifiers_that_repeat_are_an_alarm() -> None:
    findings = checked(rows(1, users=ROWS // 2))
    assert codes(findings, "user", alarms=True) == {"IDENTIFIER_REPEATS"}


@pytest.mark.parametrize("threshold", ["in the schema", "in the policy"])
def test_a_declared_threshold_turns_the_distribution_on(threshold: str) -> None:
    if threshold == "in the schema":
        findings = checked(rows(1), schema_of(features={"at": Feature(drift=0.1).to_settings(defaults=False)}))
        assert codes(findings, "at", alarms=True) == {"JENSEN_SHANNON_HIGH"}
    else:
        policy = SkewPolicy(per_feature={"at": {"kolmogorov_smirnov": 0.2}})
        findings = checked(rows(1), policy=policy)
        assert codes(findings, "at", alarms=True) == {"DISTRIBUTION_FUNCTION_HIGH"}
        (alarm,) = [one for one in findings if one.alarm]
        assert "2026-03-0" in alarm.reason
    assert not codes(findings, "at") & {"NOT_JUDGED"}


def test_a_column_that_is_blank_on_both_sides_does_not_block_unless_a_person_asks() -> None:
    assert not codes(checked(rows(1)), "empty", alarms=True)
    asked = schema_of(features={"empty": {"drift": 0.1}})
    assert codes(checked(rows(1), asked), "empty", alarms=True) == {"NOT_COMPARABLE"}


@pytest.mark.parametrize("comparison", ["drift", "skew"])
def test_only_thresholds_that_a_person_declared_are_missed(comparison: str) -> None:
    def missed(schema: Any) -> set[str]:
        found = check(statistics=of(rows()), schema=schema).verdict
        return {one.feature for one in found.warnings if one.comparison == comparison}

    assert not missed(schema_of())
    assert not missed(schema_of(**{comparison: 0.2}))
    assert missed(schema_of(features={"far": {comparison: 0.1}})) == {"far"}
    edited = schema_of()
    getattr(feature(edited, "far"), f"{comparison}_comparator").jensen_shannon_divergence.threshold = 0.4
    assert missed(edited) == {"far"}


def test_the_thresholds_of_all_features_still_judge() -> None:
    now = rows(1)
    now = now.set_column(1, "far", pa.array(np.random.default_rng(5).normal(10.7, 2, ROWS)))
    assert not codes(checked(now, schema_of(drift=0.9)), "far", alarms=True) & {"JENSEN_SHANNON_HIGH"}
    assert codes(checked(now, schema_of(drift=0.01)), "far", alarms=True) >= {"JENSEN_SHANNON_HIGH"}


def test_the_report_shows_times_as_dates() -> None:
    found = check(statistics=of(rows(1)), baseline=of(rows()), schema=schema_of())
    page = to_json({"all": found})
    assert "2026-03-04T" in page
    assert "1.77" not in page


def keyed(keys: list[int], kind: str = "integer") -> tuple[Any, dict[str, ColumnType]]:
    return of(pa.table({"key": keys, "x": np.random.default_rng(3).normal(0, 1, len(keys))})), {"key": declared(kind)}


@pytest.mark.parametrize("kind", ["integer", "identifier"])
@pytest.mark.parametrize("count", [500, 40_000])
@pytest.mark.parametrize("first", [7, 10**12])
def test_whole_numbers_of_which_every_value_comes_twice_now_alarm_as_text_does(
    kind: str, count: int, first: int
) -> None:
    before, types = keyed([first + n for n in range(count)], kind)
    schema = curate(before, Declarations(), None, types).schema
    ordinary, _ = keyed([first + count + n for n in range(count)], kind)
    twice, _ = keyed([first + count + n // 2 for n in range(count)], kind)
    for past in ({"baseline": before}, {"history": [before]}):
        for now, expected in ((ordinary, set()), (twice, {"IDENTIFIER_REPEATS"})):
            found = check(statistics=now, schema=schema, **past).verdict.findings
            assert codes(list(found), "key", alarms=True) & {"IDENTIFIER_REPEATS"} == expected
            if now is ordinary:
                assert not [one for one in found if one.alarm]


def test_what_kind_of_shift_it_is_is_not_told_by_times_and_identifiers_unless_they_are_named(tmp_path: Any) -> None:
    paths = []
    for day in (0, 1):
        table = rows(day).append_column("label", pa.array(np.random.default_rng(day + 9).integers(0, 2, ROWS)))
        paths.append(str(tmp_path / f"{day}.parquet"))
        write_parquet(table.drop(["empty"]), paths[-1])
    shards = Shards(training=[paths[1]], baseline=[paths[0]])

    def shifts(**settings: Any) -> set[str]:
        spec = ShiftSpec(labels=("label",), **settings)
        found, _ = check_examples(shards, SkewPolicy(), shift=spec, types=types_in(schema_of()))
        return {one.code for one in found if one.alarm}

    assert shifts() == set()
    assert shifts(features=("far", "at")) == {"COVARIATE_SHIFT"}


def test_a_span_that_is_not_newer_is_a_warning_and_dates_of_birth_are_not() -> None:
    def born(day: int) -> pa.Table:
        chance = np.random.default_rng(day)
        return rows(day).set_column(0, "at", pa.array(chance.integers(-(10**15), 10**15, ROWS)))

    def warned(now: pa.Table, before: pa.Table) -> list[str]:
        found = check(statistics=of(now), baseline=of(before), schema=schema_of()).verdict
        assert found.blessed
        return [str(one) for one in found.warnings]

    (stale,) = warned(rows(0), rows(0))
    assert "at: NOT_NEWER: nothing is newer than 2026-03-03T23:" in stale
    assert warned(rows(1), rows(0)) == []
    (older,) = warned(rows(0), rows(1))
    assert "the last now is 2026-03-03T23:" in older
    assert warned(born(1), born(2)) == warned(born(2), born(1)) == []
