"""How far apart two distributions are.

    shares  a: 0.5 0.3 0.2     linf = max |p - q| = 0.2
            b: 0.3 0.3 0.4     jensen_shannon = 0.0387 bits

Each is 0 for equal distributions, at most 1, and symmetric. L-infinity is the Chebyshev distance of two vectors of
shares; between two distribution functions it is the Kolmogorov-Smirnov distance. The Jensen-Shannon divergence is in
bits; its square root is a metric (Endres & Schindelin, 2003).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headrace.skew.profiles.profile import FeatureProfile, Floats

Indices = npt.NDArray[np.intp]


def linf(p: Floats, q: Floats) -> float:
    """L-infinity (Chebyshev) distance of two vectors of shares, 0..1."""
    return float(np.max(np.abs(p - q))) if len(p) else 0.0


def jensen_shannon(p: Floats, q: Floats) -> float:
    """Jensen-Shannon divergence of two vectors of shares, in bits, 0..1 (Lin, 1991)."""
    m = (p + q) / 2
    return float(np.clip((_relative_entropy(p, m) + _relative_entropy(q, m)) / 2, 0.0, 1.0))


def chi_square(a: Floats, b: Floats) -> float:
    """Pearson's statistic of two vectors of counts, of k - 1 degrees of freedom; bins that are empty on both sides do
    not count."""
    rows_a, rows_b = float(a.sum()), float(b.sum())
    pooled = a + b
    filled = pooled > 0
    if not rows_a or not rows_b:
        return 0.0
    part = a[filled] * np.sqrt(rows_b / rows_a) - b[filled] * np.sqrt(rows_a / rows_b)
    return float(np.sum(part**2 / pooled[filled]))


def population_stability(a: Floats, b: Floats) -> float:
    """Population stability index of two vectors of counts: the sum of (p - q) ln(p / q), 0 or more, in nats.

    Half a row is added to every bin of both where one is empty on a side, as a logarithm of 0 is none.
    """
    if not len(a) or not a.sum() or not b.sum():
        return 0.0
    if np.any(a == 0) or np.any(b == 0):
        a, b = a + 0.5, b + 0.5
    p, q = a / a.sum(), b / b.sum()
    return float(np.sum((p - q) * np.log(p / q)))


def normalized_absolute_difference(a: Floats, b: Floats) -> float:
    """The largest change of any count as a share of the rows of both, 0..1, as TFMD defines it: it sees rows that went
    missing where shares do not."""
    rows = float(np.sum(a + b))
    return float(np.max(np.abs(a - b))) / rows if rows else 0.0


def merged_rare(a: Floats, b: Floats, fewest: float = 5.0) -> tuple[Floats, Floats]:
    """Counts in which every bin is to be expected `fewest` times on either side: rarer ones are one bin (Cochran,
    1954)."""
    pooled = a + b
    smaller = min(float(a.sum()), float(b.sum())) / max(float(pooled.sum()), 1.0)
    rare = pooled * smaller < fewest
    if not rare.any():
        return a, b
    together = np.append(a[~rare], a[rare].sum()), np.append(b[~rare], b[rare].sum())
    if (together[0][-1] + together[1][-1]) * smaller < fewest and len(together[0]) > 1:
        # Too few even together: the rarest of the others takes them.
        least = int(np.argmin(together[0][:-1] + together[1][:-1]))
        for side in together:
            side[least] += side[-1]
        return together[0][:-1], together[1][:-1]
    return together


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """Rows of two sides by category. What one side cut off is credited to it as far as it may be (see `aligned`)."""

    values: tuple[str, ...]
    a: Floats
    b: Floats
    rows_a: int
    rows_b: int
    cut: bool

    @property
    def p(self) -> Floats:
        """Shares of the rows of side a."""
        return self.a / max(self.rows_a, 1)

    @property
    def q(self) -> Floats:
        """Shares of the rows of side b."""
        return self.b / max(self.rows_b, 1)


def aligned(a: FeatureProfile, b: FeatureProfile) -> Counts:
    """Counts of two categorical features over the union of their values, sorted.

    A value that only one side kept may have been cut off on the other: then it is given as many rows there as its
    share suggests and the cut allows, so that the distance is never more than the true one.
    """
    values = sorted(a.counts.keys() | b.counts.keys())
    x = np.array([a.counts.get(v, 0) for v in values], dtype=np.float64)
    y = np.array([b.counts.get(v, 0) for v in values], dtype=np.float64)
    if a.present and b.present:
        x = np.where((x == 0) & (y > 0), np.minimum(y / b.present * a.present, a.cut_count), x)
        y = np.where((y == 0) & (x > 0), np.minimum(x / a.present * b.present, b.cut_count), y)
    return Counts(
        values=tuple(values), a=x, b=y, rows_a=a.present, rows_b=b.present, cut=bool(a.cut_rows or b.cut_rows)
    )


class Joint:
    """Two numeric features over the union of their points: shares of rows up to (`a`, `b`) and below each point."""

    def __init__(self, a: FeatureProfile, b: FeatureProfile) -> None:
        # Two sorted runs: a stable sort merges them in one pass.
        points = np.sort(np.concatenate([a.points, b.points]), kind="stable")
        self.points: Floats = points[np.append(points[1:] != points[:-1], True)]
        self.a, self.b = a.distribution(self.points), b.distribution(self.points)
        self.a_below, self.b_below = a.distribution(self.points, left=True), b.distribution(self.points, left=True)

    def kolmogorov_smirnov(self) -> tuple[float, float]:
        """L-infinity between the distribution functions, 0..1, and the value at which they are that far apart."""
        gaps = np.maximum(np.abs(self.a - self.b), np.abs(self.a_below - self.b_below))
        at = int(np.argmax(gaps))
        return float(gaps[at]), float(self.points[at])

    def wasserstein(self) -> tuple[float, float, float]:
        """The area between the distribution functions, in the unit of the feature; and, of both sides pooled as one
        sample of free rows, the area under sqrt(F (1 - F)) and the standard deviation."""
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

    def moved_value(self) -> tuple[float, float, float]:
        """The single value whose share of rows changed the most, with its share on either side."""
        a, b = self.a - self.a_below, self.b - self.b_below
        at = int(np.argmax(np.abs(a - b)))
        return float(self.points[at]), float(a[at]), float(b[at])

    def bins(self, bins: int, *, alone: float = 0.02) -> tuple[Floats, Floats]:
        """Shares of both in common bins, each of which holds about 1 / `bins` of the two together.

        Bins follow the rows, not the range, so one outlier changes nothing. A value that the share `alone` of the rows
        of both has, such as the zeros of a dead sensor, has a bin to itself.
        """
        upto, below = (self.a + self.b) / 2, (self.a_below + self.b_below) / 2
        cuts = np.searchsorted(upto, np.arange(1, bins) / bins - 1e-12, side="left")
        single = np.flatnonzero(upto - below >= alone)
        right = np.union1d(np.minimum(cuts, len(upto) - 1), single)
        p = _steps(self.a_below[single], self.a[right], single, right)
        q = _steps(self.b_below[single], self.b[right], single, right)
        filled = p + q > 0
        return p[filled], q[filled]


def _steps(below: Floats, upto: Floats, left: Indices, right: Indices) -> Floats:
    # Borders in order of their points; at a point itself the border on its left comes first.
    order = np.lexsort([np.repeat([0, 1], [len(left), len(right)]), np.concatenate([left, right])])
    cumulative = np.concatenate([[0.0], np.concatenate([below, upto])[order], [1.0]])
    return np.clip(np.diff(cumulative), 0.0, 1.0)


def _relative_entropy(p: Floats, m: Floats) -> float:
    ratio = np.divide(p, m, out=np.ones(len(p)), where=p > 0)
    return float(np.sum(p * np.log2(ratio)))
