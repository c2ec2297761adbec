"""L-infinity (Chebyshev): the largest change of the share of any category.

shares  before: 0.5 0.3 0.2
        now:    0.3 0.3 0.4     ->  0.2
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import special

from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.noise_protocol import (
    CONFIDENCE,
    Z_POWER,
    interval_of_share,
    largest_deviation,
    log_choose,
)
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.profiles.profile import Floats

EXACT_BELOW = 200
"""Categories of fewer pooled rows get exact hypergeometric tails, others those of the normal distribution."""


@register
class Linf(Distance):
    """Share of the rows, 0..1."""

    name, code, threshold = "linf", "LINF_HIGH", 0.05
    title = "L-infinity"
    kinds = ("categorical",)
    on_numbers = "kolmogorov_smirnov"
    anomaly_type, measurement_type, comparator = "COMPARATOR_L_INFTY_HIGH", "L_INFTY", "infinity_norm"

    def measure(self, pair: FeaturePair) -> Measurement:
        """The distance between the shares of the categories."""
        return Measurement(distance=linf(pair.counts.p, pair.counts.q), reason=pair.share_change)

    def noise(self, pair: FeaturePair, *, tested: bool) -> LinfNoise:
        """Its law."""
        return LinfNoise(pair.counts.a, pair.counts.b, *pair.present)


def linf(p: Floats, q: Floats) -> float:
    """L-infinity (Chebyshev) distance of two vectors of shares, 0..1."""
    return float(np.max(np.abs(p - q))) if len(p) else 0.0


class LinfNoise:
    """L-infinity of shares: the union bound over categories of their exact (hypergeometric) or normal tails.

    `a`, `b`: rows by category; `rows_a`, `rows_b`: all rows of each side. A single category tests one share.
    """

    def __init__(self, a: Floats, b: Floats, rows_a: int, rows_b: int) -> None:
        self._floors: dict[float, float] = {}
        pooled, times = np.unique(np.round(a + b), return_counts=True)
        rows = rows_a + rows_b
        small = pooled < EXACT_BELOW
        self._exact_d, exact_p = _exact_tails(pooled[small], times[small], rows_a, rows_b)
        order = np.argsort(-self._exact_d, kind="stable")
        self._exact_d = self._exact_d[order]
        self._exact_cumulative = np.concatenate([[0.0], np.cumsum(exact_p[order])])
        share = pooled[~small] / rows
        # Of the hypergeometric distribution: given the pool, the sides vary less than two independent samples do.
        variance = share * (1 - share) * rows / max(rows - 1, 1) * (1 / rows_a + 1 / rows_b)
        self._sigma = np.sqrt(np.maximum(variance, 1e-300))
        self._times = times[~small]
        self._lattice = (1 / rows_a + 1 / rows_b) / 2
        p, q = a / rows_a, b / rows_b
        free = float(np.sqrt(np.max(p * (1 - p) / rows_a + q * (1 - q) / rows_b, initial=0.0)))
        # By the triangle inequality: the largest error of any share (Bonferroni). Shares of 0 and 1 are given that of
        # half a row.
        least = np.sqrt(0.5 / rows_a**2 + 0.5 / rows_b**2)
        self._reach = -float(special.ndtri((1 - CONFIDENCE) / 2 / max(len(a), 1))) * max(free, least)
        self._largest_deviation = largest_deviation(rows_a, rows_b)

    def p_value(self, distance: float) -> float:
        """Chance of at least this distance, 0..1."""
        if distance <= 0:
            return 1.0
        return float(self._p_values(np.array([distance]))[0])

    def floor(self, level: float) -> float:
        """The distance exceeded with a chance of at most `level`: to 1e-9, in six steps of 32 parts each."""
        if level not in self._floors:
            low, high = 0.0, 1.0
            for _ in range(6):
                edges = np.linspace(low, high, 33)
                first = int(np.argmax(np.append(self._p_values(edges[1:-1]) <= level, True)))
                low, high = float(edges[first]), float(edges[first + 1])
            self._floors[level] = low if self._p_values(np.ones(1))[0] <= level else 1.0
        return self._floors[level]

    def _p_values(self, distances: Floats) -> Floats:
        exact = self._exact_cumulative[np.searchsorted(-self._exact_d, -distances * (1 - 1e-12), side="right")]
        z = np.maximum(distances[:, None] - self._lattice, 0.0) / self._sigma
        return np.minimum(1.0, exact + special.ndtr(-z) @ (2.0 * self._times))

    def interval(self, distance: float) -> tuple[float, float]:
        """The lowest and the highest true distance."""
        return interval_of_share(distance, self._reach)

    def detectable(self, limit: float) -> float:
        """The smallest true distance that is found, whatever the shares."""
        return min(limit + Z_POWER * self._largest_deviation + self._lattice, 1.0)


@lru_cache(maxsize=1024)
def share_noise(a: int, b: int, rows_a: int, rows_b: int) -> LinfNoise | None:
    """The law of the difference of two shares, `a` of `rows_a` and `b` of `rows_b`; None where a side has no rows."""
    return LinfNoise(np.array([float(a)]), np.array([float(b)]), rows_a, rows_b) if rows_a and rows_b else None


def _exact_tails(pooled: Floats, times: Floats, rows_a: int, rows_b: int) -> tuple[Floats, Floats]:
    # Distances and chances of all ways in which the c rows of a category can fall on the two sides.
    if not len(pooled):
        return np.empty(0), np.empty(0)
    c = pooled[:, None]
    x = np.arange(int(pooled[-1]) + 1)[None, :]
    possible = (x <= c) & (x <= rows_a) & (c - x <= rows_b)
    rest = np.where(possible, c - x, 0)
    of_a, of_b = log_choose(rows_a, np.where(possible, x, 0)), log_choose(rows_b, rest)
    log_p = of_a + of_b - log_choose(rows_a + rows_b, c)
    p = np.where(possible, np.exp(np.minimum(log_p, 0.0)), 0.0) * times[:, None]
    return np.abs(x / rows_a - rest / rows_b)[possible], p[possible]
