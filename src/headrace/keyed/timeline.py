"""Keys and times in one sorted number, in which ranges of time are found by binary search.

    rows        s1 10:05, s1 10:40, s1 11:00, s2 09:59
    first from  s1 10:00 -> 0      s1 11:00 -> 2      s2 10:00 -> 4, after the last

So the rows of one key in a range of time stand side by side, and finding them costs n log n, whether there is one key
or a million.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from headrace.keyed.columns import Bools, Ints

NONE = -1
"""Stands for "no row" where a row number is expected."""

LARGEST = 1 << 62


@dataclass(frozen=True)
class Timeline:
    """Rows sorted by key code and time; rows that tie in both keep the order they came in.

    Attributes:
        rows: numbers of the rows.
        place: for each row one number, ascending: its code and its time, counted from `first`; or, where that would
            leave int64, its code and the rank of its time among `times`.
        first: the earliest time.
        span: how many numbers each code has; no time has the last of them.
        times: the different times, ascending; None where `place` holds times themselves.
    """

    rows: Ints
    place: Ints
    first: int
    span: int
    times: Ints | None

    @classmethod
    def of(cls, rows: Ints, code: Ints, time: Ints) -> Timeline:
        """The timeline of `rows`; `code` (>= 0) and `time` stand beside them."""
        first, last = (int(time.min()), int(time.max())) if len(time) else (0, 0)
        span, times = last - first + 2, None
        if (int(code.max(initial=0)) + 2) * span > LARGEST:
            times = np.unique(time)
            first, span = 0, len(times) + 1
        timeline = cls(rows, code[:0], first, span, times)
        place = code * span + timeline._since(time)
        if np.all(place[1:] >= place[:-1]):
            return replace(timeline, place=place)
        order = np.argsort(place, kind="stable")
        return replace(timeline, rows=rows[order], place=place[order])

    def only(self, keep: Bools) -> Timeline:
        """The timeline of those rows for which `keep` is true."""
        return self if keep.all() else replace(self, rows=self.rows[keep], place=self.place[keep])

    def first_from(self, code: Ints, time: Ints) -> Ints:
        """For each code and time, the index in `rows` of the first row of that code at or after that time.

        Where there is none, the index at which it would stand.
        """
        return self._index(code, self._since(time))

    def first_of(self, code: Ints) -> Ints:
        """For each code, the index in `rows` of its first row, or at which it would stand."""
        return self._index(code, np.zeros(len(code), np.int64))

    def _index(self, code: Ints, since: Ints) -> Ints:
        # A code that no row has may be too large to be multiplied; it comes after all others.
        most = int(self.place[-1]) // self.span + 1 if len(self.place) else 0
        found: Ints = np.searchsorted(self.place, np.minimum(code, most) * self.span + since)
        return found

    def _since(self, time: Ints) -> Ints:
        since: Ints = time if self.times is None else np.searchsorted(self.times, time)
        return np.clip(since, self.first, self.first + self.span - 1) - self.first
