"""What two samples of these sizes from one distribution would show.

    two draws of 1,000 rows from 20 equally frequent values:
    linf_noise(x, y).floor(0.01) = 0.04      so an L-infinity of 0.03 says nothing

Each noise gives `p_value(distance)`, the chance of at least this distance without any drift, and `floor(level)`, the
distance that is exceeded with at most that chance; `distance > floor(level)` and `p_value(distance) <= level` agree.
All condition on the pooled sample: given it, each row fell on its side by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from headrace.skew.distances import jensen_shannon
from headrace.skew.profile import Floats

EXACT_BELOW = 200
"""Categories of fewer pooled rows get exact hypergeometric tails; from there on the normal ones do."""


class Noise(Protocol):
    """The distribution of a distance when there is no drift."""

    def p_value(self, distance: float) -> float:
        """Chance of a distance of at least this, 0..1; never too low by design."""

    def floor(self, level: float) -> float:
        """The distance which is exceeded with a chance of at most `level`."""


class LinfNoise:
    """L-infinity of shares: the union bound over categories of their exact (hypergeometric) or normal tails.

    `a`, `b`: rows by category; `rows_a`, `rows_b`: all rows of each side. A single category tests one share.
    """

    def __init__(self, a: Floats, b: Floats, rows_a: int, rows_b: int) -> None:
        pooled, times = np.unique(np.round(a + b), return_counts=True)
        rows = rows_a + rows_b
        small = pooled < EXACT_BELOW
        self._exact_d, exact_p = _exact_tails(pooled[small], times[small], rows_a, rows_b)
        order = np.argsort(-self._exact_d, kind="stable")
        self._exact_d = self._exact_d[order]
        self._exact_cumulative = np.concatenate([[0.0], np.cumsum(exact_p[order])])
        share = pooled[~small] / rows
        # Of the hypergeometric distribution: two sides that together are the pool vary less than two free samples.
        variance = share * (1 - share) * rows / max(rows - 1, 1) * (1 / rows_a + 1 / rows_b)
        self._sigma = np.sqrt(np.maximum(variance, 1e-300))
        self._times = times[~small]
        self._lattice = (1 / rows_a + 1 / rows_b) / 2

    def p_value(self, distance: float) -> float:
        """Chance of at least this distance, 0..1."""
        if distance <= 0:
            return 1.0
        exact = self._exact_cumulative[np.searchsorted(-self._exact_d, -distance * (1 - 1e-12), side="right")]
        z = np.maximum(distance - self._lattice, 0.0) / self._sigma
        return float(min(1.0, exact + np.sum(self._times * 2 * special.ndtr(-z))))

    def floor(self, level: float) -> float:
        """The distance exceeded with a chance of at most `level`."""
        return bisect_floor(self, level)


def _exact_tails(pooled: Floats, times: Floats, rows_a: int, rows_b: int) -> tuple[Floats, Floats]:
    # All ways in which c rows of a category can fall on the two sides: their distances and chances.
    if not len(pooled):
        return np.empty(0), np.empty(0)
    c = pooled[:, None]
    x = np.arange(int(pooled[-1]) + 1)[None, :]
    possible = (x <= c) & (x <= rows_a) & (c - x <= rows_b)
    rest = np.where(possible, c - x, 0)
    of_a, of_b = _log_choose(rows_a, np.where(possible, x, 0)), _log_choose(rows_b, rest)
    log_p = of_a + of_b - _log_choose(rows_a + rows_b, c)
    p = np.where(possible, np.exp(np.minimum(log_p, 0.0)), 0.0) * times[:, None]
    return np.abs(x / rows_a - rest / rows_b)[possible], p[possible]


def _log_choose(n: int, k: Floats) -> Floats:
    return special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)


@dataclass(frozen=True, kw_only=True)
class JensenShannonNoise:
    """Jensen-Shannon divergence over `bins` that hold rows enough: 8 ln 2 JS / (1/n + 1/m) is chi-square of bins - 1.

    To second order JS is (1 / 8 ln 2) sum (p - q)² / m, Pearson's statistic for two samples. `resolution` is the
    share of rows by which a bin's border may be off (0 for exact counts); a straight line within a bucket is taken to
    be right within a quarter of it, and the square root of JS, a metric, adds that error up.
    """

    bins: int
    rows_a: int
    rows_b: int
    resolution: float = 0.0

    def p_value(self, distance: float) -> float:
        """Chance of at least this distance, 0..1."""
        clean = max(float(np.sqrt(max(distance, 0.0))) - self._blur, 0.0) ** 2
        return float(special.chdtrc(max(self.bins - 1, 1), clean / self._scale))

    def floor(self, level: float) -> float:
        """The distance exceeded with a chance of at most `level`."""
        clean = float(special.chdtri(max(self.bins - 1, 1), level)) * self._scale
        return float((np.sqrt(clean) + self._blur) ** 2)

    @property
    def _scale(self) -> float:
        # Bins of few rows stretch the tail: the next order of the expansion, checked by simulation.
        fewest = min(self.rows_a, self.rows_b)
        return (1 / self.rows_a + 1 / self.rows_b) / (8 * np.log(2)) * (1 + self.bins / (2 * fewest))

    @property
    def _blur(self) -> float:
        return 2 * self.bins * self.resolution / 4 / np.sqrt(8 * np.log(2))


@dataclass(frozen=True, kw_only=True)
class KolmogorovNoise:
    """L-infinity between distribution functions: Kolmogorov's asymptotic law, which is conservative where values
    tie."""

    rows_a: int
    rows_b: int
    resolution: float = 0.0

    def p_value(self, distance: float) -> float:
        """Chance of at least this distance, 0..1."""
        return float(special.kolmogorov(max(distance - self.resolution, 0.0) / self._scale))

    def floor(self, level: float) -> float:
        """The distance exceeded with a chance of at most `level`."""
        return float(special.kolmogi(level)) * self._scale + self.resolution

    @property
    def _scale(self) -> float:
        return float(np.sqrt(1 / self.rows_a + 1 / self.rows_b))


class PermutedJensenShannonNoise:
    """Jensen-Shannon divergence over categories, many of them rare: from seeded permutations of the pooled rows.

    A scaled chi-square is fitted to mean and variance of `draws` splits of the pool, for tails that draws don't
    reach.
    """

    def __init__(self, a: Floats, b: Floats, rows_a: int, rows_b: int, *, draws: int = 200, seed: int = 0) -> None:
        pooled = np.round(a + b).astype(np.int64)
        kept = int(pooled.sum())
        rng = np.random.default_rng(seed)
        size = min(round(rows_a * kept / max(rows_a + rows_b, 1)), kept)
        splits = rng.multivariate_hypergeometric(pooled, size, size=draws, method="marginals").astype(np.float64)
        distances = np.array([jensen_shannon(x / size, (pooled - x) / max(kept - size, 1)) for x in splits])
        mean, variance = float(distances.mean()), float(max(distances.var(ddof=1), 1e-18))
        self._scale, self._df = variance / (2 * max(mean, 1e-12)), 2 * mean**2 / variance

    def p_value(self, distance: float) -> float:
        """Chance of at least this distance, 0..1."""
        return float(special.gammaincc(self._df / 2, max(distance, 0.0) / self._scale / 2))

    def floor(self, level: float) -> float:
        """The distance exceeded with a chance of at most `level`."""
        return float(special.gammainccinv(self._df / 2, level)) * 2 * self._scale


class NewValuesNoise:
    """Share of rows whose value the baseline does not have: by Bernstein's inequality, over the values of the pool.

    A value of c pooled rows lies wholly on the current side by chance in about (n / (m + n))^c of all splits.
    """

    def __init__(self, a: Floats, b: Floats, rows_a: int, rows_b: int) -> None:
        pooled, times = np.unique(np.round(a + b), return_counts=True)
        rows = rows_a + rows_b
        log_p = np.where(
            pooled <= rows_b, _log_choose(rows_b, np.minimum(pooled, rows_b)) - _log_choose(rows, pooled), -np.inf
        )
        p = np.exp(np.minimum(log_p, 0.0)) if rows_a else np.ones(len(pooled))
        self.mean = float(np.sum(times * p * pooled) / rows_b)
        self._variance = float(np.sum(times * p * (1 - p) * pooled**2) / rows_b**2)
        likely = pooled[times * p > 1e-9]
        self._step = float(likely.max() if len(likely) else 1.0) / rows_b

    def p_value(self, distance: float) -> float:
        """Chance of at least this distance, 0..1."""
        excess = distance - self.mean
        if excess <= 0:
            return 1.0
        return float(np.exp(-(excess**2) / (2 * (self._variance + self._step * excess / 3))))

    def floor(self, level: float) -> float:
        """The distance exceeded with a chance of at most `level`."""
        log = -np.log(level)
        drift = self._step * log / 3
        return float(self.mean + drift + np.sqrt(drift**2 + 2 * self._variance * log))


def bisect_floor(noise: Noise, level: float) -> float:
    """The smallest distance in 0..1 that is exceeded with a chance of at most `level`, from the p-value alone."""
    low, high = 0.0, 1.0
    if noise.p_value(1.0) > level:
        return 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if noise.p_value(middle) <= level else (middle, high)
    return low


def adaptive_level(p_values: Floats, level: float) -> float:
    """The level each single test is held to so that at most the share `level` of the alarms is false.

    Benjamini & Hochberg (1995): k level / n for the largest k such that k of the n tests have p <= k level / n;
    level / n if there is none. Without any drift the chance of one alarm or more is at most `level`.
    """
    if not len(p_values):
        return level
    ranks = np.arange(1, len(p_values) + 1)
    passed = np.flatnonzero(np.sort(p_values) <= ranks * level / len(p_values))
    return level * (passed[-1] + 1 if len(passed) else 1) / len(p_values)
