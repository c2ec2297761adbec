"""Which outcomes lie in the window of which event.

    events    s1 at 10:00, s2 at 10:00            window [0 h, 1 h)
    outcomes  s1 at 10:05, s1 at 10:40, s1 at 11:00, s2 at 09:59

    s1 -> 10:05, 10:40       s2 -> none, 9:59 is before it           11:00 is outside: the end is open

Key code and time make one number, by which outcomes are sorted; the bounds of an event's window are two
such numbers, found by binary search. So the outcomes of an event stand side by side, and the cost does not depend on
how many share a key: n log n, with one key as with a million.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headrace.keyed.columns import Bools, Ints
from headrace.keyed.timeline import Timeline


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
