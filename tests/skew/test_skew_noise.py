from dataclasses import replace
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2, ncx2

from headrace.skew import SkewPolicy, compare, profile_table
from headrace.skew.distances.chi_square_law import ChiSquareNoise, noncentrality
from headrace.skew.distances.jensen_shannon import JensenShannonNoise, PermutedJensenShannonNoise, jensen_shannon
from headrace.skew.distances.kolmogorov_smirnov import KolmogorovNoise
from headrace.skew.distances.linf import LinfNoise, linf
from headrace.skew.distances.new_values import NewValuesNoise
from headrace.skew.distances.normalized_absolute_difference import NormalizedDifferenceNoise
from headrace.skew.distances.wasserstein import WassersteinNoise
from headrace.skew.verdict.judge import adaptive_level

MEASURED = (
    *("linf", "jensen_shannon", "kolmogorov_smirnov", "missing_share", "new_values"),
    *("chi_square", "psi", "normalized_absolute_difference", "wasserstein"),
)
NO_THRESHOLDS = SkewPolicy(thresholds=dict.fromkeys(MEASURED, 0), level=0.01, rows_ratio=None)
EVERY_MEASURE = replace(NO_THRESHOLDS, per_feature={"*": {"jensen_shannon": 0}})
"""Of categories too."""


def every_split(pool, size):
    for chosen in combinations(range(len(pool)), size):
        mask = np.zeros(len(pool), dtype=bool)
        mask[list(chosen)] = True
        yield np.bincount(pool[mask], minlength=4), np.bincount(pool[~mask], minlength=4)


@given(st.lists(st.integers(0, 3), min_size=6, max_size=11), st.integers(2, 4), st.floats(0.02, 1))
def test_linf_noise_bounds_the_chance_over_every_split_of_the_pool(rows, size, distance):
    pool = np.array(rows)
    splits = list(every_split(pool, size))
    a, b = splits[0]
    n, m = size, len(pool) - size
    shown = [linf(x / n, y / m) for x, y in splits]
    exact = np.mean([d >= distance - 1e-12 for d in shown])
    union = sum(np.mean([abs(x[v] / n - y[v] / m) >= distance - 1e-12 for x, y in splits]) for v in range(4))
    assert exact <= LinfNoise(a, b, n, m).p_value(distance) + 1e-9
    assert LinfNoise(a, b, n, m).p_value(distance) == pytest.approx(min(union, 1), abs=1e-9)


@given(st.lists(st.integers(0, 400), min_size=2, max_size=8), st.lists(st.integers(0, 400), min_size=8, max_size=8))
def test_floor_and_p_value_agree(x, y):
    a, b = np.array(x, float) + 1, np.array(y[: len(x)], float) + 1
    n, m = int(a.sum()), int(b.sum())
    for noise in (
        LinfNoise(a, b, n, m),
        NewValuesNoise(a, b, n, m),
        KolmogorovNoise(rows_a=n, rows_b=m),
        JensenShannonNoise(bins=10, rows_a=n, rows_b=m, resolution=0.001),
        ChiSquareNoise(bins=7),
        NormalizedDifferenceNoise(a, b),
        WassersteinNoise(mean=0.1, spread=0.2),
    ):
        floor = noise.floor(0.01)
        assert noise.p_value(floor + 1e-6) <= 0.01 * (1 + 1e-6) or floor >= 1
        assert floor <= 1e-9 or noise.p_value(floor * 0.999 - 1e-9) >= 0.01 * 0.999


@pytest.mark.parametrize(("new", "rows"), [(0, 5), (1, 7), (3, 40), (20, 40), (39, 40), (40, 40), (12, 9_000)])
def test_interval_of_a_share_of_new_values_is_that_of_wilson(new, rows):
    baseline, current = np.array([50.0, 0.0]), np.array([rows - new, new], float)
    found = NewValuesNoise(baseline, current, 50, rows).interval(new / rows)
    expected = binomtest(new, rows).proportion_ci(confidence_level=0.95, method="wilson")
    assert found == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_two_draws_from_one_uniform_distribution_do_not_alarm_even_at_threshold_zero():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        before, now = (profile_table(pa.table({"x": rng.integers(0, 20, 1000).astype(str)})) for _ in range(2))
        assert not any(f.alarm for f in compare(before, now, NO_THRESHOLDS))


def draws(kind, rows, rng):
    if kind == "uniform":
        return pa.array(rng.integers(0, 20, rows).astype(str))
    if kind == "zipf":
        return pa.array(np.minimum(rng.zipf(1.5, rows), 10_000).astype(str))
    if kind == "normal":
        return pa.array(rng.normal(size=rows))
    if kind == "heavy tail":
        return pa.array(rng.standard_cauchy(rows))
    if kind == "rare words":
        return pa.array(rng.integers(0, 2000, rows).astype(str))
    return pa.array(np.floor(rng.exponential(3, rows)))


KINDS = ("uniform", "zipf", "normal", "heavy tail", "rare words", "counts")
SIZES = ((1000, 1000), (200, 3000), (5000, 400), (120, 120))


def test_alarms_without_drift_are_no_more_than_the_level():
    # Three deviations above what the level allows: one honest run in a thousand fails, and the seed is fixed.
    rng = np.random.default_rng(20)
    policy = replace(
        EVERY_MEASURE, level=0.05, thresholds=NO_THRESHOLDS.thresholds | {"normalized_absolute_difference": None}
    )
    pairs = [(kind, n, m) for kind in KINDS for n, m in SIZES for _ in range(8)]
    alarms = 0
    for kind, n, m in pairs:
        before, now = (profile_table(pa.table({"x": draws(kind, size, rng)})) for size in (n, m))
        alarms += any(f.alarm for f in compare(before, now, policy))
    assert len(pairs) >= 150
    assert alarms <= 0.05 * len(pairs) + 3 * np.sqrt(0.05 * 0.95 * len(pairs))


def test_many_features_together_keep_the_level():
    rng = np.random.default_rng(3)
    alarmed = 0
    for _ in range(30):
        tables = [pa.table({f"x{i}": draws(KINDS[i % 4], 500, rng) for i in range(20)}) for _ in range(2)]
        alarmed += any(f.alarm for f in compare(*map(profile_table, tables), NO_THRESHOLDS))
    assert alarmed <= 3


@pytest.mark.parametrize("kind", ["uniform", "normal", "counts"])
def test_planted_drifts_are_found(kind):
    found = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        before, now = draws(kind, 2000, rng), draws(kind, 2000, rng).to_numpy(zero_copy_only=False).copy()
        # Of the rows 15 % turn to one value.
        now[:300] = now[0] if kind == "uniform" else 0
        tables = [profile_table(pa.table({"x": side})) for side in (before, pa.array(now))]
        found += any(f.alarm for f in compare(*tables, NO_THRESHOLDS))
    assert found == 20


def test_permuted_noise_is_what_permutations_show():
    rng = np.random.default_rng(5)
    pool = rng.zipf(1.6, 600).clip(max=200)
    shown = []
    for _ in range(400):
        rng.shuffle(pool)
        x, y = np.bincount(pool[:250], minlength=201), np.bincount(pool[250:], minlength=201)
        shown.append(jensen_shannon(x / 250, y / 350))
    noise = PermutedJensenShannonNoise(x.astype(float), y.astype(float), 250, 350)
    assert noise.floor(0.05) == pytest.approx(np.quantile(shown, 0.95), rel=0.1)


def test_new_values_of_rare_words_are_expected_and_no_drift():
    rng = np.random.default_rng(6)
    before, now = (profile_table(pa.table({"x": draws("rare words", 3000, rng)})) for _ in range(2))
    new = next(f for f in compare(before, now, NO_THRESHOLDS) if f.code == "NEW_VALUES")
    assert new.distance > 0.2
    assert not new.alarm


def test_adaptive_level_is_benjamini_and_hochbergs():
    assert adaptive_level(np.array([]), 0.05) == 0.05
    assert adaptive_level(np.array([0.5, 0.9]), 0.05) == pytest.approx(0.025)
    # Of four tests, three hold k x 0.05 / 4.
    assert adaptive_level(np.array([0.03, 0.001, 0.9, 0.02]), 0.05) == pytest.approx(0.0375)


def shifted(kind, size, rng):
    """Two samples whose true L-infinity (of shares or of distribution functions) is `size`."""
    if kind == "linf":
        base = np.full(10, 0.1)
        moved = base + np.append(size, np.full(9, -size / 9))
        return [rng.choice(10, rows, p=p).astype(str) for rows, p in ((1500, base), (1000, moved))]
    # Uniform over [0, 1), against the same of which the share `size` of the mass is moved to the right half.
    plain, now = rng.random(1500), rng.random(1000)
    left = now < 0.5
    moves = left & (rng.random(1000) < 2 * size)
    return [plain, np.where(moves, now + 0.5, now)]


@pytest.mark.parametrize(
    ("kind", "measure"), [("linf", "linf"), ("kolmogorov", "kolmogorov_smirnov"), ("missing", "missing_share")]
)
def test_the_true_distance_is_in_the_interval_and_a_drift_of_the_detectable_size_is_found(kind, measure):
    rng = np.random.default_rng(8)

    def judged(size):
        if kind == "missing":
            sides = [
                pa.array(rng.random(rows), mask=rng.random(rows) < share)
                for rows, share in ((1500, 0.3), (1000, 0.3 + size))
            ]
        else:
            sides = [pa.array(side) for side in shifted(kind, size, rng)]
        tables = [profile_table(pa.table({"x": side})) for side in sides]
        policy = SkewPolicy(rows_ratio=None, level=0.01, thresholds={measure: 0.03})
        return next(f for f in compare(*tables, policy) if f.measure == measure)

    truth = judged(0.08).detectable
    assert 0.03 < truth < 0.2
    runs = [judged(truth) for _ in range(120)]
    assert np.mean([f.alarm for f in runs]) >= 0.88
    assert np.mean([f.low <= truth <= f.high for f in runs]) >= 0.93


def test_divergences_find_drifts_of_the_detectable_size():
    rng = np.random.default_rng(9)
    base = np.full(12, 1 / 12)
    noise = JensenShannonNoise(bins=12, rows_a=3000, rows_b=2000)
    limit = noise.floor(0.01)
    wanted = noise.detectable(limit)
    low, high = 0.0, 0.05
    for _ in range(40):
        tilt = (low + high) / 2
        moved = base + tilt * np.where(np.arange(12) % 2, 1, -1)
        low, high = (tilt, high) if jensen_shannon(base, moved) < wanted else (low, tilt)
    draws_ = [(rng.multinomial(3000, base) / 3000, rng.multinomial(2000, moved) / 2000) for _ in range(400)]
    measured = np.array([jensen_shannon(p, q) for p, q in draws_])
    assert np.mean(measured > limit) >= 0.87
    inside = [low <= wanted <= high for low, high in map(noise.interval, measured)]
    assert np.mean(inside) >= 0.93


@given(st.floats(0.1, 1e6), st.integers(1, 200), st.floats(0.01, 0.99))
def test_noncentrality_inverts_scipys_law(x, df, below):
    nc = noncentrality(x, df, below)
    if nc > 0:
        assert ncx2.cdf(x, df, nc) == pytest.approx(below, abs=0.01)
    else:
        assert chi2.cdf(x, df) <= below + 1e-9 or x >= 1e4
