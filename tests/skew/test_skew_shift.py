"""Kinds of shift are told apart on data whose shift is known."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("sklearn")

from headrace.errors import UsageError
from headrace.skew import FeatureProfile, Profile, SkewPolicy, profile_table
from headrace.skew.shift import ShiftSpec, describe_change, detect_shift, pooled

SPEC = ShiftSpec(labels=("y",), ignore=("*_id",))
N = 4000
DAYPARTS = np.array(["morning", "noon", "evening"])


def chances(age, daypart, evening=0.6):
    return np.select([daypart == "evening", age > 50], [evening, 0.3], 0.5)


def table(seed, rows=N, *, old=0.3, evening=0.6, kind="boolean"):
    rng = np.random.default_rng(seed)
    age = np.where(rng.random(rows) < old, rng.integers(51, 90, rows), rng.integers(18, 51, rows))
    daypart = rng.choice(DAYPARTS, rows)
    y = rng.random(rows) < chances(age, daypart, evening)
    labels = {
        "boolean": y,
        "text": np.where(y, "yes", rng.choice(["no", "later"], rows)),
        "number": y * 2.0 + rng.normal(size=rows),
    }
    return pa.table(
        {
            "runner_id": np.arange(rows),
            "age": age,
            "daypart": daypart,
            "pace": rng.normal(5, 1, rows),
            "y": labels[kind],
        }
    )


def ill(seed, share, rows=N):
    """Signs x of an illness y: P(x|y) is one and the same, whatever the share of the ill."""
    rng = np.random.default_rng(seed)
    y = rng.random(rows) < share
    return pa.table(
        {"fever": rng.normal(37 + y * 1.5, 0.5), "cough": np.where(rng.random(rows) < 0.2 + 0.6 * y, "y", "n"), "y": y}
    )


def alarms(findings):
    return {f.code for f in findings if f.alarm}


@pytest.mark.parametrize("seed", range(3))
def test_two_samples_of_one_population_show_no_shift(seed):
    kind = ("boolean", "text", "number")[seed % 3]
    findings = detect_shift(table(seed, kind=kind), table(seed + 100, kind=kind), SPEC, SkewPolicy(level=0.01))
    assert alarms(findings) == set()
    assert {f.code for f in findings} == {"COVARIATE_SHIFT", "LABEL_SHIFT", "CONCEPT_SHIFT"}


def test_other_people_who_answer_alike_are_a_covariate_shift():
    findings = detect_shift(table(1), table(2, old=0.8), SPEC)
    assert alarms(findings) == {"COVARIATE_SHIFT"}
    (shift,) = [f for f in findings if f.alarm]
    assert shift.hint == "covariate shift: P(x) moved, P(y|x) stays"
    assert "moved most: age" in shift.reason
    label = next(f for f in findings if f.code == "LABEL_SHIFT")
    assert "this follows from the shift of the features" in label.reason


@pytest.mark.parametrize("kind", ["boolean", "text", "number"])
def test_the_same_people_who_answer_otherwise_are_a_concept_shift_and_the_feature_is_named(kind):
    findings = detect_shift(table(1, kind=kind), table(2, evening=0.25, kind=kind), SPEC)
    assert alarms(findings) == {"CONCEPT_SHIFT"}
    (shift,) = [f for f in findings if f.alarm]
    assert shift.hint == "concept shift: P(y|x) moved, P(x) stays"
    assert "daypart = evening" in shift.reason
    assert shift.low < shift.distance < shift.high
    if kind == "boolean":
        assert shift.low <= 0.35 <= shift.high
        assert "went from 60." in shift.reason or "went from 59." in shift.reason


@pytest.mark.parametrize("seed", [3, 5, 7])
def test_a_share_of_a_label_that_moves_with_its_signs_is_a_label_shift(seed):
    findings = detect_shift(ill(seed, 0.2), ill(seed + 1, 0.6), SPEC)
    assert "LABEL_SHIFT" in alarms(findings)
    assert "CONCEPT_SHIFT" not in alarms(findings)
    shift = next(f for f in findings if f.code == "LABEL_SHIFT")
    assert shift.hint == "label shift: P(y) moved, P(x|y) stays"


def test_both_at_once_are_told_as_both():
    findings = detect_shift(table(1), table(2, old=0.8, evening=0.25), SPEC)
    assert alarms(findings) == {"COVARIATE_SHIFT", "CONCEPT_SHIFT"}
    assert next(f for f in findings if f.code == "CONCEPT_SHIFT" and f.alarm).hint.startswith("covariate and concept")


def test_a_change_of_who_is_asked_is_not_taken_for_a_change_of_their_answers():
    # Old people say no more often, so that within every daypart the answers move; at equal age they do not.
    findings = detect_shift(table(3), table(4, old=0.8), SPEC, SkewPolicy(thresholds={"concept_shift": 0.03}))
    assert "CONCEPT_SHIFT" not in alarms(findings)


def test_the_same_data_gives_the_same_findings():
    assert detect_shift(table(1), table(2), SPEC) == detect_shift(table(1), table(2), SPEC)


@pytest.mark.parametrize(("odd", "name"), [(np.inf, "(infinity)"), (-np.inf, "(minus infinity)")])
def test_infinities_are_not_missing_and_are_named(odd, name):
    before, now = table(1), table(2)
    some = np.arange(N) % 3 == 0
    sides = []
    for value in (np.nan, odd):  # on one side unknown, on the other infinite
        pace = pa.array(np.where(some, value, now["pace"].to_numpy()))
        sides.append(now.set_column(now.column_names.index("pace"), "pace", pace))
    (found,) = [f for f in detect_shift(*sides, SPEC) if f.code == "COVARIATE_SHIFT"]
    assert found.alarm
    assert f"pace ({name}: 0.0 % -> 33.4 %)" in found.reason or "pace ((missing): 33.4 % -> 0.0 %)" in found.reason
    (found,) = [f for f in detect_shift(before, sides[1], SPEC) if f.code == "COVARIATE_SHIFT"]
    assert found.alarm
    assert f"pace ({name}: 0.0 % -> 33.4 %)" in found.reason
    assert "COVARIATE_SHIFT" not in alarms(detect_shift(sides[1], sides[1], SPEC))


def test_infinite_labels_are_left_out_and_counted():
    before, now = table(1, kind="number"), table(2, kind="number")
    y = now["y"].to_numpy().copy()
    y[:7] = np.inf
    odd = now.set_column(now.column_names.index("y"), "y", pa.array(y))
    findings = detect_shift(before, odd, SPEC)
    assert not alarms(findings)
    (found,) = [f for f in findings if f.code == "LABEL_SHIFT"]
    assert "0 infinite labels before and 7 now are left out" in found.reason
    assert found.rows_current == N - 7


def test_too_few_rows_are_said():
    (finding,) = detect_shift(table(1, 50), table(2), SPEC)
    assert (finding.code, finding.alarm) == ("TOO_FEW_ROWS", True)
    unlabeled = table(2).set_column(4, "y", pa.nulls(N, pa.bool_()))
    findings = detect_shift(table(1), unlabeled, SPEC)
    assert [f.feature for f in findings if f.code == "TOO_FEW_ROWS"] == ["y"]


def test_a_label_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="labels must be on both sides, got z; both have age"):
        detect_shift(table(1), table(2), ShiftSpec(labels=("z",)))
    with pytest.raises(UsageError, match="labels: expected at least one"):
        ShiftSpec(labels=())
    assert ShiftSpec(labels="y") == ShiftSpec(labels=("y",))
    with pytest.raises(UsageError, match="rows: expected a whole number of at least 100, got 7"):
        ShiftSpec(labels=("y",), rows=7)


def test_a_spec_survives_json():
    spec = replace(SPEC, rows=500, seed=3)
    assert ShiftSpec.from_json(spec.to_json()) == spec
    with pytest.raises(UsageError, match="has no 'label'; did you mean 'labels'"):
        ShiftSpec.from_json('{"label": "y"}')


def spans(shares, rows=3000, numeric=False):
    rng = np.random.default_rng(5)
    made = []
    for share in shares:
        hit = rng.random(rows) < share
        values = np.where(hit, rng.normal(9, 1, rows), rng.normal(5, 1, rows)) if numeric else np.where(hit, "a", "b")
        made.append(profile_table(pa.table({"x": values})))
    return made


HISTORIES = [
    ([0.2] * 8, "none", None),
    ([0.2] * 5 + [0.35] * 3, "sudden", 5),
    ([0.2] * 7 + [0.4], "sudden", 7),
    (list(np.linspace(0.2, 0.45, 8)), "gradual", None),
]


@pytest.mark.parametrize("numeric", [False, True])
@pytest.mark.parametrize(("shares", "kind", "at"), HISTORIES)
def test_gradual_and_sudden_changes_are_told_apart(shares, kind, at, numeric):
    change = describe_change("x", [p.features["x"] for p in spans(shares, numeric=numeric)])
    assert (change.kind, change.at) == (kind, at)
    assert kind == "none" or kind in change.words


def test_a_history_of_few_spans_tells_nothing():
    with pytest.raises(
        UsageError, match="at least 4 spans are needed to say whether a change is gradual or sudden, got 3"
    ):
        describe_change("x", [FeatureProfile(kind="empty", rows=1)] * 3)
    empty = [FeatureProfile(kind="empty", rows=9, missing=9)] * 4
    assert describe_change("x", empty).kind == "undecided"


def test_pooled_spans_are_the_profile_of_all_their_rows():
    rng = np.random.default_rng(0)
    parts = [
        pa.table(
            {"n": pa.array(rng.integers(0, 50, 500), mask=rng.random(500) < 0.1), "t": rng.choice(["a", "b"], 500)}
        )
        for _ in range(3)
    ]
    one, many = profile_table(pa.concat_tables(parts)), pooled([profile_table(part) for part in parts])
    assert many.rows == one.rows
    assert many.features["t"].counts == one.features["t"].counts
    x = np.arange(-1.0, 51)
    for left in (False, True):
        got = many.features["n"].distribution(x, left=left)
        assert got == pytest.approx(one.features["n"].distribution(x, left=left))
    for name in ("missing", "present", "minimum", "maximum", "zeros"):
        assert getattr(many.features["n"], name) == getattr(one.features["n"], name)
    assert many.features["n"].mean == pytest.approx(one.features["n"].mean)


def test_a_history_must_have_a_span():
    with pytest.raises(UsageError, match="at least one span"):
        pooled([])
    profile = Profile(name="", rows=2, features={})
    assert pooled([profile, profile]).rows == 4
