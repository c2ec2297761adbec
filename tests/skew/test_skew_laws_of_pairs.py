"""Which law each distance is judged by, on which rows and bins."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.skew import FeatureProfile, profile_table
from headrace.skew.distances.chi_square_law import ChiSquareNoise
from headrace.skew.distances.jensen_shannon import JensenShannonNoise, PermutedJensenShannonNoise
from headrace.skew.distances.joint_distribution import JointDistribution
from headrace.skew.distances.kolmogorov_smirnov import KolmogorovNoise
from headrace.skew.distances.linf import LinfNoise, share_noise
from headrace.skew.distances.measure import distance
from headrace.skew.distances.new_values import NewValuesNoise
from headrace.skew.distances.normalized_absolute_difference import NormalizedDifferenceNoise
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.distances.wasserstein import WassersteinNoise


def profile(values):
    return profile_table(pa.table({"x": values})).features["x"]


def sketched(rows, resolution):
    """The numbers 1 to `rows`, as a quantile histogram of that resolution has them."""
    points = np.arange(1.0, rows + 1)
    return FeatureProfile(
        kind="numeric",
        rows=rows,
        points=points,
        below=points - 1,
        upto=points,
        resolution=resolution,
        minimum=1.0,
        maximum=float(rows),
        mean=(rows + 1) / 2,
    )


def law(noise):
    """What a law says of some distances: enough to tell it from any other."""
    return [
        noise.floor(0.01), noise.floor(0.2), noise.p_value(0.05), noise.p_value(0.3), *noise.interval(0.2),
        noise.detectable(0.1),
    ]  # fmt: skip


def noise_of(name, before, now, tested=True):
    return distance(name).noise(FeaturePair(before=before, now=now), tested=tested)


A, B = np.array([120.0, 60.0, 20.0]), np.array([20.0, 30.0, 50.0])
BEFORE, NOW = (profile(np.repeat(["a", "b", "c"], side.astype(int))) for side in (A, B))
NUMBERS = sketched(200, 0.0), sketched(100, 0.002)
LISTS = profile([["a"], ["a", "b"]] * 50), profile(["a"] * 30 + [None] * 10)
MISSING = profile([1.0] * 150 + [None] * 50), profile([1.0] * 90 + [None] * 10)
UNPARSABLE = [FeatureProfile(kind="empty", rows=rows, missing=0, unparsable=n) for rows, n in ((90, 30), (60, 5))]
NAMES = profile([f"k{i}" for i in range(80)]), profile(["a", "b", "c"] * 20)


@pytest.mark.parametrize(
    ("name", "sides", "expected"),
    [
        ("linf", (BEFORE, NOW), LinfNoise(A, B, 200, 100)),
        ("chi_square", (BEFORE, NOW), ChiSquareNoise(bins=3)),
        ("chi_square", NUMBERS, ChiSquareNoise(bins=10)),
        ("psi", (BEFORE, NOW), ChiSquareNoise(bins=3, scale=1 / 200 + 1 / 100)),
        ("psi", NUMBERS, ChiSquareNoise(bins=10, scale=1 / 200 + 1 / 100)),
        ("jensen_shannon", (BEFORE, NOW), JensenShannonNoise(bins=3, rows_a=200, rows_b=100)),
        ("jensen_shannon", NUMBERS, JensenShannonNoise(bins=10, rows_a=200, rows_b=100, resolution=0.002)),
        ("kolmogorov_smirnov", NUMBERS, KolmogorovNoise(rows_a=200, rows_b=100, resolution=0.002)),
        ("list_length", LISTS, KolmogorovNoise(rows_a=100, rows_b=30)),
        ("list_length", LISTS[::-1], KolmogorovNoise(rows_a=30, rows_b=100)),
        ("missing_share", MISSING, share_noise(50, 10, 200, 100)),
        ("unparsable_share", UNPARSABLE, share_noise(30, 5, 90, 60)),
        ("repeats", NAMES, share_noise(0, 57, 60, 60)),
        ("repeats", NAMES[::-1], share_noise(57, 0, 60, 60)),
        ("new_values", (BEFORE, NOW), NewValuesNoise(A, B, 200, 100)),
        ("normalized_absolute_difference", (BEFORE, NOW), NormalizedDifferenceNoise(A, B)),
    ],
)
def test_a_distance_is_judged_by_its_law_over_the_rows_of_both_sides(name, sides, expected):
    assert law(noise_of(name, *sides)) == pytest.approx(law(expected), rel=1e-12)


def test_a_quantile_histogram_may_move_the_area_by_its_resolution_over_the_ranges():
    sides = sketched(200, 0.001), sketched(100, 0.004)
    _, under_root, deviation = JointDistribution(*sides).areas
    each = np.sqrt(1 / 200 + 1 / 100)
    mean = np.sqrt(2 / np.pi) * under_root * each + 0.004 * (199 + 99) / 2
    assert law(noise_of("wasserstein", *sides)) == pytest.approx(
        law(WassersteinNoise(mean=mean, spread=deviation * each))
    )


def test_permutations_are_drawn_where_a_value_is_rare_and_only_if_a_threshold_asks_for_them():
    # The rarest value has ten rows in all, of which five are to be expected on either side: enough.
    even = [FeatureProfile(kind="categorical", rows=100, counts={"a": 100 - n, "b": n}) for n in (4, 6)]
    exact = JensenShannonNoise(bins=2, rows_a=100, rows_b=100)
    for tested in (True, False):
        assert law(noise_of("jensen_shannon", *even, tested)) == law(exact)
    rare = [FeatureProfile(kind="categorical", rows=100, counts={"a": 100 - n, "b": n}) for n in (4, 5)]
    assert isinstance(noise_of("jensen_shannon", *rare), PermutedJensenShannonNoise)
    assert noise_of("jensen_shannon", *rare, tested=False) is None
    drawn = PermutedJensenShannonNoise(np.array([96.0, 4.0]), np.array([95.0, 5.0]), 100, 100)
    assert law(noise_of("jensen_shannon", *rare)) == law(drawn)


def test_what_a_sketch_left_out_is_no_row_of_the_divergence():
    sides = [
        FeatureProfile(kind="categorical", rows=rows, counts={"a": 40, "b": 30}, cut_rows=rows - 70, cut_count=10)
        for rows in (100, 130)
    ]
    assert law(noise_of("jensen_shannon", *sides)) == law(JensenShannonNoise(bins=2, rows_a=70, rows_b=70))
    nothing = FeatureProfile(kind="categorical", rows=100, cut_rows=100, cut_count=9)
    assert noise_of("jensen_shannon", nothing, nothing) is None


def test_permutations_of_many_rows_show_the_chi_square_that_theory_has():
    a, b = np.full(8, 375.0), np.full(8, 125.0)
    drawn = PermutedJensenShannonNoise(a, b, 3000, 1000, draws=1000)
    assert drawn.df == pytest.approx(7, rel=0.1)
    theory = JensenShannonNoise(bins=8, rows_a=3000, rows_b=1000)
    assert drawn.floor(0.01) == pytest.approx(theory.floor(0.01), rel=0.06)
    # Half of the rows are kept: the law is that of so many.
    half = PermutedJensenShannonNoise(a, b, 6000, 2000, draws=1000)
    assert law(half) == law(drawn)
    assert law(PermutedJensenShannonNoise(a, b, 3000, 1000)) == law(
        PermutedJensenShannonNoise(a, b, 3000, 1000, draws=200, seed=0)
    )


@pytest.mark.parametrize(
    ("rows", "resolution", "bins"),
    [(15, 0, 2), (20, 0, 2), (30, 0, 3), (199, 0, 19), (5000, 0, 20), (5000, 0.0009, 20), (5000, 0.001, 10)],
)
def test_numbers_are_compared_in_at_most_20_bins_of_at_least_10_rows(rows, resolution, bins):
    pair = FeaturePair(before=sketched(rows, resolution), now=sketched(2 * rows, 0))
    p, q = pair.bin_shares
    assert len(p) == len(q) == bins
    assert pair.resolution == FeaturePair(before=pair.now, now=pair.before).resolution == resolution


@pytest.mark.parametrize(
    ("rows", "zeros", "own"), [(1000, 41, True), (1000, 39, False), (100, 11, True), (100, 9, False)]
)
def test_a_value_in_2_percent_of_the_rows_of_both_sides_and_in_5_rows_has_a_bin_to_itself(rows, zeros, own):
    smooth = np.linspace(-1, 1, rows)
    pair = FeaturePair(before=profile(np.append(smooth[: rows - zeros], np.zeros(zeros))), now=profile(smooth))
    found = any(p == pytest.approx(zeros / rows) and q == 0 for p, q in zip(*pair.bin_shares, strict=True))
    assert found == own


@given(st.lists(st.integers(0, 6), min_size=1), st.lists(st.integers(0, 6), min_size=1))
def test_the_most_changed_value_is_that_of_counting(a, b):
    at, p, q = JointDistribution(profile([float(x) for x in a]), profile([float(x) for x in b])).most_changed_value()
    gaps = {v: abs(a.count(v) / len(a) - b.count(v) / len(b)) for v in range(7)}
    assert abs(p - q) == pytest.approx(max(gaps.values()))
    assert (p, q) == pytest.approx((a.count(at) / len(a), b.count(at) / len(b)))
