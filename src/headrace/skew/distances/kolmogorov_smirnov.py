"""Kolmogorov-Smirnov: the largest difference of two distribution functions, which is L-infinity between them.

before: 1 2 2 4
now:    2 3 3 4     ->  0.5, at 2: 75 % of the rows before have 2 or less, 25 % now
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.noise_protocol import CONFIDENCE, Z_POWER, interval_of_share, largest_deviation
from headrace.skew.distances.pair import FeaturePair
from headrace.words import percent


@register
class KolmogorovSmirnov(Distance):
    """Share of the rows, 0..1."""

    name, code, threshold = "kolmogorov_smirnov", "DISTRIBUTION_FUNCTION_HIGH", 0.1
    title = "Kolmogorov-Smirnov"
    kinds = ("numeric",)
    anomaly_type, measurement_type = "COMPARATOR_L_INFTY_HIGH", "L_INFTY"

    def measure(self, pair: FeaturePair) -> Measurement:
        """The distance, and the value at which the functions are that far apart."""
        gap, at = pair.joint.kolmogorov_smirnov()
        was, is_now = (percent(float(side.distribution(np.array([at]))[0])) for side in (pair.before, pair.now))
        then, since = pair.labels
        return Measurement(
            distance=gap, reason=f"{was} of rows {then} are {pair.before.shown(at)} or less, {is_now} {since}"
        )

    def noise(self, pair: FeaturePair, *, tested: bool) -> KolmogorovNoise:
        """Its law."""
        return KolmogorovNoise(rows_a=pair.present[0], rows_b=pair.present[1], resolution=pair.resolution)


@dataclass(frozen=True, kw_only=True)
class KolmogorovNoise:
    """Kolmogorov's asymptotic law; where values tie it gives too high a chance, never too low a one.

    `resolution`: share of the rows by which the distribution functions may be off.
    """

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
        """The lowest and the highest true distance, by the triangle inequality and that of Dvoretzky, Kiefer and
        Wolfowitz (1956)."""
        return interval_of_share(distance, self.floor(1 - CONFIDENCE))

    def detectable(self, limit: float) -> float:
        """The smallest true distance that is found, wherever it is."""
        return min(limit + Z_POWER * largest_deviation(self.rows_a, self.rows_b) + self.resolution, 1.0)

    @property
    def _scale(self) -> float:
        return float(np.sqrt(1 / self.rows_a + 1 / self.rows_b))
