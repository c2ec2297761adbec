"""Keys and times in one sorted number, in which ranges of time are found by binary search."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from headrace.keyed.columns import Bools, Ints

NONE = -1
"""What stands for no row."""

LARGEST = 1 << 62


@dataclass(frozen=True)
class Timeline:
    """Rows sorted by key code and time, best first where both tie.

    `place` has one number a row, in ascending order: its code and its time, counted from `first`, or where that would
    leave int64 the rank of its time among `moments`. A code has `span` numbers, the last of which no time has.
    """

    rows: Ints
    place: Ints
    first: int
    span: int
    moments: Ints | None

    @classmethod
    def of(cls, rows: Ints, code: Ints, time: Ints) -> Timeline:
        """The timeline of rows that stand sorted already, with the code and time of each."""
        first, last = (int(time.min()), int(time.max())) if len(time) else (0, 0)
        span, moments = last - first + 2, None
        if (int(code.max(initial=0)) + 2) * span > LARGEST:
            moments = np.unique(time)
            first, span = 0, len(moments) + 1
        empty = cls(rows, code[:0], first, span, moments)
        return replace(empty, place=code * span + empty._since(time))

    def only(self, keep: Bools) -> Timeline:
        """The same without some rows."""
        return self if keep.all() else replace(self, rows=self.rows[keep], place=self.place[keep])

    def first_from(self, code: Ints, time: Ints) -> Ints:
        """Where in `rows` the first of this code stands whose time is >= `time`."""
        # A code that no row has may be too large to be multiplied; it comes after all others.
        most = int(self.place[-1]) // self.span + 1 if len(self.place) else 0
        found: Ints = np.searchsorted(self.place, np.minimum(code, most) * self.span + self._since(time))
        return found

    def _since(self, time: Ints) -> Ints:
        since: Ints = time if self.moments is None else np.searchsorted(self.moments, time)
        return np.clip(since, self.first, self.first + self.span - 1) - self.first
