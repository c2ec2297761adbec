"""Population stability index: the sum of (p - q) ln(p / q) over the values or bins."""

from __future__ import annotations

import numpy as np

from headrace.skew.distances.chi_square import over_bins
from headrace.skew.distances.chi_square_law import ChiSquareNoise
from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.profiles.profile import Floats


@register
class PopulationStability(Distance):
    """Nats, 0 or more."""

    name, code = "psi", "PSI_HIGH"
    title = "stability index (PSI)"
    largest = float("inf")

    def measure(self, pair: FeaturePair) -> Measurement:
        """The index over the categories or bins, the rare ones as one."""
        return Measurement(distance=population_stability(*pair.frequent_cells), reason=over_bins(pair))

    def noise(self, pair: FeaturePair, *, tested: bool) -> ChiSquareNoise:
        """Its law: 1/n + 1/m times a chi-square."""
        a, b = pair.frequent_cells
        scale = 1 / max(float(a.sum()), 1.0) + 1 / max(float(b.sum()), 1.0)
        return ChiSquareNoise(bins=len(a), scale=scale)


def population_stability(a: Floats, b: Floats) -> float:
    """Population stability index of two vectors of counts, in nats; 0 where a side has no rows.

    Where a bin is empty on a side, half a row is added to every bin of both: 0 has no logarithm.
    """
    if not len(a) or not a.sum() or not b.sum():
        return 0.0
    if np.any(a == 0) or np.any(b == 0):
        a, b = a + 0.5, b + 0.5
    p, q = a / a.sum(), b / b.sum()
    return float(np.sum((p - q) * np.log(p / q)))
