"""Two distribution functions over the same points.

before: 1 2 2 4     ->   points    1     2     3     4
now:    2 3 3 4          a      0.25  0.75  0.75     1     share of rows up to the point
                         b         0  0.25  0.75     1
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from headrace.skew.profiles.profile import FeatureProfile, Floats

Indices = npt.NDArray[np.intp]


class JointDistribution:
    """A numeric feature on two sides, over the union of their points.

    `a`, `b`: shares of the rows up to each point, 0..1; `a_below`, `b_below`: shares of the rows below it.
    """

    def __init__(self, a: FeatureProfile, b: FeatureProfile) -> None:
        # Both are sorted already: a stable sort merges them in one pass.
        points = np.sort(np.concatenate([a.points, b.points]), kind="stable")
        self.points: Floats = points[np.append(points[1:] != points[:-1], True)]
        self.a, self.b = a.distribution(self.points), b.distribution(self.points)
        self.a_below, self.b_below = a.distribution(self.points, left=True), b.distribution(self.points, left=True)

    def kolmogorov_smirnov(self) -> tuple[float, float]:
        """The largest difference of the distribution functions, 0..1, and the value at which it is."""
        gaps = np.maximum(np.abs(self.a - self.b), np.abs(self.a_below - self.b_below))
        at = int(np.argmax(gaps))
        return float(gaps[at]), float(self.points[at])

    @cached_property
    def areas(self) -> tuple[float, float, float]:
        """The area between the distribution functions; and of both sides pooled, with equal weight, the area under
        sqrt(F (1 - F)) and the standard deviation. All are in the unit of the feature."""
        width = np.diff(self.points)
        left, right = self.a[:-1] - self.b[:-1], self.a_below[1:] - self.b_below[1:]
        crossing = left * right < 0
        size = np.abs(left) + np.abs(right)
        area = np.where(crossing, (left**2 + right**2) / np.where(size > 0, size, 1.0), size) / 2
        middle = (self.a[:-1] + self.b[:-1] + self.a_below[1:] + self.b_below[1:]) / 4
        root = np.sqrt(np.clip(middle * (1 - middle), 0.0, None))
        mass = np.diff(np.concatenate([[0.0], (self.a + self.b) / 2]))
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(np.sum(mass * self.points))
            deviation = float(np.sqrt(np.sum(mass * (self.points - mean) ** 2)))
            return float(np.sum(area * width)), float(np.sum(root * width)), deviation

    def most_changed_value(self) -> tuple[float, float, float]:
        """The single value whose share of rows changed the most, with its share on either side."""
        a, b = self.a - self.a_below, self.b - self.b_below
        at = int(np.argmax(np.abs(a - b)))
        return float(self.points[at]), float(a[at]), float(b[at])

    def bins(self, bins: int, *, own_bin_share: float = 0.02) -> tuple[Floats, Floats]:
        """Shares of the rows of either side in common bins, each of which holds about 1 / `bins` of both together.

        Bins hold equal shares of the rows, so an outlier changes nothing. A value in at least `own_bin_share` of the
        rows, such as the zeros of a dead sensor, has a bin to itself.
        """
        upto, below = (self.a + self.b) / 2, (self.a_below + self.b_below) / 2
        cuts = np.searchsorted(upto, np.arange(1, bins) / bins - 1e-12, side="left")
        single = np.flatnonzero(upto - below >= own_bin_share)
        right = np.union1d(np.minimum(cuts, len(upto) - 1), single)
        p = _steps(self.a_below[single], self.a[right], single, right)
        q = _steps(self.b_below[single], self.b[right], single, right)
        filled = p + q > 0
        return p[filled], q[filled]


def _steps(below: Floats, upto: Floats, left: Indices, right: Indices) -> Floats:
    # Borders in the order of their points; of two at the same point the one on its left comes first.
    order = np.lexsort([np.repeat([0, 1], [len(left), len(right)]), np.concatenate([left, right])])
    cumulative = np.concatenate([[0.0], np.concatenate([below, upto])[order], [1.0]])
    return np.clip(np.diff(cumulative), 0.0, 1.0)
