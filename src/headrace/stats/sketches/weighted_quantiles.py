"""A distribution as a few weighted points, for slices, of which there may be many.

    values 1 1 2 3 4 5 6 7, at most 4 points   ->   points 1 2 4 6 7
                                                    weights 2 1 2 2 1

A point stands for the values above the point before it, up to and including itself. So the number of values up to a
point is exact, and between two points it is off by less than the values of one point: by at most the share 1 / `limit`
of the values that were added at once. Merging adds no further error. TFDV's own sketch takes 85 KB for each feature
as soon as it has one value, and 180 KB for 43,000 values; this one takes 16 bytes a point.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]


class WeightedQuantiles:
    """The interface of TFDV's quantiles sketch. `error` bounds the error of a rank, as a share of the values."""

    def __init__(self, error: float) -> None:
        self._limit = math.ceil(1 / error)
        self._points: list[Floats] = []
        self._weights: list[Floats] = []

    def AddValues(self, values: pa.Array, weights: pa.Array | None = None) -> None:  # noqa: N802 - TFDV's name
        """Adds values without NaN; each weighs 1 unless weights are given."""
        if not len(values):
            return
        numbers = np.asarray(values, dtype=np.float64)
        weighed = None
        if weights is not None:
            weighed = np.asarray(weights, dtype=np.float64)
            numbers, weighed = numbers[weighed > 0], weighed[weighed > 0]
            if not len(numbers):
                return
        points, weight = _condense(*_distinct(numbers, weighed), self._limit)
        self._points.append(points)
        self._weights.append(weight)

    def Merge(self, other: WeightedQuantiles) -> None:  # noqa: N802
        """Adds the points of another sketch."""
        self._points += other._points
        self._weights += other._weights

    def Compact(self) -> None:  # noqa: N802
        """Joins what was added into one list of points; loses nothing."""
        if len(self._points) > 1:
            points, weights = _distinct(np.concatenate(self._points), np.concatenate(self._weights))
            self._points, self._weights = [points], [weights]

    def GetQuantilesAndCumulativeWeights(self, buckets: int) -> tuple[pa.Array, pa.Array]:  # noqa: N802
        """The smallest value and the upper bound of each bucket of equal weight; the weight up to each of these."""
        self.Compact()
        if not self._points:
            return pa.array([[]], pa.list_(pa.float64())), pa.array([[]], pa.list_(pa.float64()))
        points, ranks = self._points[0], np.cumsum(self._weights[0])
        wanted = np.linspace(0, ranks[-1], buckets + 1)
        places = np.minimum(np.searchsorted(ranks, wanted, side="right"), len(points) - 1)
        return pa.array([points[places]]), pa.array([ranks[places]])


def _distinct(values: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    if weights is None:
        return ordered[starts], np.diff(np.append(starts, len(ordered))).astype(np.float64)
    return ordered[starts], np.add.reduceat(weights[order], starts)


def _condense(points: Floats, weights: Floats, limit: int) -> tuple[Floats, Floats]:
    if len(points) <= limit:
        return points, weights
    ranks = np.cumsum(weights)
    # The last value before each border, so that what lies between two points weighs no more than one share.
    borders = np.searchsorted(ranks, ranks[-1] * np.arange(1, limit) / limit, side="right") - 1
    kept = np.unique(np.concatenate([[0], borders[borders >= 0], borders[borders >= 0] + 1, [len(points) - 1]]))
    kept = kept[kept < len(points)]
    return points[kept], np.diff(ranks[kept], prepend=0.0)
