"""Two profiles of numbers at one precision: that of floats of 32 bits, where only one side has such floats.

    float32 of "0.1"   0.100000001490...     float64 of "0.1"   0.1000000000000000055
    both at float32    0.100000001490...                        0.100000001490...      the same number

The values of one side were rounded when they were stored; that is no drift.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headrace.skew.profiles.profile import FeatureProfile


def at_one_precision(before: FeatureProfile, now: FeatureProfile) -> tuple[FeatureProfile, FeatureProfile]:
    """Both sides, the finer one rounded to float32 where the other is stored so. Other profiles stay as they are."""
    if before.kind != "numeric" or now.kind != "numeric" or before.single == now.single:
        return before, now
    return _rounded(before), _rounded(now)


def _rounded(side: FeatureProfile) -> FeatureProfile:
    if side.single:
        return side
    with np.errstate(over="ignore"):
        single = side.points.astype(np.float32).astype(np.float64)
    points = np.where(np.isfinite(single), single, side.points)  # 1e300 is not infinite
    last = np.flatnonzero(np.append(points[1:] != points[:-1], True))
    first = np.concatenate([[0], last[:-1] + 1])
    merged = len(points) - len(last)
    return replace(
        side,
        points=points[last],
        below=side.below[first],
        upto=side.upto[last],
        distinct=None if side.distinct is None else side.distinct - merged,
        minimum=float(points[0]),
        maximum=float(points[-1]),
        single=True,
    )
