"""The most frequent values and the number of different ones, in little memory whatever there is; the same every time.

    counts a 5, b 3, c 1, d 1, at most 2 values   ->   a 4, b 2

The first count beyond the limit, 1, goes off all counts, and values without a count are dropped (Misra and Gries:
Finding repeated elements, 1982; merged as by Agarwal and others: Mergeable summaries, 2012). So a count is too low by
at most the share 1 / (limit + 1) of all values, and a value more frequent than that is never dropped. Different values
are told by the lowest hashes there are (Bar-Yossef and others: Counting distinct elements in a data stream, 2002).

TFDV's sketch drops values in the order of a hash table that is seeded anew in each process, so that no two runs agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from headrace.keyed.buckets import key_hashes
from headrace.stats.values import merge_counts

MOST_VALUES = 1_024
"""Values that are kept; what is below their share, 0.1 %, may get no count."""

MOST_HASHES = 16_384
"""Hashes that are kept: the number of different values is exact below, and off by 0.8 % (one deviation) above."""


@dataclass(frozen=True)
class Sketch:
    """What is known of the values of a feature.

    Attributes:
        counts: column name -> table of values and counts under that name: `count`, and `weight` where rows weigh.
        hashes: the lowest of the different hashes of all values, ascending (uint64).
        values: all values, counted.
    """

    counts: dict[str, pa.Table]
    hashes: Any
    values: int

    @property
    def distinct(self) -> int:
        """Different values: their number, or what the hashes make it."""
        if len(self.hashes) < MOST_HASHES:
            return len(self.hashes)
        return round((MOST_HASHES - 1) / ((int(self.hashes[-1]) + 1) / 2.0**64))


def sketch_of(counts: pa.Table) -> Sketch:
    """From exact counts of some rows, as `count_values` gives them."""
    columns = counts.column_names[1:]
    chunks = counts["value"].chunks
    hashes = np.concatenate([key_hashes(pa.table({"value": chunk})) for chunk in chunks] or [np.zeros(0, np.uint64)])
    return Sketch(
        counts={name: _frequent(counts.select(["value", name]), name) for name in columns},
        hashes=np.unique(hashes)[:MOST_HASHES],
        values=int(counts["count"].to_numpy().sum()),
    )


def merge_sketches(parts: Sequence[Sketch]) -> Sketch:
    """What is known of the whole from its parts, one at least. Another order gives other counts, within the bound."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.counts)
    tables = {name: [part.counts[name] for part in parts if name in part.counts] for name in names}
    return Sketch(
        counts={name: _frequent(merge_counts(found), name) for name, found in tables.items()},
        hashes=np.unique(np.concatenate([part.hashes for part in parts]))[:MOST_HASHES],
        values=sum(part.values for part in parts),
    )


def _frequent(counts: pa.Table, name: str) -> pa.Table:
    if counts.num_rows <= MOST_VALUES:
        return counts
    numbers = counts[name].to_numpy()
    left = numbers - np.partition(numbers, -MOST_VALUES - 1)[-MOST_VALUES - 1]
    kept = left > 0
    return pa.table({"value": counts["value"].filter(pa.array(kept)), name: left[kept]})
