"""Histograms from a distribution function that is known at some points, in whole arrays.

    points   1    2    2    4        bins    (1, 2)  (2, 2)  (2, 4)        equal widths, 3    [1,2] [2,3] [3,4]
    ranks    1    2    5    6                 2+1/..   ...     1                               5     .5    .5

`ranks[i]` is the number of values up to and including `points[i]`. The rules are TFDV's (`utils/quantiles_util`), which
visits each pair of bins in Python and takes 4 ms a feature; with slices that would be most of the time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bins = tuple[Floats, Floats, Floats]
"""Lower bounds, upper bounds and counts."""


def quantile_bins(points: Floats, ranks: Floats) -> Bins:
    """The bins between ascending points; their counts add up to the last rank.

    Bins with the same upper bound share their count evenly, since nothing tells them apart.
    """
    low, high = points[:-1], points[1:]
    counts = np.diff(np.asarray(ranks, dtype=np.float64))
    starts = np.flatnonzero(np.concatenate([[True], high[1:] != high[:-1]]))
    sizes = np.diff(np.append(starts, len(high)))
    counts = np.repeat(np.add.reduceat(counts, starts) / sizes, sizes)
    # Values equal to the smallest point are in no bin yet: the bins that start at it share them.
    first = int(np.argmin(np.append((low == low[0]) & (high == high[0]), False)))
    counts[:first] += ranks[0] / first
    return low, high, counts


def equal_widths(bins: Bins, smallest: float, largest: float, buckets: int) -> Bins:
    """The bins spread over buckets of equal width; within a bin values are assumed to lie evenly."""
    low, high, counts = bins
    edges = np.linspace(smallest, largest, buckets + 1) if smallest < largest else np.array([smallest, largest])
    below = np.cumsum(np.concatenate([[0.0], _masses(low, high, counts, edges[1:])]))
    return edges[:-1], edges[1:], np.diff(below)


def _masses(low: Floats, high: Floats, counts: Floats, edges: Floats) -> Floats:
    # The count between each edge and the one before it. A bin without width is a jump at its bound.
    width = high - low
    share = np.where(
        width > 0,
        np.clip((edges[:, None] - low) / np.where(width > 0, width, 1.0), 0.0, 1.0),
        edges[:, None] >= high,
    )
    # Not `share @ counts`: BLAS adds in another order where the array begins at another address.
    return np.diff(np.concatenate([[0.0], (share * counts).sum(axis=1)]))
