"""What two samples of these sizes from one distribution would show.

    two draws of 1,000 rows from 20 equally frequent values:
    linf_noise(x, y).floor(0.01) = 0.04      so an L-infinity of 0.03 says nothing

Each noise gives `p_value(distance)`, the chance of at least this distance without any drift, and `floor(level)`, the
distance that is exceeded with at most that chance; `distance > floor(level)` and `p_value(distance) <= level` agree.
All condition on the pooled sample: given it, each row fell on its side by chance.

Each also says what can be told of a drift that is there: `interval(distance)`, between which distances the true one is,
and `detectable(limit)`, how large the true one must be for the measured one to exceed `limit` nearly always.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from headrace.skew.profiles.profile import Floats

CONFIDENCE = 0.95
"""Of the intervals."""
POWER = 0.9
"""With which a drift of the detectable size is found."""
Z_CONFIDENCE = float(special.ndtri((1 + CONFIDENCE) / 2))
Z_POWER = float(special.ndtri(POWER))

EXACT_BELOW = 200
"""Categories of fewer pooled rows get exact hypergeometric tails; from there on the normal ones do."""


class Noise(Protocol):
    """The distribution of a distance when there is no drift."""

    def p_value(self, distance: float) -> float:
        """Chance of a distance of at least this, 0..1; never too low by design."""

    def floor(self, level: float) -> float:
        """The distance which is exceeded with a chance of at most `level`."""

    def interval(self, distance: float) -> tuple[float, float]:
        """Between which distances the true one is, with `CONFIDENCE`, when this one was measured."""

    def detectable(self, limit: float) -> float:
        """The smallest true distance for which the measured one exceeds `limit` with `POWER`."""


def _coin(rows_a: int, rows_b: int) -> float:
    # The standard deviation of a difference of two shares, at most.
    return float(np.sqrt(1 / rows_a + 1 / rows_b) / 2)


def _around(distance: float, reach: float) -> tuple[float, float]:
    return max(distance - reach, 0.0), min(distance + reach, 1.0)


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
        # Of the hypergeometric distribution: two sides that together are the pool vary less than two free samples.
        variance = share * (1 - share) * rows / max(rows - 1, 1) * (1 / rows_a + 1 / rows_b)
        self._sigma = np.sqrt(np.maximum(variance, 1e-300))
        self._times = times[~small]
        self._lattice = (1 / rows_a + 1 / rows_b) / 2
        p, q = a / rows_a, b / rows_b
        free = float(np.sqrt(np.max(p * (1 - p) / rows_a + q * (1 - q) / rows_b, initial=0.0)))
        # A triangle: the largest error of any share, by Bonferroni; shares of 0 and 1 err as one of half a row does.
        least = np.sqrt(0.5 / rows_a**2 + 0.5 / rows_b**2)
        self._reach = -float(special.ndtri((1 - CONFIDENCE) / 2 / max(len(a), 1))) * max(free, least)
        self._coin = _coin(rows_a, rows_b)

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
        """Of distances above 0."""
        exact = self._exact_cumulative[np.searchsorted(-self._exact_d, -distances * (1 - 1e-12), side="right")]
        z = np.maximum(distances[:, None] - self._lattice, 0.0) / self._sigma
        return np.minimum(1.0, exact + special.ndtr(-z) @ (2.0 * self._times))

    def interval(self, distance: float) -> tuple[float, float]:
        """Between which distances the true one is."""
        return _around(distance, self._reach)

    def detectable(self, limit: float) -> float:
        """The smallest true distance that is found, whatever the shares."""
        return min(limit + Z_POWER * self._coin + self._lattice, 1.0)


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

    def interval(self, distance: float) -> tuple[float, float]:
        """Between which distances the true one is: a triangle (Dvoretzky, Kiefer and Wolfowitz, 1956)."""
        return _around(distance, self.floor(1 - CONFIDENCE))

    def detectable(self, limit: float) -> float:
        """The smallest true distance that is found, wherever it is."""
        return min(limit + Z_POWER * _coin(self.rows_a, self.rows_b) + self.resolution, 1.0)

    @property
    def _scale(self) -> float:
        return float(np.sqrt(1 / self.rows_a + 1 / self.rows_b))


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
        self._rows = rows_b

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

    def interval(self, distance: float) -> tuple[float, float]:
        """Between which shares the true one is (Wilson, 1927)."""
        z2 = Z_CONFIDENCE**2 / self._rows
        middle = (distance + z2 / 2) / (1 + z2)
        reach = np.sqrt(z2 * distance * (1 - distance) + z2**2 / 4) / (1 + z2)
        return max(float(middle - reach), 0.0), min(float(middle + reach), 1.0)

    def detectable(self, limit: float) -> float:
        """The smallest true share that is found; what is new by chance adds to it, and is left out of account."""
        share = min(limit, 0.5)
        for _ in range(8):
            share = min(limit + Z_POWER * float(np.sqrt(share * (1 - share) / self._rows)) + 0.5 / self._rows, 1.0)
        return share


class NormalizedDifferenceNoise:
    """The largest change of any count, as a share of all rows: each row of a value is on either side like a coin flip.

    So a change of the number of rows is no noise here: the measure is meant to see it.
    """

    def __init__(self, a: Floats, b: Floats) -> None:
        self._rows = max(float(np.sum(a + b)), 1.0)
        self._values = max(len(a), 1)
        self._sigma = float(np.sqrt(max(float(np.max(a + b, initial=1.0)), 1.0))) / self._rows

    def p_value(self, distance: float) -> float:
        """Chance of at least this distance, 0..1: Hoeffding's bound, over all values."""
        return float(min(1.0, 2 * self._values * np.exp(-((max(distance, 0.0) / self._sigma) ** 2) / 2)))

    def floor(self, level: float) -> float:
        """The distance exceeded with a chance of at most `level`."""
        return float(min(self._sigma * np.sqrt(2 * np.log(2 * self._values / level)), 1.0))

    def interval(self, distance: float) -> tuple[float, float]:
        """Between which distances the true one is."""
        z = -float(special.ndtri((1 - CONFIDENCE) / 2 / self._values))
        return _around(distance, z * self._sigma)

    def detectable(self, limit: float) -> float:
        """The smallest true distance that is found."""
        return min(limit + Z_POWER / float(np.sqrt(self._rows)), 1.0)


@dataclass(frozen=True, kw_only=True)
class WassersteinNoise:
    """Area between two distribution functions, in the unit of the feature.

    Without drift their difference is a Brownian bridge in F: `mean` is the mean of its area, `spread` a bound of the
    deviation of any functional of slope 1 of it, so that the tail is Gaussian (Borell, 1975; Cirel'son, Ibragimov and
    Sudakov, 1976).
    """

    mean: float
    spread: float

    def p_value(self, distance: float) -> float:
        """Chance of at least this distance, 0..1."""
        excess = distance - self.mean
        if excess <= 0:
            return 1.0
        return float(np.exp(-((excess / self.spread) ** 2) / 2)) if self.spread else 0.0

    def floor(self, level: float) -> float:
        """The distance exceeded with a chance of at most `level`."""
        return self.mean + self.spread * float(np.sqrt(-2 * np.log(level)))

    def interval(self, distance: float) -> tuple[float, float]:
        """Between which distances the true one is: a triangle."""
        reach = self.floor(1 - CONFIDENCE)
        return max(distance - reach, 0.0), distance + reach

    def detectable(self, limit: float) -> float:
        """The smallest true distance that is found."""
        return limit + Z_POWER * self.spread


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
