"""Extremes and counts of different values, over many ranges of one array at once, without a loop over rows.

values   5 3 3 8 1        range 0..3: min 3, distinct 2        range 2..5: max 8, distinct 3
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.keyed.columns import Ints

Values = npt.NDArray[Any]


def extremes(values: Values, starts: Ints, ends: Ints, choose: np.ufunc) -> Values:
    """The least (`np.minimum`) or largest (`np.maximum`) of each range; undefined for an empty range.

    Two blocks whose length is the same power of two cover a range. Blocks of one length are made from those of half
    that length, and only one length is held at a time (a sparse table, row by row).
    """
    found = np.zeros(len(starts), values.dtype)
    lengths = ends - starts
    level = np.frexp(lengths.astype(np.float64))[1] - 1
    blocks = values
    for power in range(int(level.max(initial=-1)) + 1):
        here = np.flatnonzero((level == power) & (lengths > 0))
        found[here] = choose(blocks[starts[here]], blocks[ends[here] - (1 << power)])
        blocks = choose(blocks[: -(1 << power)], blocks[1 << power :])
    return found


def distinct(codes: Ints, starts: Ints, ends: Ints) -> Ints:
    """How many different codes each range holds.

    A row is the first of its code in a range when the row before it with that code lies before the range: those are
    counted, in a wavelet matrix over the places of the rows before. It costs a few operations on whole arrays for each
    bit of the number of rows, whatever the length of the ranges.
    """
    count = len(codes)
    order = np.argsort(codes, kind="stable")
    again = codes[order][1:] == codes[order][:-1]
    before = np.zeros(count, np.int64)
    before[order[1:][again]] = order[:-1][again] + 1
    # Counted are the rows of start..end with `before` <= start, that is < start + 1.
    limit = starts + 1
    left, right, found = starts.copy(), ends.copy(), np.zeros(len(starts), np.int64)
    for bit in range(count.bit_length(), -1, -1):
        is_one = (before >> bit) & 1
        zeros = np.concatenate([np.zeros(1, np.int64), np.cumsum(1 - is_one)])
        zeros_left, zeros_right = zeros[left], zeros[right]
        up = ((limit >> bit) & 1).astype(bool)
        found += np.where(up, zeros_right - zeros_left, 0)
        left = np.where(up, zeros[-1] + left - zeros_left, zeros_left)
        right = np.where(up, zeros[-1] + right - zeros_right, zeros_right)
        before = np.concatenate([before[is_one == 0], before[is_one == 1]])
    return found
