"""What divergences show by chance: Jensen-Shannon, chi-square and population stability index follow one law.

    over k bins that hold rows enough, without drift:
    8 ln 2 JS / (1/n + 1/m),   PSI / (1/n + 1/m)   and   X²   are chi-square of k - 1 degrees of freedom

since to second order each is Pearson's statistic of two samples; with drift it is the noncentral chi-square, by which
intervals and detectable distances are found.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from headrace.skew.distances.distances import jensen_shannon
from headrace.skew.distances.noise import CONFIDENCE, POWER
from headrace.skew.profiles.profile import Floats

EXACT_BELOW = 1e4
"""Statistics below it get the exact noncentral law, others its normal approximation."""


def noncentrality(x: float, df: float, below: float) -> float:
    """The noncentrality for which a chi-square of `df` degrees of freedom is at most `x` with a chance of `below`."""
    if special.chdtr(df, x) <= below:
        return 0.0
    if x < EXACT_BELOW:
        return float(special.chndtrinc(x, df, below))
    z = float(special.ndtri(below))
    root = -z * np.sqrt(2) + np.sqrt(2 * z**2 + 2 * x - df)
    return max(float(root**2 - df) / 2, 0.0)


class _ChiSquareLaw:
    """A distance that is `scale` times a chi-square of `df` degrees of freedom."""

    scale: float
    df: float
    most: float = 1.0

    def p_value(self, distance: float) -> float:
        """Chance of at least this distance, 0..1."""
        return float(special.chdtrc(self.df, self._clean(distance) / self.scale))

    def floor(self, level: float) -> float:
        """The distance exceeded with a chance of at most `level`."""
        return self._blurred(float(special.chdtri(self.df, level)) * self.scale)

    def interval(self, distance: float) -> tuple[float, float]:
        """Between which distances the true one is."""
        tail = (1 - CONFIDENCE) / 2
        low = noncentrality(self._clean(distance) / self.scale, self.df, 1 - tail) * self.scale
        high = noncentrality(self._blurred(distance) / self.scale, self.df, tail) * self.scale
        return min(low, self.most), min(high, self.most)

    def detectable(self, limit: float) -> float:
        """The smallest true distance that is found."""
        found = noncentrality(self._blurred(limit) / self.scale, self.df, 1 - POWER) * self.scale
        return min(found, self.most)

    def _clean(self, distance: float) -> float:
        return max(distance, 0.0)

    def _blurred(self, distance: float) -> float:
        return distance


class ChiSquareNoise(_ChiSquareLaw):
    """Pearson's chi-square over `bins`, or what is `scale` times that."""

    def __init__(self, *, bins: int, scale: float = 1.0) -> None:
        self.df, self.scale, self.most = max(bins - 1, 1), scale, float("inf")


class JensenShannonNoise(_ChiSquareLaw):
    """Jensen-Shannon divergence over `bins` that hold rows enough.

    `resolution` is the share of rows by which a bin's border may be off (0 for exact counts); a straight line within a
    bucket is taken to be right within a quarter of it, and the square root of JS, a metric, adds that error up.
    """

    def __init__(self, *, bins: int, rows_a: int, rows_b: int, resolution: float = 0.0) -> None:
        self.df = max(bins - 1, 1)
        # Bins of few rows stretch the tail: the next order of the expansion, checked by simulation.
        stretch = 1 + bins / (2 * min(rows_a, rows_b))
        self.scale = (1 / rows_a + 1 / rows_b) / (8 * np.log(2)) * stretch
        self._blur = 2 * bins * resolution / 4 / np.sqrt(8 * np.log(2))

    def _clean(self, distance: float) -> float:
        return float(max(float(np.sqrt(max(distance, 0.0))) - self._blur, 0.0) ** 2)

    def _blurred(self, distance: float) -> float:
        return float((np.sqrt(distance) + self._blur) ** 2)


class PermutedJensenShannonNoise(_ChiSquareLaw):
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
        self.scale, self.df = variance / (2 * max(mean, 1e-12)), 2 * mean**2 / variance
