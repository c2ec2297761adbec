import pytest

from headrace.errors import UsageError
from headrace.skew import Rule, SkewPolicy


def test_policy_survives_json():
    policy = SkewPolicy(
        thresholds={"linf": 0.1, "jensen_shannon": None},
        ignore=("*_id",),
        rows_ratio=(0.5, 3.0),
        per_feature={"age": {"linf": 0.3}},
    )
    assert SkewPolicy.from_json(policy.to_json()) == policy
    assert SkewPolicy.from_json("") == SkewPolicy.from_json("{}") == SkewPolicy()


def test_every_fault_of_a_policy_is_named_at_once():
    with pytest.raises(UsageError) as raised:
        SkewPolicy(
            thresholds={"linf": 2}, level=0, min_rows=0, rows_ratio=(2, 1), per_feature={"a": {"lnf": 1, "linf": -1}}
        )
    words = str(raised.value)
    for part in ("linf must be at most 1, got 2", "level", "min_rows", "[2, 1]", "got 'lnf'", "got -1"):
        assert part in words


def test_unknown_settings_are_refused():
    with pytest.raises(UsageError, match="threshhold"):
        SkewPolicy.from_json('{"threshhold": 1}')
    with pytest.raises(UsageError, match="expected JSON"):
        SkewPolicy.from_json("linf=1")


def test_thresholds_of_a_feature_go_before_the_general_ones():
    policy = SkewPolicy(thresholds={"linf": 0.05}, per_feature={"a*": {"linf": 0.3}, "b": {"linf": None}})
    assert [policy.threshold(name, "linf") for name in ("age", "b", "c")] == [0.3, None, 0.05]


def test_what_is_required_is_checked_and_survives_json():
    policy = SkewPolicy(require=("drift",))
    assert SkewPolicy.from_json(policy.to_json()) == policy
    with pytest.raises(UsageError, match=r"require\[0\]: expected one of drift, .* got 'drfit'"):
        SkewPolicy(require=("drfit",))


def test_rules_survive_json_and_wrong_ones_are_refused():
    policy = SkewPolicy(rules=(Rule(action="warn", code="LINF*", slice="source_*"), Rule(action="ignore")))
    assert SkewPolicy.from_json(policy.to_json()) == policy
    with pytest.raises(UsageError, match="action: expected one of ignore, warn, block, got 'stop'"):
        Rule(action="stop")
    with pytest.raises(UsageError, match=r"rules: expected a list .* got 'warn'"):
        SkewPolicy(rules="warn")
    with pytest.raises(UsageError, match="feature: expected a text, got 3"):
        Rule(action="warn", feature=3)


def test_measures_without_a_bound_take_thresholds_above_one():
    policy = SkewPolicy(thresholds={"wasserstein": 20.0, "psi": 1.5, "chi_square": 300})
    assert policy.threshold("x", "wasserstein") == 20.0
    with pytest.raises(UsageError, match=r"psi'\]: expected a number of at least 0, got -1"):
        SkewPolicy(thresholds={"psi": -1})
