"""Which outcomes lie in the window of which event.

    events    s1 at 10:00, s2 at 10:00            window [0 h, 1 h)
    outcomes  s1 at 10:05, s1 at 10:40, s1 at 11:00, s2 at 09:59

    s1 -> 10:05, 10:40       s2 -> none, 9:59 is before it           11:00 is outside: the end is open

Key code and time make one number, by which outcomes are sorted; the bounds of an event's window are two
such numbers, found by binary search. So the outcomes of an event stand side by side, and the cost does not depend on
how many share a key: n log n, with one key as with a million.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from headrace.labels.columns import Bools, Ints

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


@dataclass(frozen=True)
class Matches:
    """For each of `events`, row numbers, its outcomes: those of the timeline from `start` up to `end`."""

    events: Ints
    timeline: Timeline
    start: Ints
    end: Ints

    @classmethod
    def of(cls, events: Ints, timeline: Timeline, code: Ints, low: Ints, high: Ints) -> Matches:
        """The outcomes of each event's `code` at `low` <= time < `high`."""
        start, end = (timeline.first_from(code, time) for time in (low, high))
        return cls(events, timeline, start, np.maximum(start, end))

    @property
    def found(self) -> Bools:
        """Whether the event has any outcome."""
        return self.start < self.end

    def only(self, keep: Bools) -> Matches:
        """The same without some of the timeline's outcomes."""
        if keep.all():
            return self
        place = np.concatenate([[0], np.cumsum(keep)])
        return Matches(self.events, self.timeline.only(keep), place[self.start], place[self.end])

    def outcomes(self, among: Bools | None = None) -> Ints:
        """The rows of all outcomes that any event has, or any of the events that are `among`."""
        start, end = (self.start, self.end) if among is None else (self.start[among], self.end[among])
        count = len(self.timeline.rows) + 1
        begun = np.bincount(start, minlength=count) - np.bincount(end, minlength=count)
        return self.timeline.rows[np.cumsum(begun)[:-1] > 0]
