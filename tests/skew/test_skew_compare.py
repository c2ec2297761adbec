import json
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from headrace.skew import (
    FeatureProfile,
    Finding,
    Profile,
    Rule,
    SkewPolicy,
    Verdict,
    compare,
    from_schema_faults,
    profile_slices,
    profile_table,
)

N = 2000


def table(seed=0, rows=N, **columns):
    rng = np.random.default_rng(seed)
    plain = {
        "elevation": rng.lognormal(6, 0.5, rows),
        "heart_rate": rng.normal(150, 15, rows),
        "daypart": rng.choice(["morning", "evening"], rows),
        "source": rng.choice(["phone", "watch", "partner"], rows),
    }
    return pa.table({**plain, **columns})


def found(before, now, policy=None, **options):
    sides = [side if isinstance(side, (dict, Profile)) else profile_table(side) for side in (before, now)]
    return compare(*sides, policy, **options)


def alarms(findings):
    return {(f.feature, f.code, f.slice) for f in findings if f.alarm}


def the(findings, code, feature=None):
    return next(f for f in findings if f.code == code and feature in (None, f.feature))


def test_two_ordinary_days_raise_no_alarm_and_every_feature_is_named():
    findings = found(table(1), table(2))
    assert not alarms(findings)
    assert {f.feature for f in findings} == {"", "elevation", "heart_rate", "daypart", "source"}
    assert all(f.reason for f in findings)


def test_a_change_of_unit_is_named():
    now = table(2)
    in_metres = now.set_column(0, "elevation", pa.array(now["elevation"].to_numpy() * 0.3048))
    finding = the(found(table(1), in_metres), "JENSEN_SHANNON_HIGH", "elevation")
    assert finding.alarm
    assert finding.hint == "looks like a change of unit: x0.3048 (feet -> metres)"


def test_zeros_that_appear_are_named():
    now = table(2)
    rate = now["heart_rate"].to_numpy().copy()
    rate[: int(0.12 * N)] = 0
    finding = the(found(table(1), now.set_column(1, "heart_rate", pa.array(rate))), "JENSEN_SHANNON_HIGH", "heart_rate")
    assert finding.alarm
    assert finding.hint == "zeros went from 0.0 % to 12.0 % of rows"


def test_a_new_category_is_named():
    now = table(2, daypart=pa.array(["night"] * 300 + ["morning"] * 850 + ["evening"] * 850))
    finding = the(found(table(1), now), "LINF_HIGH", "daypart")
    assert finding.alarm
    assert "'night' went from 0.0 % to 15.0 % of rows" in finding.reason


def test_categories_that_were_all_renamed_are_found_though_each_is_rare():
    words = np.random.default_rng(0).integers(0, 200, (2, N)).astype(str)
    before, now = pa.table({"x": words[0]}), pa.table({"x": np.char.add("new ", words[1])})
    assert alarms(found(before, now)) == {("x", "NEW_VALUES", "")}


def test_missing_values_and_blank_columns_are_found():
    half = pa.array([None, 1.5] * (N // 2))
    blank = pa.nulls(N, pa.float64())
    findings = found(table(1, a=half, b=blank, c=blank), table(2, a=pa.array(np.full(N, 1.5)), b=half, c=blank))
    assert {("a", "MISSING_SHARE", ""), ("b", "MISSING_SHARE", "")} <= alarms(findings)
    assert the(findings, "MISSING_SHARE", "b").hint == "it was blank before"
    assert "nothing to compare" in the(findings, "MISSING_SHARE", "c").reason
    assert not the(findings, "MISSING_SHARE", "c").alarm


def test_features_that_came_or_went_are_alarms():
    assert alarms(found(table(1, old=pa.array(range(N))), table(2, new=pa.array(range(N))))) == {
        ("old", "FEATURE_MISSING", ""),
        ("new", "FEATURE_NEW", ""),
    }


def test_numbers_that_come_as_text_are_a_change_of_type_and_compared_all_the_same():
    now = table(2)
    as_text = now.set_column(0, "elevation", pa.array(now["elevation"].to_numpy().astype(str)))
    findings = found(table(1), as_text)
    assert alarms(findings) == {("elevation", "TYPE_CHANGED", "")}
    assert the(findings, "JENSEN_SHANNON_HIGH", "elevation").distance < 0.02


def test_a_declared_threshold_goes_before_the_policys():
    findings = found(table(1), table(2, daypart=pa.array(["morning"] * 1100 + ["evening"] * 900)))
    assert not the(findings, "LINF_HIGH", "daypart").alarm or the(findings, "LINF_HIGH", "daypart").distance > 0.05
    strict = {"daypart": {"linf": 0.001}, "heart_rate": {"linf": 0.0}}
    findings = found(table(1), table(2), thresholds=strict)
    assert the(findings, "LINF_HIGH", "daypart").threshold == 0.001
    # On numbers it is measured between the distribution functions.
    assert the(findings, "DISTRIBUTION_FUNCTION_HIGH", "heart_rate").threshold == 0.0


@pytest.mark.parametrize(
    "declared",
    [
        {"nowhere": {"linf": 0.1}},
        {"heart_rate": {"normalized_absolute_difference": 0.1}},
        {"blank": {"jensen_shannon": 0.1}},
    ],
)
def test_a_declared_check_that_cannot_be_done_is_an_alarm(declared):
    blank = pa.nulls(N, pa.float64())
    findings = found(table(1, blank=blank), table(2, blank=blank), thresholds=declared)
    assert {code for _, code, _ in alarms(findings)} == {"NOT_COMPARABLE"}


def test_rows_that_halved_in_one_slice_are_found_there():
    before = table(1)
    now = table(2).slice(0)
    phone = np.flatnonzero(np.array(now["source"].to_pylist()) == "phone")
    now = now.take(np.setdiff1d(np.arange(N), phone[: int(0.6 * len(phone))]))
    sides = [profile_slices(t, ["source"]) for t in (before, now)]
    findings = found(*sides)
    assert ("", "ROWS_LOW", "source=phone") in alarms(findings)
    assert not any(f.alarm and f.code.startswith("ROWS") and not f.slice for f in findings)


def test_a_slice_that_only_repeats_the_whole_is_folded_into_it():
    now = table(2)
    shifted = now.set_column(1, "heart_rate", pa.array(now["heart_rate"].to_numpy() + 15))
    findings = found(*(profile_slices(t, ["source"]) for t in (table(1), shifted)))
    of_rate = [f for f in findings if f.feature == "heart_rate" and f.alarm]
    assert {f.slice for f in of_rate} == {""}
    assert all("strongest in source=" in f.reason for f in of_rate if f.measure == "kolmogorov_smirnov")
    assert any("as in the whole data" in f.reason for f in findings if f.slice)


def test_a_drift_in_one_slice_only_is_found_in_that_slice():
    now = table(2)
    rate = now["heart_rate"].to_numpy().copy()
    partner = np.array(now["source"].to_pylist()) == "partner"
    rate[partner] += 20
    now = now.set_column(1, "heart_rate", pa.array(rate))
    findings = found(*(profile_slices(t, ["source"]) for t in (table(1), now)))
    drifted = {f.slice for f in findings if f.alarm and f.feature == "heart_rate"}
    assert "source=partner" in drifted
    assert not drifted & {"source=phone", "source=watch"}


def test_too_few_rows_are_said_and_block_only_for_the_whole():
    small = table(1, rows=50)
    assert alarms(found(small, small)) == {("", "TOO_FEW_ROWS", "")}
    slices = {"": profile_table(table(1)), "a": profile_table(small)}
    findings = found(slices, slices)
    assert not alarms(findings)
    assert the([f for f in findings if f.slice == "a"], "TOO_FEW_ROWS")


def test_nearly_unique_text_is_compared_for_presence_only_and_said_so():
    findings = found(table(1, bib=[f"b{i}" for i in range(N)]), table(2, bib=[f"c{i}" for i in range(N)]))
    assert not alarms(findings)
    assert "nearly unique" in the(findings, "IDENTIFIER", "bib").reason


def test_ignored_features_are_said_to_be_ignored():
    findings = found(table(1, x=[0] * N), table(2, x=[1] * N), SkewPolicy(ignore=("x*",)))
    assert not alarms(findings)
    assert the(findings, "IGNORED", "x")


def test_identical_data_has_distance_zero_everywhere():
    for finding in found(table(1), table(1)):
        assert finding.distance in (None, 0.0) or finding.measure == "rows_ratio"


def test_values_that_were_not_counted_are_not_comparable():
    feature = FeatureProfile(kind="categorical", rows=500, cut_rows=500, cut_count=500)
    profile = Profile(name="", rows=500, features={"raw": feature})
    assert alarms(found(profile, profile)) == {("raw", "NOT_COMPARABLE", "")}


def test_skew_speaks_of_training_and_serving():
    now = table(2, daypart=["evening"] * N)
    finding = the(found(table(1), now, comparison="skew"), "LINF_HIGH", "daypart")
    assert "in training" in finding.reason
    assert "in serving" in finding.reason


def test_verdict_is_blessed_only_without_alarms_and_survives_json():
    quiet, loud = Finding(feature="a", code="LINF_HIGH"), Finding(feature="b", code="LINF_HIGH", alarm=True)
    assert Verdict(findings=[quiet]).blessed == 1
    verdict = Verdict(name="v", findings=[quiet, loud])
    assert verdict.blessed == 0
    assert [f.feature for f in verdict.findings] == ["b", "a"]
    assert Verdict.from_json(verdict.to_json()) == verdict
    assert json.loads(verdict.to_json())["blessed"] == 0


def test_only_schema_faults_that_are_errors_are_alarms():
    faults = [
        SimpleNamespace(feature="a", code="UNEXPECTED_DATA_TYPE", words="int, not float", severity="ERROR"),
        SimpleNamespace(feature="b", code="SCHEMA_NEW_COLUMN", words="new", severity="WARNING"),
    ]
    assert [f.alarm for f in from_schema_faults(faults)] == [True, False]


UNIQUE = np.random.default_rng(7).choice(10**7, N, replace=False)


@pytest.mark.parametrize("now", [UNIQUE * 100, np.zeros(N, dtype=np.int64)], ids=["x100", "zeros"])
def test_whole_numbers_that_all_differ_are_compared_as_numbers(now):
    findings = found(table(1, cents=UNIQUE), table(2, cents=now))
    assert ("cents", "DISTRIBUTION_FUNCTION_HIGH", "") in alarms(findings)


def test_a_running_number_is_an_identifier_only_if_it_runs_on_both_sides():
    runs = np.random.default_rng(0).permutation(N)
    findings = found(table(1, n=runs), table(2, n=runs + 10 * N))
    assert not alarms(findings)
    assert "running number" in the(findings, "IDENTIFIER", "n").reason
    assert ("n", "JENSEN_SHANNON_HIGH", "") in alarms(found(table(1, n=runs), table(2, n=runs * 100)))


def test_unique_text_that_collapses_to_two_values_is_an_alarm():
    before, now = table(1, key=[f"k{i}" for i in range(N)]), table(2, key=["k1", "k2"] * (N // 2))
    repeats = the(found(before, now), "IDENTIFIER_REPEATS", "key")
    assert repeats.alarm
    assert "100.0 % to 0.1 %" in repeats.reason
    back = found(now, before)
    assert "nearly unique now, and not before" in the(back, "IDENTIFIER_NEW", "key").reason
    assert ("key", "NEW_VALUES", "") in alarms(back)


def test_text_that_is_unique_in_some_more_rows_than_before_is_still_an_identifier():
    # Both are drawn from one pool: more rows of it repeat more.
    draw = np.random.default_rng(3).integers(0, 40_000, 12_000).astype(str)
    findings = found(pa.table({"key": draw[:2000]}), pa.table({"key": draw[2000:]}), SkewPolicy(rows_ratio=None))
    assert not alarms(findings)
    assert the(findings, "IDENTIFIER", "key")
    assert not the(findings, "IDENTIFIER_REPEATS", "key").alarm


def test_thresholds_go_by_feature_then_by_schema_then_by_default():
    declared = {"daypart": {"linf": 0.2}, "source": {"linf": 0.3}, "heart_rate": {"linf": 0.4}}
    policy = SkewPolicy(per_feature={"day*": {"linf": 0.7}, "heart_rate": {"kolmogorov_smirnov": None}})
    findings = found(
        table(1, plain=["a", "b"] * (N // 2)), table(2, plain=["a", "b"] * (N // 2)), policy, thresholds=declared
    )
    linf = {f.feature: f.threshold for f in findings if f.measure == "linf"}
    assert linf == {"daypart": 0.7, "source": 0.3, "plain": 0.05}
    assert the(findings, "DISTRIBUTION_FUNCTION_HIGH", "heart_rate").threshold is None


def test_names_that_differ_by_blanks_or_case_only_are_told():
    findings = found(table(1, Net=pa.array(range(N))), table(2, **{"net ": pa.array(range(N))}))
    hint = the(findings, "FEATURE_MISSING", "Net").hint
    assert hint == "'net ' now differs from 'Net' by blanks or case only"
    assert "'Net' before" in the(findings, "FEATURE_NEW", "net ").hint
    assert not the(found(table(1, a=[0] * N), table(2, b=[0] * N)), "FEATURE_MISSING").hint


def test_a_finding_that_tells_nothing_does_not_read_ok():
    words = {code: Finding(feature="a", code=code).verdict for code in ("TOO_FEW_ROWS", "IDENTIFIER", "IGNORED")}
    assert set(words.values()) == {"not checked"}
    assert Finding(feature="", code="TOO_FEW_ROWS", alarm=True).verdict == "alarm"
    assert Finding(feature="a", code="LINF_HIGH", distance=0.0, threshold=0.1).verdict == "ok"


def test_a_split_is_named_and_survives_json():
    verdict = Verdict(findings=[Finding(feature="a", code="LINF_HIGH", split="eval", reason="why")])
    assert str(verdict.findings[0]) == "a (split eval): LINF_HIGH: why"
    assert Verdict.from_json(verdict.to_json()) == verdict


def test_lists_are_compared_by_their_values_and_by_how_many_there_are():
    rng = np.random.default_rng(0)
    before = pa.table({"tags": [["a", "b"][: 1 + i % 2] for i in range(N)]})
    now = pa.table({"tags": [["a", "b", "a", "b"][: 1 + i % 4] for i in rng.permutation(N)]})
    assert not alarms(found(before, before.take(rng.permutation(N))))
    finding = the(found(before, now), "LIST_LENGTH", "tags")
    assert finding.alarm
    assert finding.distance == pytest.approx(0.5)
    assert finding.reason == "100.0 % of rows before have 2 values or fewer, 50.0 % now"
    one = the(found(pa.table({"tags": ["a"] * N}), now), "LIST_LENGTH", "tags")
    assert one.distance == pytest.approx(0.75)


def test_normalized_absolute_difference_sees_rows_that_are_gone_where_shares_do_not():
    before, now = pa.table({"x": ["a", "b"] * N}), pa.table({"x": ["a", "b"] * (N // 2)})
    policy = SkewPolicy(rows_ratio=None, thresholds={"normalized_absolute_difference": 0.1})
    assert alarms(found(before, now, policy)) == {("x", "NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH", "")}
    declared = {"x": {"normalized_absolute_difference": 0.1, "linf": 0.3}}
    findings = found(before, now, SkewPolicy(rows_ratio=None), thresholds=declared)
    assert alarms(findings) == {("x", "NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH", "")}
    assert the(findings, "LINF_HIGH", "x").threshold == 0.3


RULED = [
    ((), {"alarm"}),
    ((Rule(action="warn", code="LINF_HIGH"),), {"warning"}),
    ((Rule(action="ignore", feature="day*"),), {"ok"}),
    ((Rule(action="ignore", feature="day*", slice="source=*"),), {"alarm"}),
    ((Rule(action="block", slice=""), Rule(action="ignore")), {"alarm"}),
    ((Rule(action="ignore", comparison="skew"), Rule(action="warn", comparison="drift")), {"warning"}),
]


@pytest.mark.parametrize(("rules", "words"), RULED)
def test_the_first_rule_that_fits_decides_what_an_alarm_comes_to(rules, words):
    findings = found(table(1), table(2, daypart=["evening"] * N), SkewPolicy(rules=rules))
    linf = the(findings, "LINF_HIGH", "daypart")
    assert {linf.verdict} == words
    assert Verdict(findings=[linf]).blessed == (words != {"alarm"})
    assert ("as the policy says" in linf.reason) == (words == {"ok"})
    assert linf.distance > linf.threshold
