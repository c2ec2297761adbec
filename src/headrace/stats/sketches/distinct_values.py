"""How many distinct whole numbers there are, in bounded memory; the same result every time.

    7, 8, 8, 7, 9   ->   the lowest hashes of 7, 8 and 9   ->   3

Of very many values the lowest `MOST_HASHES` hashes are kept, which tell how many there are: `distinct_of`. Most values
are dropped by one comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.stats.sketches.frequent_values import MOST_HASHES

Hashes = npt.NDArray[np.uint64]
"""The lowest hashes of distinct values, ascending."""

NONE: Hashes = np.zeros(0, np.uint64)
_PIECE = 1 << 16


def with_values(known: Hashes, values: pa.Array) -> Hashes:
    """The lowest hashes of what is known and of more whole numbers, without nulls."""
    for start in range(0, len(values), _PIECE):
        piece: Any = values.slice(start, _PIECE)
        full = len(known) == MOST_HASHES
        found = _mixed((piece if full else piece.unique()).to_numpy(zero_copy_only=False))
        found = found[found < known[-1]] if full else found
        if len(found):
            known = merged_hashes([known, found])
    return known


def merged_hashes(parts: Sequence[Hashes]) -> Hashes:
    """The lowest hashes of the whole from those of its parts, at least one."""
    return np.unique(np.concatenate(parts))[:MOST_HASHES]


def _mixed(values: npt.NDArray[np.integer[Any]]) -> Hashes:
    """Each number as one that looks random, no two alike (the finalizer of SplitMix64)."""
    mixed = values.astype(np.uint64)
    mixed += np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed
