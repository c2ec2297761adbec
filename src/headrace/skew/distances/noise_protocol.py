"""What the distance of two samples without drift is like: what the classes of all distances have in common.

The floor of each distance is computed in its own file, such as `linf`, or in one that several share.

Noise is what two samples of these sizes from one distribution show, and what a distance is judged against:

    two draws of 1,000 rows from 20 equally frequent values:
    LinfNoise(a, b, 1000, 1000).floor(0.01) = 0.034      so an L-infinity of 0.03 may be chance

All laws condition on the pooled sample: each of its rows fell on its
side by chance.
"""

from __future__ import annotations

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


class Noise(Protocol):
    """How a distance is distributed where there is no drift, and what can be said of a drift that is there.

    `distance > floor(level)` and `p_value(distance) <= level` agree.
    """

    def p_value(self, distance: float) -> float:
        """Chance of a distance of at least this, 0..1; rather too high than too low."""

    def floor(self, level: float) -> float:
        """The distance that is exceeded with a chance of at most `level`."""

    def interval(self, distance: float) -> tuple[float, float]:
        """The lowest and the highest true distance, with `CONFIDENCE`, where this one was measured."""

    def detectable(self, limit: float) -> float:
        """The smallest true distance for which the measured one exceeds `limit` with a chance of `POWER`."""


def largest_deviation(rows_a: int, rows_b: int) -> float:
    """The standard deviation of the difference of two shares, where it is largest: at a share of one half."""
    return float(np.sqrt(1 / rows_a + 1 / rows_b) / 2)


def interval_of_share(distance: float, reach: float) -> tuple[float, float]:
    """`distance` minus and plus `reach`, kept within 0..1."""
    return max(distance - reach, 0.0), min(distance + reach, 1.0)


def log_choose(n: int, k: Floats) -> Floats:
    """Logarithm of the number of ways to choose k of n."""
    return special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
