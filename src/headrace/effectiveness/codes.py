"""Columns encoded as small whole numbers, which the other modules only count.

[5.5, null, 7.0, 9.1]   ->  [1, 0, 2, 3]    0 is missing; numbers in bins of equally many rows
["a", "b", "a"]         ->  [1, 2, 1]       texts by value, the rare ones as one
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.values import as_reals, filled
from headrace.values.choose import choose

Codes = npt.NDArray[np.int64]

BINS = 20
"""Bins of numbers that have more different values than that."""
CATEGORIES = 100
"""Texts that have a code of their own, the most frequent; the others share one."""
MISSING = 0


def codes_of(values: pa.Array, *, bins: int = BINS, categories: int = CATEGORIES, as_words: bool = False) -> Codes:
    """A code for each row: 0 where there is no value or NaN, and 1, 2, ... by the value.

    `values` are those of `headrace.values.canonical`: numbers and times are put into bins, texts are not,
    nor are numbers with `as_words`.
    """
    ids, counts = exact(values)
    if is_ordered(values.type) and not as_words:
        return ids if len(counts) <= bins else _binned(values, ids, bins)
    if len(counts) <= categories:
        return ids
    # Rank by frequency; what comes after `categories` shares the last code.
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(counts), dtype=np.int64)
    rank[order] = np.arange(len(counts))
    kept = np.minimum(rank, categories) + 1
    return np.where(ids == MISSING, MISSING, kept[np.maximum(ids, 1) - 1])


def exact(values: pa.Array) -> tuple[Codes, npt.NDArray[np.int64]]:
    """A code for each row by its exact value, 0 where there is none; and the number of rows of each code 1, 2, ..."""
    if pa.types.is_floating(values.type):
        values = choose(pc.is_nan(values), pa.scalar(None, values.type), values)
    encoded = values.dictionary_encode()
    ids: Codes = np.where(
        values.is_valid().to_numpy(zero_copy_only=False), filled(encoded.indices, np.int64) + 1, MISSING
    )
    return ids, np.bincount(ids, minlength=len(encoded.dictionary) + 1)[1:]


def is_ordered(kind: pa.DataType) -> bool:
    """Whether values lie on a line: numbers, times and dates do, texts and booleans do not."""
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_date)
    return any(test(kind) for test in tests)


def _binned(values: pa.Array, ids: Codes, bins: int) -> Codes:
    numbers = as_reals(values)
    present = ids != MISSING
    cuts = np.unique(np.quantile(numbers[present], np.arange(1, bins) / bins))
    return np.where(present, np.searchsorted(cuts, numbers, side="left") + 1, MISSING)
