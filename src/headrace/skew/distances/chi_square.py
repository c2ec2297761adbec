"""Pearson's chi-square of two samples over the same values or bins."""

from __future__ import annotations

import numpy as np

from headrace.skew.distances.chi_square_law import ChiSquareNoise
from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.profiles.profile import Floats
from headrace.words import counted


@register
class ChiSquare(Distance):
    """Pearson's statistic, 0 or more; it grows with the number of rows."""

    name, code = "chi_square", "CHI_SQUARE_HIGH"
    title = "chi-square"
    largest = float("inf")

    def measure(self, pair: FeaturePair) -> Measurement:
        """The statistic over the categories or bins, the rare ones as one."""
        return Measurement(distance=chi_square(*pair.frequent_cells), reason=over_bins(pair))

    def noise(self, pair: FeaturePair, *, tested: bool) -> ChiSquareNoise:
        """Its law."""
        return ChiSquareNoise(bins=len(pair.frequent_cells[0]))


def over_bins(pair: FeaturePair) -> str:
    """Words for what changed, and over how many bins it was measured."""
    words = pair.share_change if pair.kind == "categorical" else pair.mean_change
    return f"{words}; over {counted(len(pair.frequent_cells[0]), 'bin')}"


def chi_square(a: Floats, b: Floats) -> float:
    """Pearson's statistic of two vectors of counts, with k - 1 degrees of freedom; 0 where a side has no rows.

    Bins that are empty on both sides are left out.
    """
    rows_a, rows_b = float(a.sum()), float(b.sum())
    pooled = a + b
    filled = pooled > 0
    if not rows_a or not rows_b:
        return 0.0
    part = a[filled] * np.sqrt(rows_b / rows_a) - b[filled] * np.sqrt(rows_a / rows_b)
    return float(np.sum(part**2 / pooled[filled]))
