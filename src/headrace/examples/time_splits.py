"""Splits by time: rows before a border go to one split, rows at the border or after it to the next.

splits {"train": 1, "eval": 1}, borders ("2026-03-05",):  2026-03-04T23:59 -> train, 2026-03-05T00:00 -> eval
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.config.checks import Name
from headrace.config.settings import Spec
from headrace.config.templates import comparable
from headrace.times.instants import InstantOrUtc, instant_us


@dataclass(frozen=True, kw_only=True)
class TimeSplits(Spec):
    """Rows go to the splits, in the order of these, by the time in `field`: one border fewer than splits, ascending.

    Borders are ISO 8601; one without offset is in UTC. `field` must be a required timestamp: every row needs a time.
    """

    field: Name
    borders: tuple[InstantOrUtc, ...]

    def conflicts(self) -> Iterable[str]:
        """What is wrong with the borders together."""
        pairs = itertools.pairwise(zip(self.borders, self.borders_us, strict=True))
        if any(one >= next_one and comparable(before, after) for (before, one), (after, next_one) in pairs):
            return [f"borders must ascend, got {list(self.borders)}"]
        return []

    @property
    def borders_us(self) -> list[int]:
        """The borders as microseconds since 1970, UTC."""
        return [instant_us(border, naive="utc") for border in self.borders]

    def numbers(self, instants: pa.ChunkedArray) -> npt.NDArray[np.int64]:
        """For each instant (int64 microseconds, none null) the index of its split."""
        return np.searchsorted(self.borders_us, instants.to_numpy(), side="right").astype(np.int64)
