"""Which outcome counts for which event: the first or last inside the attribution window.

    events    s1 at 10:00, s2 at 10:00            window [0 h, 1 h)
    outcomes  s1 at 10:05 (no), s1 at 10:40 (yes), s1 at 11:00 (yes), s2 at 09:59 (yes)

    first     s1 -> 10:05    s2 -> none, 9:59 is before it
    last      s1 -> 10:40    s2 -> none               11:00 is outside: the end is open

Key code and rank of the time make one number, by which outcomes are sorted; the bounds of an event's window are two
such numbers, found by binary search. So the cost does not depend on how many outcomes share a key: n log n, with
one key as with a million.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headrace.labels.columns import Bools, Ints

NONE = -1
"""What stands for no row."""


@dataclass(frozen=True)
class Timeline:
    """Rows sorted by key code and time, best first where both tie.

    `place` has one number a row, in ascending order: its code and the rank of its time among `moments`.
    """

    rows: Ints
    place: Ints
    moments: Ints

    @classmethod
    def of(cls, rows: Ints, code: Ints, time: Ints) -> Timeline:
        """The timeline of rows that stand sorted already, with the code and time of each."""
        moments, rank = np.unique(time, return_inverse=True)
        return cls(rows, code * (len(moments) + 1) + rank.reshape(-1), moments)

    def only(self, keep: Bools) -> Timeline:
        """The same without some rows."""
        return self if keep.all() else Timeline(self.rows[keep], self.place[keep], self.moments)

    def first_from(self, code: Ints, time: Ints, *, side: str = "left") -> Ints:
        """Where in `rows` the first of this code stands whose time is >= `time` (side left) or > `time` (right)."""
        rank = np.searchsorted(self.moments, time, side=side)  # type: ignore[call-overload]
        found: Ints = np.searchsorted(self.place, code * (len(self.moments) + 1) + rank, side="left")
        return found


def pick(outcomes: Timeline, code: Ints, time: Ints, *, window_us: tuple[int, int], which: str) -> Ints:
    """For each event, of `code` and `time` in microseconds, the row of the outcome that counts, or NONE."""
    after, before = window_us
    start = outcomes.first_from(code, time + after)
    end = outcomes.first_from(code, time + before)
    found = start
    if which == "last":
        # Of outcomes at the same last moment the best stands first: step back to where their moment begins.
        moment = np.searchsorted(outcomes.place, outcomes.place, side="left")
        found = np.append(moment, 0)[end - 1]
    return np.where(start < end, np.append(outcomes.rows, NONE)[found], NONE)


def in_some_window(events: Timeline, code: Ints, time: Ints, *, window_us: tuple[int, int]) -> Bools:
    """For each outcome, of `code` and `time`, whether it lies in the window of at least one event."""
    after, before = window_us
    return events.first_from(code, time - before, side="right") < events.first_from(code, time - after, side="right")
