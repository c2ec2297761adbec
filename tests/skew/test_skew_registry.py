"""The registry of measures: what the policy, the comparison and TFMD ask it, and laws that hold for every distance."""

import numpy as np
import pyarrow as pa
import pytest

from headrace.errors import UsageError
from headrace.skew import FeatureProfile, SkewPolicy, compare, profile_table
from headrace.skew.distances import measure as measure_module
from headrace.skew.distances.linf import LinfNoise
from headrace.skew.distances.measure import Distance, Measurement, distance, distances, measures
from headrace.skew.distances.pair import OVER_TIME, SERVED, FeaturePair
from headrace.skew.verdict import policy as policy_module

DISTANCES = [one for one in measures().values() if isinstance(one, Distance)]
N = 400


def profile(values):
    return profile_table(pa.table({"x": values})).features["x"]


def pairs(distance):
    """A pair of equal sides and one of different sides, as the distance needs them."""
    rng = np.random.default_rng(5)
    text = [f"v{i % 7}" for i in range(N)]
    numbers = rng.normal(size=N)
    names = [f"id-{i}" for i in range(N)]
    examples = {
        "missing_share": (profile([1.0] * N), profile([1.0] * (N // 2) + [None] * (N // 2))),
        "unparsable_share": (
            FeatureProfile(kind="empty", rows=9, unparsable=1, unparsable_samples=("-",)),
            FeatureProfile(kind="empty", rows=9, unparsable=6, unparsable_samples=("?",)),
        ),
        "infinite_share": (profile([1.0] * N), profile([1.0, np.inf] * (N // 2))),
        "lost_digits": (
            profile([2**53 + i for i in range(N)]),
            profile([float(2**53 + i) for i in range(N)]),
        ),
        "repeats": (profile(names), profile(text)),
        "code_width": (
            profile([f"{i:05d}" for i in range(N)]),
            profile([f"{i:05d}" if i % 3 else str(i) for i in range(N)]),
        ),
        "respelled": (profile(["a", "Oslo"] * N), profile(["a", "oslo"] * N)),
        "list_length": (profile([["a"], ["a", "b"]] * N), profile([["a"], ["a", "b", "c"]] * N)),
    }
    default = {
        "categorical": (profile(text), profile([*text[: N // 2], *["new"] * (N // 2)])),
        "numeric": (profile(numbers), profile(numbers + 1)),
    }
    for before, now in [examples[distance.name]] if distance.name in examples else [default[k] for k in distance.kinds]:
        yield FeaturePair(before=before, now=before), FeaturePair(before=before, now=now)


def test_the_policy_takes_each_measure_and_its_default():
    policy = SkewPolicy()
    for name, measure in measures().items():
        assert policy.threshold("x", name) == measure.threshold
        assert SkewPolicy(thresholds={name: 0.5}).threshold("x", name) == 0.5


def test_a_distance_that_is_registered_is_measured_and_judged_with_no_other_change(monkeypatch):
    class Hellinger(Distance):
        name, code, title, threshold = "hellinger", "HELLINGER_HIGH", "Hellinger", 0.1
        kinds = ("categorical",)

        def measure(self, pair):
            gap = np.sqrt(pair.counts.p) - np.sqrt(pair.counts.q)
            return Measurement(distance=float(np.sqrt((gap**2).sum() / 2)), reason="roots of shares moved")

        def noise(self, pair, *, tested):
            return LinfNoise(pair.counts.a, pair.counts.b, *pair.present)

    monkeypatch.setattr(measure_module, "measures", lambda: {**measures(), "hellinger": Hellinger()})
    monkeypatch.setattr(policy_module, "measures", measure_module.measures)
    before, now = (pa.table({"x": ["a"] * a + ["b"] * (N - a)}) for a in (N // 2, N // 10))
    found = [f for f in compare(profile_table(before), profile_table(now)) if f.code == "HELLINGER_HIGH"]
    assert [(f.feature, f.threshold, f.alarm) for f in found] == [("x", 0.1, True)]


def test_names_codes_and_titles_are_all_different_and_in_order():
    assert list(measures()) == sorted(measures())
    for attribute in ("code", "title"):
        found = [getattr(measure, attribute) for measure in measures().values()]
        assert len(set(found)) == len(found)
        assert all(found)


def test_a_threshold_may_be_as_large_as_its_measure():
    for name, measure in measures().items():
        SkewPolicy(thresholds={name: min(measure.largest, 1e6)})
        if measure.largest == 1:
            with pytest.raises(UsageError, match=f"{name} must be at most 1, got 1.1"):
                SkewPolicy(thresholds={name: 1.1})


@pytest.mark.parametrize("measured", DISTANCES, ids=lambda one: one.name)
def test_a_distance_is_0_between_equal_sides_and_more_between_different_ones(measured):
    for equal, different in pairs(measured):
        found = measured.measure(equal)
        assert found is None or found.distance == pytest.approx(0, abs=1e-12)
        found = measured.measure(different)
        assert 0 < found.distance <= measured.largest
        assert found.reason


@pytest.mark.parametrize("measured", DISTANCES, ids=lambda one: one.name)
def test_the_noise_of_a_distance_is_a_law(measured):
    for _, pair in pairs(measured):
        noise = measured.noise(pair, tested=True)
        value = measured.measure(pair).distance
        assert 0 < noise.p_value(value) <= 1
        assert noise.p_value(0.0) == pytest.approx(1)
        assert noise.p_value(value) <= noise.p_value(value / 2)
        assert 0 <= noise.floor(0.05) <= noise.floor(0.01) <= measured.largest
        low, high = noise.interval(value)
        assert 0 <= low <= value <= high + 1e-12
        assert noise.detectable(value) >= value * 0.9


def test_what_a_distance_needs_decides_where_it_is_measured():
    assert [one.name for one in distances("rows", "empty")] == ["infinite_share", "missing_share", "unparsable_share"]
    assert [one.name for one in distances("values", "numeric")] == ["list_length"]
    assert [one.name for one in distances("identifier", "categorical")] == ["repeats"]
    assert [one.name for one in distances("identifier", "numeric")] == ["repeats"]
    assert [one.name for one in distances("values", "categorical")] == ["code_width", "list_length", "respelled"]
    numeric = ["chi_square", "jensen_shannon", "kolmogorov_smirnov", "psi", "wasserstein"]
    assert [one.name for one in distances("distribution", "numeric")] == numeric


@pytest.mark.parametrize(
    ("declared", "categorical", "numeric"),
    [
        ("linf", "linf", "kolmogorov_smirnov"),
        ("jensen_shannon", "jensen_shannon", "jensen_shannon"),
        ("kolmogorov_smirnov", "", "kolmogorov_smirnov"),
        ("normalized_absolute_difference", "normalized_absolute_difference", ""),
    ],
)
def test_a_declared_threshold_is_for_what_can_be_measured_on_the_kind_of_feature(declared, categorical, numeric):
    found = distance(declared)
    assert (found.declared_for("categorical"), found.declared_for("numeric")) == (categorical, numeric)


def test_what_is_measured_on_rows_is_no_distance_between_profiles():
    assert distance("mismatches") is distance("no such measure") is None


def test_a_pair_says_what_changed_in_the_words_of_its_sides():
    before, now = profile([1.0, 2.0, 3.0]), profile([2.0, 3.0, 7.0])
    assert FeaturePair(before=before, now=now).median_change == "the median went from 2 to 3"
    served = FeaturePair(before=before, now=now, labels=SERVED)
    assert served.mean_change == "the mean is 2 in training, 4 in serving"
    text = FeaturePair(before=profile(["a", "b"]), now=profile(["a", "a"]), labels=OVER_TIME)
    assert text.share_change == "'a' went from 50.0 % to 100.0 % of rows"
