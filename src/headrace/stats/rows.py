"""Rows of a batch, each with a number of its own that depends on its file and its place there alone.

    file 0, rows 0 1 2 ...   ->   keys 0x91..., 0x2c..., 0xe0..., ...   (uint64, as good as random)

A row is in a sample of 30 % if its key is in the lowest 30 % of all numbers. So a sample is of the same rows whatever
batches, workers or slices there are; and the k rows with the lowest keys of a whole are found from those of its parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

_STEP, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
# Of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).


@dataclass(frozen=True)
class Rows:
    """A batch of features and the key of each of its rows."""

    batch: pa.RecordBatch
    keys: Any

    def take(self, indices: Any) -> Rows:
        """Some of the rows, in the given order."""
        columns = [column.take(pa.array(indices)) for column in self.batch.columns]
        return Rows(pa.RecordBatch.from_arrays(columns, schema=self.batch.schema), self.keys[indices])

    def slice(self, start: int, stop: int) -> Rows:
        """A run of the rows."""
        return Rows(self.batch.slice(start, stop - start), self.keys[start:stop])

    def sample(self, rate: float, *, purpose: int = 0) -> Rows:
        """A share of the rows; samples for other purposes are of other rows."""
        if rate >= 1:
            return self
        keys = mix(self.keys ^ np.uint64(purpose)) if purpose else self.keys
        return self.take(np.flatnonzero(keys < np.uint64(rate * 2.0**64)))


def keys_of(place: str, first: int, count: int) -> Any:
    """Keys of `count` rows from row `first` on of the file that `place` names."""
    seed = np.frombuffer(hashlib.blake2b(place.encode(), digest_size=8).digest(), dtype="<u8")[0]
    numbers = np.arange(first, first + count, dtype=np.uint64)
    return mix(mix(numbers) ^ seed)


def mix(numbers: Any) -> Any:
    """Numbers (uint64) to numbers, one to one, without any order left."""
    mixed = numbers + _STEP
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return mixed ^ (mixed >> np.uint64(31))


def rows_of(batches: Iterable[pa.RecordBatch], place: str = "") -> Iterator[Rows]:
    """Batches that follow each other, with keys."""
    first = 0
    for batch in batches:
        yield Rows(batch, keys_of(place, first, batch.num_rows))
        first += batch.num_rows


def select(batch: pa.RecordBatch, names: Collection[str]) -> pa.RecordBatch:
    """A batch with only those of the named columns that it has."""
    kept = [index for index, name in enumerate(batch.schema.names) if name in names]
    return pa.RecordBatch.from_arrays(
        [batch.column(index) for index in kept], schema=pa.schema([batch.schema.field(index) for index in kept])
    )
