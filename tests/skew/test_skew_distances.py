import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import chebyshev, jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

from headrace.skew import FeatureProfile, profile_table
from headrace.skew.distances.categories import aligned, merge_rare
from headrace.skew.distances.chi_square import chi_square
from headrace.skew.distances.jensen_shannon import jensen_shannon
from headrace.skew.distances.joint_distribution import JointDistribution
from headrace.skew.distances.linf import linf
from headrace.skew.distances.normalized_absolute_difference import normalized_absolute_difference
from headrace.skew.distances.psi import population_stability
from headrace.skew.profiles.from_table import profile_column

WEIGHTS = arrays(np.float64, 7, elements=st.floats(0, 1e6)).filter(lambda w: w.sum() > 1e-3)
SAMPLES = st.lists(st.sampled_from([-1e9, -2.5, -1.0, 0.0, 1e-9, 0.5, 1.0, 2.0, 3.75, 1e12]), min_size=1, max_size=40)


COUNTS = arrays(np.float64, 7, elements=st.integers(0, 100_000).map(float)).filter(lambda c: c.sum() > 0)
OF_COUNTS = (chi_square, population_stability, normalized_absolute_difference)


def shares(weights):
    return weights / weights.sum()


def numeric(values) -> FeatureProfile:
    return profile_column(pa.chunked_array([pa.array(values, pa.float64())]))


@given(WEIGHTS, WEIGHTS)
def test_measures_of_shares_equal_scipys(a, b):
    p, q = shares(a), shares(b)
    assert linf(p, q) == pytest.approx(chebyshev(p, q), abs=1e-9)
    # SciPy's square root turns a rounding error of 1e-16 into 1e-8; squared it is gone again.
    assert jensen_shannon(p, q) == pytest.approx(np.nan_to_num(jensenshannon(p, q, 2)) ** 2, abs=1e-9)


@given(WEIGHTS, WEIGHTS, WEIGHTS)
def test_measures_are_metrics(a, b, c):
    p, q, r = shares(a), shares(b), shares(c)
    for distance in (linf, lambda x, y: np.sqrt(jensen_shannon(x, y))):
        assert distance(p, p) == pytest.approx(0, abs=1e-7)
        assert distance(p, q) == pytest.approx(distance(q, p), abs=1e-12)
        assert 0 <= distance(p, q) <= 1
        assert distance(p, r) <= distance(p, q) + distance(q, r) + 1e-7


@given(WEIGHTS, WEIGHTS, st.permutations(range(7)))
def test_measures_do_not_depend_on_the_order_of_categories(a, b, order):
    p, q = shares(a), shares(b)
    assert linf(p[order], q[order]) == linf(p, q)
    assert jensen_shannon(p[order], q[order]) == pytest.approx(jensen_shannon(p, q), abs=1e-12)


@given(SAMPLES, SAMPLES)
def test_kolmogorov_smirnov_equals_scipys(a, b):
    distance, at = JointDistribution(numeric(a), numeric(b)).kolmogorov_smirnov()
    assert distance == pytest.approx(ks_2samp(a, b).statistic, abs=1e-9)
    if distance:
        below = [np.mean(np.array(side) <= at) for side in (a, b)]
        under = [np.mean(np.array(side) < at) for side in (a, b)]
        assert max(abs(below[0] - below[1]), abs(under[0] - under[1])) == pytest.approx(distance, abs=1e-9)


@given(SAMPLES, SAMPLES, st.integers(2, 20))
def test_bins_hold_every_row_of_both_sides_once(a, b, bins):
    p, q = JointDistribution(numeric(a), numeric(b)).bins(bins)
    assert p.sum() == pytest.approx(1)
    assert q.sum() == pytest.approx(1)
    assert jensen_shannon(p, q) <= 1


@given(SAMPLES, st.integers(2, 20))
def test_equal_samples_fill_the_bins_equally(a, bins):
    p, q = JointDistribution(numeric(a), numeric(a[::-1])).bins(bins)
    assert p == pytest.approx(q)


def test_one_outlier_changes_the_divergence_of_numbers_by_next_to_nothing():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=5000), rng.normal(size=5000) + 0.5
    plain = jensen_shannon(*JointDistribution(numeric(a), numeric(b)).bins(20))
    broken = jensen_shannon(*JointDistribution(numeric(a), numeric(np.append(b, 1e300))).bins(20))
    assert broken == pytest.approx(plain, rel=0.01)


def test_a_value_of_many_rows_has_a_bin_to_itself():
    smooth = np.linspace(-1, 1, 9000)
    spiked = np.append(smooth, np.zeros(1000))
    p, q = JointDistribution(numeric(smooth), numeric(spiked)).bins(20)
    assert min(abs(p - q)) < 0.02
    # All of the spike is in one bin, in which the smooth side has nothing.
    assert any(before < 1e-3 and now == pytest.approx(0.1, abs=1e-3) for before, now in zip(p, q, strict=True))


def test_values_cut_off_are_not_counted_as_gone():
    before = FeatureProfile(kind="categorical", rows=100, counts={"a": 60, "b": 40})
    now = FeatureProfile(kind="categorical", rows=100, counts={"a": 60}, cut_rows=40, cut_count=40)
    counts = aligned(before, now)
    assert counts.cut
    assert linf(counts.p, counts.q) == 0


@given(st.lists(st.sampled_from("abcd"), min_size=1), st.lists(st.sampled_from("abcde"), min_size=1))
def test_linf_of_tables_equals_counting_by_hand(a, b):
    before, now = (profile_table(pa.table({"x": side})).features["x"] for side in (a, b))
    counts = aligned(before, now)
    by_hand = max(abs(a.count(v) / len(a) - b.count(v) / len(b)) for v in "abcde")
    assert linf(counts.p, counts.q) == pytest.approx(by_hand)


@given(COUNTS, COUNTS)
def test_measures_of_counts_equal_independent_ones(a, b):
    filled = a + b > 0
    statistic = chi2_contingency(np.array([a, b])[:, filled], correction=False)[0]
    assert chi_square(a, b) == pytest.approx(statistic, rel=1e-9, abs=1e-9)
    assert normalized_absolute_difference(a, b) == pytest.approx(chebyshev(a, b) / (a.sum() + b.sum()), abs=1e-9)
    p, q = shares(a + 0.5), shares(b + 0.5)
    if (a == 0).any() or (b == 0).any():
        stability = sum(x * np.log(x / y) + y * np.log(y / x) for x, y in zip(p, q, strict=True))
        assert population_stability(a, b) == pytest.approx(stability, abs=1e-9)


@given(COUNTS, COUNTS, st.permutations(range(7)))
def test_measures_of_counts_are_symmetric_zero_for_equals_and_blind_to_the_order_of_categories(a, b, order):
    for measure in OF_COUNTS:
        assert measure(a, a) == pytest.approx(0, abs=1e-9)
        assert measure(a, b) == pytest.approx(measure(b, a), rel=1e-9, abs=1e-9)
        assert measure(a[order], b[order]) == pytest.approx(measure(a, b), rel=1e-9, abs=1e-9)
        assert measure(a, b) >= 0
    assert normalized_absolute_difference(a, b) <= 1
    assert chi_square(a, b) <= (a.sum() + b.sum()) * (1 + 1e-9)


@given(COUNTS, COUNTS)
def test_rare_categories_are_merged_and_no_row_is_lost(a, b):
    x, y = merge_rare(a, b)
    assert (x.sum(), y.sum()) == (a.sum(), b.sum())
    expected = (x + y) * min(x.sum(), y.sum()) / (x + y).sum()
    assert len(x) == 1 or expected.min() >= 5


@given(SAMPLES, SAMPLES, SAMPLES)
def test_wasserstein_equals_scipys_and_is_a_metric(a, b, c):
    def distance(x, y):
        return JointDistribution(numeric(x), numeric(y)).areas[0]

    scale = max(map(abs, [*a, *b, *c]))
    assert distance(a, b) == pytest.approx(wasserstein_distance(a, b), rel=1e-9, abs=1e-9 * scale)
    assert distance(a, b) == pytest.approx(distance(b, a), rel=1e-9)
    assert distance(a, a) == 0
    assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-9 * scale


@given(SAMPLES, st.floats(-100, 100))
def test_wasserstein_of_a_shift_is_the_shift(a, by):
    moved = [x + by for x in a]
    expected = abs(float(np.mean(np.array(moved) - np.array(a))))
    assert JointDistribution(numeric(a), numeric(moved)).areas[0] == pytest.approx(expected, rel=1e-6, abs=1e-3)
