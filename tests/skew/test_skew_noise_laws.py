"""Every noise law against an independent one: SciPy's distributions, or all splits of a small pool."""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import binom, chi2, hypergeom, kstwobign, ncx2, norm, wasserstein_distance

from headrace.skew.distances.chi_square_law import EXACT_BELOW, ChiSquareNoise, noncentrality
from headrace.skew.distances.jensen_shannon import JensenShannonNoise
from headrace.skew.distances.joint_distribution import JointDistribution
from headrace.skew.distances.kolmogorov_smirnov import KolmogorovNoise
from headrace.skew.distances.linf import LinfNoise, share_noise
from headrace.skew.distances.new_values import NewValuesNoise
from headrace.skew.distances.noise_protocol import Z_CONFIDENCE, Z_POWER
from headrace.skew.distances.normalized_absolute_difference import NormalizedDifferenceNoise
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.distances.wasserstein import Wasserstein, WassersteinNoise
from headrace.skew.profiles.from_table import profile_column

ROWS = st.integers(20, 5000)
LEVELS = st.sampled_from([0.05, 0.01, 1e-4])


def numeric(values):
    return profile_column(pa.chunked_array([pa.array(values, pa.float64())]))


def test_constants_are_those_of_the_normal_distribution():
    assert pytest.approx((norm.ppf(0.975), norm.ppf(0.9))) == (Z_CONFIDENCE, Z_POWER)


@given(ROWS, ROWS, st.floats(0, 1), LEVELS, st.sampled_from([0, 0.01]))
def test_kolmogorov_noise_is_scipys_law(n, m, distance, level, resolution):
    noise = KolmogorovNoise(rows_a=n, rows_b=m, resolution=resolution)
    scale = np.sqrt(1 / n + 1 / m)
    assert noise.p_value(distance) == pytest.approx(kstwobign.sf(max(distance - resolution, 0) / scale), abs=1e-9)
    floor = kstwobign.isf(level) * scale + resolution
    assert noise.floor(level) == pytest.approx(floor)
    reach = kstwobign.isf(0.05) * scale + resolution
    assert noise.interval(distance) == pytest.approx((max(distance - reach, 0), min(distance + reach, 1)))
    # The difference of the shares at one value is normal, and varies most where the share is one half.
    wanted = distance + norm.ppf(0.9) * scale / 2 + resolution
    assert noise.detectable(distance) == pytest.approx(min(wanted, 1))


@given(st.integers(1, 200), st.floats(0.001, 1), st.floats(0.01, 30), LEVELS)
def test_chi_square_noise_is_scipys_law(bins, scale, distance, level):
    df = max(bins - 1, 1)
    noise = ChiSquareNoise(bins=bins, scale=scale)
    assert noise.p_value(distance) == pytest.approx(chi2.sf(distance / scale, df), rel=1e-6, abs=1e-12)
    assert noise.p_value(-1.0) == 1
    assert noise.floor(level) == pytest.approx(chi2.isf(level, df) * scale)


@given(st.integers(2, 60), st.floats(1, 300))
def test_interval_and_power_of_chi_square_are_those_of_the_noncentral_law(bins, statistic):
    df, noise = bins - 1, ChiSquareNoise(bins=bins)
    low, high = noise.interval(statistic)
    assert low <= high
    for bound, below in ((low, 0.975), (high, 0.025)):
        if bound:
            assert ncx2.cdf(statistic, df, bound) == pytest.approx(below, abs=1e-4)
        else:
            assert chi2.cdf(statistic, df) <= below + 1e-9
    found = noise.detectable(statistic)
    if found:
        assert ncx2.sf(statistic, df, found) == pytest.approx(0.9, abs=1e-4)


@pytest.mark.parametrize("df", [1, 19, 150])
@pytest.mark.parametrize("below", [0.025, 0.1, 0.975])
def test_noncentrality_of_large_statistics_continues_the_exact_one(df, below):
    for x in (EXACT_BELOW * 1.001, EXACT_BELOW * 5):
        assert ncx2.cdf(x, df, noncentrality(x, df, below)) == pytest.approx(below, abs=0.001)


@given(st.integers(2, 40), ROWS, ROWS, st.floats(0, 0.3), LEVELS)
def test_jensen_shannon_noise_is_chi_square_scaled_by_the_rows(bins, n, m, distance, level):
    noise = JensenShannonNoise(bins=bins, rows_a=n, rows_b=m)
    scale = (1 / n + 1 / m) / (8 * np.log(2)) * (1 + bins / (2 * min(n, m)))
    assert noise.p_value(distance) == pytest.approx(chi2.sf(distance / scale, bins - 1), rel=1e-6, abs=1e-12)
    assert noise.floor(level) == pytest.approx(chi2.isf(level, bins - 1) * scale)
    assert all(0 <= bound <= 1 for bound in (*noise.interval(distance), noise.detectable(distance)))


@given(st.integers(2, 40), st.floats(0.0001, 0.02), st.floats(0, 0.3), LEVELS)
def test_the_resolution_of_a_quantile_histogram_adds_to_the_root_of_the_divergence(bins, resolution, distance, level):
    exact = JensenShannonNoise(bins=bins, rows_a=4000, rows_b=3000)
    noise = JensenShannonNoise(bins=bins, rows_a=4000, rows_b=3000, resolution=resolution)
    blur = bins * resolution / 2 / np.sqrt(8 * np.log(2))
    assert np.sqrt(noise.floor(level)) == pytest.approx(np.sqrt(exact.floor(level)) + blur)
    assert noise.p_value(distance) == pytest.approx(exact.p_value(max(np.sqrt(distance) - blur, 0) ** 2))
    assert noise.interval(distance)[0] <= exact.interval(distance)[0] + 1e-12
    assert noise.interval(distance)[1] >= exact.interval(distance)[1] - 1e-12
    assert noise.detectable(distance) >= exact.detectable(distance) - 1e-12


@given(st.integers(1, 199), st.integers(100, 400), st.integers(100, 400), st.floats(0.005, 0.6))
def test_a_share_of_few_rows_has_the_exact_hypergeometric_tails(count, n, m, distance):
    on_a = np.arange(max(0, count - m), min(n, count) + 1)
    chances = hypergeom.pmf(on_a, n + m, count, n)
    expected = chances[np.abs(on_a / n - (count - on_a) / m) >= distance * (1 - 1e-12)].sum()
    noise = share_noise(int(on_a[0]), count - int(on_a[0]), n, m)
    assert noise.p_value(0.0) == 1
    assert noise.p_value(distance) == pytest.approx(min(expected, 1), rel=1e-6, abs=1e-9)


@given(st.integers(200, 3000), st.integers(3000, 9000), st.integers(3000, 9000), st.floats(0.001, 0.2))
def test_a_share_of_many_rows_has_the_normal_tails_of_the_hypergeometric_distribution(count, n, m, distance):
    noise = share_noise(count // 2, count - count // 2, n, m)
    # a/n - b/m = x (1/n + 1/m) - count/m, of which x rows fall on side a; half a row is the step of the lattice.
    each = 1 / n + 1 / m
    sigma = np.sqrt(hypergeom.var(n + m, count, n)) * each
    expected = 2 * norm.sf(max(distance - each / 2, 0) / sigma)
    assert noise.p_value(distance) == pytest.approx(min(expected, 1), rel=1e-6, abs=1e-12)


@given(st.lists(st.integers(0, 500), min_size=1, max_size=6), st.floats(0.0, 0.9))
def test_interval_of_linf_is_bonferronis_and_detectable_that_of_a_share_of_one_half(counts, distance):
    a, b = np.array([*counts, 300.0]), np.array([*counts[::-1], 200.0])
    n, m = int(a.sum()), int(b.sum())
    p, q = a / n, b / m
    noise = LinfNoise(a, b, n, m)
    deviation = max(np.sqrt(p * (1 - p) / n + q * (1 - q) / m).max(), np.sqrt(0.5 / n**2 + 0.5 / m**2))
    reach = norm.isf(0.025 / len(a)) * deviation
    assert noise.interval(distance) == pytest.approx((max(distance - reach, 0), min(distance + reach, 1)))
    wanted = distance + norm.ppf(0.9) * np.sqrt(1 / n + 1 / m) / 2 + (1 / n + 1 / m) / 2
    assert noise.detectable(distance) == pytest.approx(min(wanted, 1))


def test_the_floor_of_linf_is_the_smallest_distance_beyond_the_level():
    noise = LinfNoise(np.full(20, 50.0), np.full(20, 50.0), 1000, 1000)
    floor = noise.floor(0.01)
    assert floor == pytest.approx(0.034, abs=1e-6)
    assert noise.p_value(floor + 1e-6) <= 0.01 < noise.p_value(floor - 1e-6)
    assert noise.p_value(0.0) == noise.p_value(-1.0) == 1
    assert share_noise(1, 0, 1, 1).floor(0.01) == 1
    assert share_noise(0, 0, 0, 5) is share_noise(0, 0, 5, 0) is None


@given(st.lists(st.integers(0, 4), min_size=6, max_size=11), st.integers(2, 5), st.floats(0.05, 1))
def test_new_values_noise_has_the_mean_over_every_split_and_bounds_its_tail(rows, size, distance):
    pool = np.array(rows)
    shares = []
    for chosen in combinations(range(len(pool)), size):
        now = np.zeros(len(pool), dtype=bool)
        now[list(chosen)] = True
        shares.append(np.mean(~np.isin(pool[now], pool[~now])))
    a = np.bincount(pool[size:], minlength=5).astype(float)
    b = np.bincount(pool[:size], minlength=5).astype(float)
    noise = NewValuesNoise(a, b, len(pool) - size, size)
    assert noise.mean == pytest.approx(np.mean(shares))
    assert noise.p_value(noise.mean) == 1
    assert noise.p_value(distance) >= np.mean(np.array(shares) >= distance - 1e-12) - 1e-9 or distance < noise.mean
    assert noise.p_value(noise.floor(0.01)) == pytest.approx(0.01)


def test_a_value_of_which_a_sketch_counts_no_row_is_no_fault():
    noise = NewValuesNoise(np.array([6.0, 0.0]), np.array([2.0, 0.0]), 6, 2)
    assert 0 < noise.p_value(1.0) < 1


@given(st.integers(1, 5000), st.floats(0, 1))
def test_detectable_share_of_new_values_solves_its_own_equation_or_is_1(rows, limit):
    found = NewValuesNoise(np.array([40.0]), np.array([float(rows)]), 40, rows).detectable(limit)
    assert limit <= found <= 1
    if rows >= 50 and found < 1:
        expected = limit + norm.ppf(0.9) * np.sqrt(found * (1 - found) / rows) + 0.5 / rows
        assert found == pytest.approx(expected, abs=2e-3)


@given(st.lists(st.integers(1, 80), min_size=1, max_size=6), st.floats(0.01, 1), LEVELS)
@example([1], 0.5, 0.05)
def test_normalized_difference_noise_bounds_coin_flips(pooled, distance, level):
    a = np.array(pooled, float)
    noise = NormalizedDifferenceNoise(a, np.zeros(len(a)))
    rows, widest = a.sum(), np.sqrt(a.max()) / a.sum()
    # Rows of a value that fall on side a: a coin each; |a - b| is as far from even as twice that from the middle.
    flips = sum(
        float(binom.pmf(k, int(c), 0.5)) for c in a for k in range(int(c) + 1) if abs(2 * k - c) / rows >= distance
    )
    assert noise.p_value(distance) >= min(flips, 1) - 1e-9
    hoeffding = 2 * len(a) * np.exp(-(distance**2) / (2 * widest**2))
    assert noise.p_value(distance) == pytest.approx(min(1, hoeffding))
    assert noise.p_value(0.0) == 1
    floor = widest * np.sqrt(2 * np.log(2 * len(a) / level))
    assert noise.floor(level) == pytest.approx(min(floor, 1))
    reach = norm.isf(0.025 / len(a)) * widest
    assert noise.interval(distance) == pytest.approx((max(distance - reach, 0), min(distance + reach, 1)))
    assert noise.detectable(distance) == pytest.approx(min(distance + norm.ppf(0.9) / np.sqrt(rows), 1))


@given(st.floats(0, 5), st.floats(0.01, 3), st.floats(0, 20), LEVELS)
def test_wasserstein_noise_has_a_gaussian_tail_above_its_mean(mean, spread, distance, level):
    noise = WassersteinNoise(mean=mean, spread=spread)
    expected = 1.0 if distance <= mean else np.sqrt(2 * np.pi) * norm.pdf((distance - mean) / spread)
    assert noise.p_value(distance) == pytest.approx(expected, abs=1e-12)
    assert noise.floor(level) == pytest.approx(mean + spread * np.sqrt(-2 * np.log(level)))
    reach = mean + spread * np.sqrt(-2 * np.log(0.05))
    assert noise.interval(distance) == pytest.approx((max(distance - reach, 0), distance + reach))
    assert noise.detectable(distance) == pytest.approx(distance + norm.ppf(0.9) * spread)
    assert noise.p_value(mean) == 1


def test_where_the_area_can_not_vary_only_its_mean_is_chance():
    noise = WassersteinNoise(mean=1.0, spread=0.0)
    assert [noise.p_value(distance) for distance in (0.5, 1.0, 1.5)] == [1, 1, 0]


@pytest.mark.parametrize("kind", ["normal", "exponential", "counts"])
def test_wasserstein_noise_is_what_permutations_show(kind):
    rng = np.random.default_rng(11)
    pool = {"normal": rng.normal(size=700), "exponential": rng.exponential(3, 700), "counts": rng.poisson(2, 700)}[kind]
    shown = []
    for _ in range(300):
        rng.shuffle(pool)
        shown.append(wasserstein_distance(pool[:300], pool[300:]))
    pair = FeaturePair(before=numeric(pool[:300]), now=numeric(pool[300:]))
    noise = Wasserstein().noise(pair, tested=True)
    assert noise.mean == pytest.approx(np.mean(shown), rel=0.12)
    assert np.mean(np.array(shown) > noise.floor(0.05)) <= 0.05
    assert noise.floor(0.05) <= 3 * np.quantile(shown, 0.95)


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=30), st.lists(st.integers(-50, 50), min_size=2, max_size=30))
def test_the_areas_of_a_joint_distribution_are_those_of_the_samples_pooled_with_equal_weight(x, y):
    _, under_root, deviation = JointDistribution(numeric(x), numeric(y)).areas
    values = np.array([*x, *y], float)
    weights = np.concatenate([np.full(len(x), 0.5 / len(x)), np.full(len(y), 0.5 / len(y))])
    mean = np.sum(weights * values)
    assert deviation == pytest.approx(np.sqrt(np.sum(weights * (values - mean) ** 2)), abs=1e-6)
    at = np.unique(values)
    below = np.array([weights[values <= value].sum() for value in at[:-1]]).clip(0, 1)
    assert under_root == pytest.approx(np.sum(np.sqrt(below * (1 - below)) * np.diff(at)), abs=1e-5)
