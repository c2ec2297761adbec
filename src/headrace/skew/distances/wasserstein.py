"""Wasserstein distance of order 1: the area between two distribution functions.

before: 1 2 3     now: 2 3 4     ->  1: every row moved by 1
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.noise_protocol import CONFIDENCE, Z_POWER
from headrace.skew.distances.pair import FeaturePair


@register
class Wasserstein(Distance):
    """In the unit of the feature, 0 or more."""

    name, code = "wasserstein", "WASSERSTEIN_HIGH"
    title = "Wasserstein (unit of the feature)"
    largest = float("inf")
    kinds = ("numeric",)

    def measure(self, pair: FeaturePair) -> Measurement | None:
        """The area; None where it, or its noise, is too large for a float."""
        if not np.isfinite(sum(pair.joint.areas)):
            return None
        return Measurement(distance=pair.joint.areas[0], reason=pair.mean_change)

    def noise(self, pair: FeaturePair, *, tested: bool) -> WassersteinNoise:
        """Its law; a quantile histogram may be off by its resolution over the whole range."""
        _, under_root, deviation = pair.joint.areas
        each = float(np.sqrt(1 / pair.present[0] + 1 / pair.present[1]))
        ranges = sum(side.maximum - side.minimum for side in (pair.before, pair.now))
        mean = float(np.sqrt(2 / np.pi)) * under_root * each + pair.resolution * ranges / 2
        return WassersteinNoise(mean=mean, spread=deviation * each)


@dataclass(frozen=True, kw_only=True)
class WassersteinNoise:
    """The law of the area, in the unit of the feature.

    Without drift the difference of the functions is a Brownian bridge in F. `mean` is the mean of its area; `spread`
    bounds the standard deviation of any functional of it with slope 1, so that the tail is at most Gaussian (Borell,
    1975; Cirel'son, Ibragimov and Sudakov, 1976).
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
        """The lowest and the highest true distance, by the triangle inequality."""
        reach = self.floor(1 - CONFIDENCE)
        return max(distance - reach, 0.0), distance + reach

    def detectable(self, limit: float) -> float:
        """The smallest true distance that is found."""
        return limit + Z_POWER * self.spread
