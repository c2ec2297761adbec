"""Normalized absolute difference: the largest change of any count, as a share of the rows of both sides.

    rows  before: 60 40     now: 60 0     ->  40 / 160 = 0.25

TFMD defines it. It sees that rows are missing, which shares do not.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.noise_protocol import CONFIDENCE, Z_POWER, interval_of_share
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.profiles.profile import Floats


@register
class NormalizedAbsoluteDifference(Distance):
    """Share of the rows of both sides, 0..1."""

    name, code = "normalized_absolute_difference", "NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH"
    title = "normalized absolute difference"
    kinds = ("categorical",)
    anomaly_type = "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH"
    measurement_type, comparator = "NORMALIZED_ABSOLUTE_DIFFERENCE", "normalized_abs_difference"

    def measure(self, pair: FeaturePair) -> Measurement:
        """The distance between the counts of the categories."""
        counts = pair.counts
        at = int(np.argmax(np.abs(counts.a - counts.b)))
        words = f"{counts.values[at]!r} {pair.change(f'{counts.a[at]:,.0f}', f'{counts.b[at]:,.0f}', ' rows')}"
        return Measurement(distance=normalized_absolute_difference(counts.a, counts.b), reason=words)

    def noise(self, pair: FeaturePair, *, tested: bool) -> NormalizedDifferenceNoise:
        """Its law."""
        return NormalizedDifferenceNoise(pair.counts.a, pair.counts.b)


def normalized_absolute_difference(a: Floats, b: Floats) -> float:
    """The largest change of any count, as a share of the rows of both sides, 0..1."""
    rows = float(np.sum(a + b))
    return float(np.max(np.abs(a - b))) / rows if rows else 0.0


class NormalizedDifferenceNoise:
    """The law of the largest change: each row of a value is on either side with a chance of one half.

    So a change of the number of rows is not noise: this measure is meant to see it.
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
        """The lowest and the highest true distance."""
        z = -float(special.ndtri((1 - CONFIDENCE) / 2 / self._values))
        return interval_of_share(distance, z * self._sigma)

    def detectable(self, limit: float) -> float:
        """The smallest true distance that is found."""
        return min(limit + Z_POWER / float(np.sqrt(self._rows)), 1.0)
