"""Small columns one after the other in one array: what is asked of every value is then asked once of many columns.

    a = ["1", "2"], b = ["3"]     batch: values ["1", "2", "3"]     split([10, 20, 30]): a = [10, 20], b = [30]

A call of an Arrow function takes as long as its work on a thousand values, and a table may have thousands of columns.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import pyarrow as pa

Name = TypeVar("Name")

BATCH_BYTES = 1 << 20
"""Bytes of the values of one batch, about; a larger column is a batch of its own, and is not copied."""


@dataclass(frozen=True, eq=False)
class Batch(Generic[Name]):
    """Columns of one type: their names, all of their values, and where those of each begin, and where the last ends."""

    names: Sequence[Name]
    values: pa.Array
    places: Sequence[int]

    def of(self, values: pa.Array) -> Batch[Name]:
        """The same columns with other values, as many of each."""
        return Batch(self.names, values, self.places)

    def split(self, values: pa.Array) -> Iterator[tuple[Name, pa.Array]]:
        """`values`, one for each of the batch, by column; nothing is copied."""
        if len(self.names) == 1:
            yield self.names[0], values
            return
        for name, start, end in zip(self.names, self.places[:-1], self.places[1:], strict=True):
            yield name, values.slice(start, end - start)

    def read(self, function: Callable[[pa.Array], pa.Array | None]) -> Iterator[tuple[Batch[Name], pa.Array | None]]:
        """What a function makes of the columns that says None where it can't read some value: whole, or in parts.

        A part that can't be read is one column. There are few such columns, and they are found by halving the batch.
        """
        found = function(self.values)
        if found is not None or len(self.names) == 1:
            yield self, found
            return
        half = len(self.names) // 2
        yield from self._part(0, half).read(function)
        yield from self._part(half, len(self.names)).read(function)

    def _part(self, start: int, end: int) -> Batch[Name]:
        first, last = self.places[start], self.places[end]
        places = [place - first for place in self.places[start : end + 1]]
        return Batch(self.names[start:end], self.values.slice(first, last - first), places)


def batches(columns: Mapping[Name, pa.Array], most_bytes: int = BATCH_BYTES) -> Iterator[Batch[Name]]:
    """Columns of one type in batches, in their order."""
    batch: dict[Name, pa.Array] = {}
    size = 0
    for name, column in columns.items():
        added = column.nbytes
        if batch and size + added > most_bytes:
            yield joined(batch)
            batch, size = {}, 0
        batch[name] = column
        size += added
    if batch:
        yield joined(batch)


def joined(columns: Mapping[Name, pa.Array]) -> Batch[Name]:
    """Columns of one type, of which there is one at least, in one batch."""
    arrays = list(columns.values())
    places = list(itertools.accumulate(map(len, arrays), initial=0))
    return Batch(list(columns), arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays), places)
