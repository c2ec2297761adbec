"""Categories of two sides, counted over the same values.

before: run 60, walk 40        ->   values  run walk swim
now:    run 50, swim 50             a        60   40    0
                                    b        50    0   50
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headrace.skew.profiles.profile import FeatureProfile, Floats


def merge_rare(a: Floats, b: Floats, fewest: float = 5.0) -> tuple[Floats, Floats]:
    """Counts in which each bin is expected to have at least `fewest` rows on either side (Cochran, 1954).

    Bins that are rarer become one, and where that is still too rare it joins the rarest of the others.
    """
    pooled = a + b
    smaller = min(float(a.sum()), float(b.sum())) / max(float(pooled.sum()), 1.0)
    rare = pooled * smaller < fewest
    if not rare.any():
        return a, b
    together = np.append(a[~rare], a[rare].sum()), np.append(b[~rare], b[rare].sum())
    if (together[0][-1] + together[1][-1]) * smaller < fewest and len(together[0]) > 1:
        least = int(np.argmin(together[0][:-1] + together[1][:-1]))
        for side in together:
            side[least] += side[-1]
        return together[0][:-1], together[1][:-1]
    return together


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """Rows of two sides by category.

    `cut`: a side left out its rarest values; it is credited with as many of them as it can have had (see `aligned`).
    """

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

    A value that only one side kept may have been left out on the other. There it gets as many rows as its share on
    the first side suggests, and at most as many as a value that was left out can have had. So the distance is never
    larger than the true one.
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
