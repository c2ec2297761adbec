"""The law that Jensen-Shannon divergence, chi-square and population stability index share.

    over k bins that each hold enough rows, without drift:
    8 ln 2 JS / (1/n + 1/m),   PSI / (1/n + 1/m)   and   X²   are chi-square with k - 1 degrees of freedom

since to second order each of them is Pearson's statistic of two samples. With drift they are noncentral chi-square,
which gives the intervals and the detectable distances.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from headrace.skew.distances.noise_protocol import CONFIDENCE, POWER

EXACT_BELOW = 1e4
"""Statistics below it get the exact noncentral law, others its normal approximation."""


def noncentrality(x: float, df: float, below: float) -> float:
    """The noncentrality with which a chi-square of `df` degrees of freedom is at most `x` with a chance of `below`."""
    if special.chdtr(df, x) <= below:
        return 0.0
    if x < EXACT_BELOW:
        return float(special.chndtrinc(x, df, below))
    z = float(special.ndtri(below))
    root = -z * np.sqrt(2) + np.sqrt(2 * z**2 + 2 * x - df)
    return max(float(root**2 - df) / 2, 0.0)


class ChiSquareLaw:
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
        """The lowest and the highest true distance."""
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


class ChiSquareNoise(ChiSquareLaw):
    """The law of Pearson's statistic over `bins`, times `scale`."""

    def __init__(self, *, bins: int, scale: float = 1.0) -> None:
        self.df, self.scale, self.most = max(bins - 1, 1), scale, float("inf")
