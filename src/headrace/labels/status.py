"""What became of each row of a table: a part of its ledger and, in a word, why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from headrace.keyed.columns import Ints


class Status(NamedTuple):
    """A part of the ledger, such as `orphan`, and the reason, such as `no_event`; an empty text where there is none."""

    part: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class RowStatuses:
    """The status of each row of a table.

    Attributes:
        kinds: the statuses that there are.
        kind: for each row, the index of its status in `kinds`.
        order: the numbers of all rows, in canonical order.
    """

    kinds: tuple[Status, ...]
    kind: Ints
    order: Ints

    def rows(self, *parts: str) -> Ints:
        """The rows that belong to `parts` of the ledger, in canonical order."""
        wanted = np.array([status.part in parts for status in self.kinds])
        return self.order[wanted[self.kind[self.order]]]

    def reasons(self, rows: Ints) -> tuple[pa.Array, pa.Array]:
        """Part and detail of each of `rows`, as text."""
        parts, details = zip(*self.kinds, strict=True)
        kind = pa.array(self.kind[rows])
        return pa.array(parts, pa.string()).take(kind), pa.array(details, pa.string()).take(kind)

    def count_parts(self, names: tuple[str, ...]) -> dict[str, int]:
        """How many rows each part of the ledger has."""
        counts = dict.fromkeys(names, 0)
        for status, rows in self._counts():
            counts[status.part] += rows
        return counts

    def count_details(self) -> dict[str, int]:
        """How many rows each detail has, without those that have no row."""
        return {status.detail: rows for status, rows in self._counts() if status.detail and rows}

    def _counts(self) -> list[tuple[Status, int]]:
        counts = np.bincount(self.kind, minlength=len(self.kinds)).tolist()
        return list(zip(self.kinds, counts, strict=True))
