"""Which outcomes lie in the window of which event.

    events    s1 at 10:00, s2 at 10:00            window [0 h, 1 h)
    outcomes  s1 at 10:05, s1 at 10:40, s1 at 11:00, s2 at 09:59

    s1 -> 10:05, 10:40       s2 -> none: 9:59 is before its window       11:00 is outside: the end is open

On the timeline of the outcomes those of one event stand side by side: the window of an event is a range of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headrace.keyed.columns import Bools, Ints
from headrace.keyed.timeline import Timeline


@dataclass(frozen=True)
class Matches:
    """For each of `events` (row numbers) the range of its outcomes on the timeline, from `start` up to `end`."""

    events: Ints
    timeline: Timeline
    start: Ints
    end: Ints

    @classmethod
    def of(cls, events: Ints, timeline: Timeline, code: Ints, low: Ints, high: Ints) -> Matches:
        """The outcomes with each event's key `code`, at `low` <= time < `high`."""
        start, end = (timeline.first_from(code, time) for time in (low, high))
        return cls(events, timeline, start, np.maximum(start, end))

    @property
    def found(self) -> Bools:
        """Whether each event has any outcome."""
        return self.start < self.end

    def only(self, keep: Bools) -> Matches:
        """The same with those outcomes of the timeline for which `keep` is true."""
        if keep.all():
            return self
        place = np.concatenate([[0], np.cumsum(keep)])
        return Matches(self.events, self.timeline.only(keep), place[self.start], place[self.end])

    def outcomes(self, among: Bools | None = None) -> Ints:
        """The rows of all outcomes that any event has, or any event for which `among` is true."""
        start, end = (self.start, self.end) if among is None else (self.start[among], self.end[among])
        count = len(self.timeline.rows) + 1
        opened = np.bincount(start, minlength=count) - np.bincount(end, minlength=count)
        return self.timeline.rows[np.cumsum(opened)[:-1] > 0]
