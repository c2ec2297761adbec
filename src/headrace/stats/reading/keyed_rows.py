"""Rows of a batch, each with a random-looking key that depends only on its file and its number in the file.

    file 0, rows 0 1 2 ...   ->   keys 0x91..., 0x2c..., 0xe0..., ...   (uint64)

A row is in a sample of 30 % if its key is among the lowest 30 % of all numbers. So a sample has the same rows whatever
batches, workers or slices there are; and the k rows with the lowest keys of a whole are found from those of its parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Keys = npt.NDArray[np.uint64]
Indices = npt.NDArray[np.integer[Any]]

_STEP, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
# Of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).


@dataclass(frozen=True)
class KeyedRows:
    """A batch of features and the key of each of its rows."""

    batch: pa.RecordBatch
    keys: Keys

    def take(self, indices: Indices) -> KeyedRows:
        """The rows with these numbers, in the given order."""
        columns = [column.take(indices) for column in self.batch.columns]
        return KeyedRows(pa.RecordBatch.from_arrays(columns, schema=self.batch.schema), self.keys[indices])

    def slice(self, start: int, stop: int) -> KeyedRows:
        """The rows from `start` up to `stop`."""
        return KeyedRows(self.batch.slice(start, stop - start), self.keys[start:stop])

    def select(self, names: Collection[str]) -> KeyedRows:
        """The same rows with only those of the named columns that they have."""
        kept = [index for index, name in enumerate(self.batch.schema.names) if name in names]
        schema = pa.schema([self.batch.schema.field(index) for index in kept])
        columns = [self.batch.column(index) for index in kept]
        return KeyedRows(pa.RecordBatch.from_arrays(columns, schema=schema), self.keys)

    def sample(self, rate: float, *, purpose: int = 0) -> KeyedRows:
        """A share of the rows; samples for different purposes are independent."""
        if rate >= 1:
            return self
        keys = mix(self.keys ^ np.uint64(purpose)) if purpose else self.keys
        return self.take(np.flatnonzero(keys < np.uint64(rate * 2.0**64)))


def keys_of(file: str, first: int, count: int) -> Keys:
    """The keys of `count` rows of `file`, a name, from row `first` on."""
    seed = np.frombuffer(hashlib.blake2b(file.encode(), digest_size=8).digest(), dtype="<u8")[0]
    numbers = np.arange(first, first + count, dtype=np.uint64)
    return mix(mix(numbers) ^ seed)


def mix(numbers: Keys) -> Keys:
    """Maps numbers one to one to numbers in which no order is left."""
    mixed = numbers + _STEP
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def with_keys(batches: Iterable[pa.RecordBatch], file: str = "") -> Iterator[KeyedRows]:
    """Consecutive batches of one file with the keys of their rows."""
    first = 0
    for batch in batches:
        yield KeyedRows(batch, keys_of(file, first, batch.num_rows))
        first += batch.num_rows
