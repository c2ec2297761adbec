"""Events and the rows of a table as the join sees them: key codes, times, and both in one sorted number.

rows of a table: r1 at 8:00, r2 at 9:00, r1 at 10:00        sorted: r1 8:00, r1 10:00, r2 9:00
event: r1 at 9:30                                           rows of r1 until 9:30 end before place 1
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from headrace.keyed.columns import Bools, Ints, all_valid, key_codes, key_table, times
from headrace.point_in_time.tables import Table


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Codes and times, row by row; equal codes mean equal keys. Times are 0 where there is none.

    `events` and `rows` are the numbers of those that have key and time, events in order of both.
    """

    event_code: Ints
    event_us: Ints
    event_has_key: Bools
    event_has_time: Bools
    code: Ints
    time: Ints
    has_key: Bools
    has_time: Bools
    events: Ints
    rows: Ints


@dataclass(frozen=True)
class Timeline:
    """Rows sorted by key code and moment; `place` is one ascending number a row: code and rank of the moment."""

    rows: Ints
    place: Ints
    moments: Ints

    @classmethod
    def of(cls, rows: Ints, code: Ints, moment: Ints) -> Timeline:
        """The timeline of `rows`, each with code and moment; rows that tie in both keep their order."""
        moments, rank = np.unique(moment, return_inverse=True)
        place = code * (len(moments) + 1) + rank.reshape(-1)
        order = np.argsort(place, kind="stable")
        return cls(rows[order], place[order], moments)

    def first_from(self, code: Ints, moment: Ints, *, after: bool = False) -> Ints:
        """The place of the first row of each code at or (with `after`) after the moment, or where it would stand."""
        rank = np.searchsorted(self.moments, moment, side="right" if after else "left")
        found: Ints = np.searchsorted(self.place, code * (len(self.moments) + 1) + rank, side="left")
        return found

    def first_of(self, code: Ints) -> Ints:
        """The place of the first row of each code, or where it would stand."""
        found: Ints = np.searchsorted(self.place, code * (len(self.moments) + 1), side="left")
        return found


def sides(events: pa.Table, rows: pa.Table, table: Table, *, event_time: str) -> Sides:
    """Both sides of a look-up; tables are flat or in feature layout, and `check_columns` has passed them.

    Raises:
        DataError: a key or a time holds fractions, or several values in one row.
    """
    keys = table.key_columns
    left, right = key_table(events, list(keys)), key_table(rows, list(keys.values()))
    event_code, code = key_codes(left, right)
    event_us, event_has_time = times(events, event_time)
    time, has_time = times(rows, table.time)
    event_has_key, has_key = all_valid(left), all_valid(right)
    joinable = np.flatnonzero(event_has_key & event_has_time)
    # Searches for ascending places are several times as fast as for scattered ones.
    joinable = joinable[np.lexsort((event_us[joinable], event_code[joinable]))]
    return Sides(
        event_code=event_code,
        event_us=event_us,
        event_has_key=event_has_key,
        event_has_time=event_has_time,
        code=code,
        time=time,
        has_key=has_key,
        has_time=has_time,
        events=joinable,
        rows=np.flatnonzero(has_key & has_time),
    )
