"""Entropy and mutual information of codes, in bits, corrected for the bias of few rows.

x = [1, 1, 2, 2], y = [1, 1, 2, 2]   ->   1 bit: x determines y
x = [1, 2, 1, 2], y = [1, 1, 2, 2]   ->   0 bits

Counting overstates mutual information by about (cells - rows - columns + 1) / 2n nats, as it understates each entropy
by (cells - 1) / 2n: G. Miller, Note on the bias of information estimates (1955); L. Paninski, Estimation of entropy and
mutual information, Neural Computation 15 (2003). It is corrected here by the cells that have rows.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]


def entropy(counts: npt.NDArray[np.int64]) -> float:
    """Plug-in entropy of values with these counts, in bits."""
    known = counts[counts > 0]
    total = known.sum()
    if not total:
        return 0.0
    shares = known / total
    return float(-(shares * np.log2(shares)).sum())


def joint_counts(x: Codes, y: Codes) -> npt.NDArray[np.int64]:
    """Rows by pair of codes, as a flat array: of all pairs, or of those with rows where there are too many pairs."""
    width = int(y.max(initial=0)) + 1
    cells = x.astype(np.int64) * width + y
    height = int(x.max(initial=0)) + 1
    if height * width <= max(4 * len(x), 1 << 20):
        return np.bincount(cells, minlength=height * width).astype(np.int64)
    return np.unique(cells, return_counts=True)[1].astype(np.int64)


def mutual_information(x: Codes, y: Codes, *, corrected: bool = True) -> float:
    """Mutual information in bits, never below 0; `corrected` after Miller and Madow."""
    if not len(x):
        return 0.0
    of_x, of_y, of_both = np.bincount(x), np.bincount(y), joint_counts(x, y)
    bits = entropy(of_x) + entropy(of_y) - entropy(of_both)
    if corrected:
        cells = int((of_both > 0).sum()) - int((of_x > 0).sum()) - int((of_y > 0).sum()) + 1
        bits -= cells / (2 * len(x) * math.log(2))
    return max(bits, 0.0)


def determines(x: Codes, y: Codes) -> float:
    """Share of the rows, 0..1, that have the most frequent y of their x: 1 if y is a function of x."""
    if not len(x):
        return 0.0
    width = int(y.max(initial=0)) + 1
    cells, counts = np.unique(x.astype(np.int64) * width + y, return_counts=True)
    best = np.zeros(int(x.max()) + 1, dtype=np.int64)
    np.maximum.at(best, cells // width, counts)
    return float(best.sum() / len(x))
