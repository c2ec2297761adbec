"""The most frequent values and the number of distinct values, in bounded memory; the same result every time.

    counts a 5, b 3, c 1, d 1, at most 2 values   ->   a 4, b 2

The first count beyond the limit, here 1, is subtracted from all counts, and values without a count are dropped (Misra
and Gries: Finding repeated elements, 1982; merged as by Agarwal and others: Mergeable summaries, 2012). So a count is
too low by at most the share 1 / (limit + 1) of all values, and a value more frequent than that is never dropped. The
number of distinct values is estimated from the lowest hashes (Bar-Yossef and others: Counting distinct elements in a
data stream, 2002).

TFDV's own sketch drops values in the order of a hash table that each process seeds anew, so no two runs agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.keyed.buckets import key_hashes
from headrace.stats.sketches.value_counts import merge_counts

MOST_VALUES = 1_024
"""Values that are kept; a value below the share 1 / 1,025 may be dropped."""

MOST_HASHES = 16_384
"""Hashes that are kept: the number of distinct values is exact below, and has a standard error of 0.8 % above."""


@dataclass(frozen=True)
class FrequentValues:
    """A sketch of the values of a feature.

    Attributes:
        counts: column name -> table of values and the column of this name: `count`, and `weight` where rows have
            weights. Values are dropped by each column on its own.
        hashes: the lowest hashes of all distinct values, ascending.
        values: number of all values.
    """

    counts: dict[str, pa.Table]
    hashes: npt.NDArray[np.uint64]
    values: int

    @property
    def distinct(self) -> int:
        """Number of distinct values, estimated where there are `MOST_HASHES` or more."""
        return distinct_of(self.hashes)


def distinct_of(lowest: npt.NDArray[np.uint64]) -> int:
    """Number of distinct values by the lowest hashes of them all, estimated where these are `MOST_HASHES`."""
    if len(lowest) < MOST_HASHES:
        return len(lowest)
    return round((MOST_HASHES - 1) / ((int(lowest[MOST_HASHES - 1]) + 1) / 2.0**64))


def sketch_counts(counts: pa.Table) -> FrequentValues:
    """A sketch of exact counts of some rows, as `count_values` returns them."""
    columns = counts.column_names[1:]
    chunks = counts["value"].chunks
    hashes = np.concatenate([key_hashes(pa.table({"value": chunk})) for chunk in chunks] or [np.zeros(0, np.uint64)])
    return FrequentValues(
        counts={name: _frequent(counts.select(["value", name]), name) for name in columns},
        hashes=np.unique(hashes)[:MOST_HASHES],
        values=int(counts["count"].to_numpy().sum()),
    )


def merge_sketches(parts: Sequence[FrequentValues]) -> FrequentValues:
    """The sketch of the whole from those of its parts, at least one. Another order gives other counts in the bound."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.counts)
    tables = {name: [part.counts[name] for part in parts if name in part.counts] for name in names}
    return FrequentValues(
        counts={name: _frequent(merge_counts(found), name) for name, found in tables.items()},
        hashes=np.unique(np.concatenate([part.hashes for part in parts]))[:MOST_HASHES],
        values=sum(part.values for part in parts),
    )


def _frequent(counts: pa.Table, name: str) -> pa.Table:
    if counts.num_rows <= MOST_VALUES:
        return counts
    numbers = counts[name].to_numpy()
    reduced = numbers - np.partition(numbers, -MOST_VALUES - 1)[-MOST_VALUES - 1]
    kept = reduced > 0
    return pa.table({"value": counts["value"].filter(pa.array(kept)), name: pa.array(reduced[kept])})
