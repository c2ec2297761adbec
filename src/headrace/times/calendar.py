"""Times plus durations by the calendar of a time zone, a column at a time.

Europe/Berlin, where the clocks went from 2:00 to 3:00 on 2026-03-29 and go from 3:00 back to 2:00 on 2026-10-25:

2026-03-28 02:30 + "1d"   ->  2026-03-29 03:30    2:30 does not exist: as far into the hour after as it would have been
2026-10-24 02:30 + "1d"   ->  2026-10-25 02:30    the first of the two
2026-10-24 12:00 + "24h"  ->  2026-10-25 11:00    hours, minutes and seconds do not go by the calendar

The database of zones is asked for the days that occur, not for each row.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from headrace.errors import UsageError
from headrace.times.durations import Length

Ints = npt.NDArray[np.int64]

_S, _DAY_US = 1_000_000, 86_400_000_000
_DAY_S = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FIRST_DAY, _LAST_DAY = -719_000, 2_930_000
"""Days from 1970 that a calendar of Python has, with some to spare: before and after, offsets are those of these."""


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name.

    Raises:
        UsageError: there is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise UsageError(f"expected an IANA name such as 'UTC' or 'Europe/Berlin', got {name!r}") from error


def shifted(time: Ints, length: Length, zone: ZoneInfo) -> Ints:
    """`time`, in microseconds since 1970 in UTC, plus `length` by the calendar of `zone`: months, days, then the rest.

    A local time that does not exist is moved on by as much as the clocks were; of one that occurs twice it is the
    first.
    """
    if not length.by_calendar or not len(time):
        return time + length.us
    offsets = _Offsets.around(time, zone)
    local = time + offsets.at(time)
    moved = _add_days(_add_months(local, length.months), length.days)
    offsets = _Offsets.around(moved, zone)
    return moved - offsets.at_local(moved) + length.us


class _Offsets:
    """From which moment on which offset from UTC holds, around the days asked for; all in microseconds."""

    def __init__(self, start: Ints, offset: Ints) -> None:
        self._start, self._offset = start, offset
        # A local time has the offset of before until both clocks have passed it: then gaps move on, folds come first.
        self._local_start = start + np.maximum(offset, np.append(offset[:1], offset[:-1]))

    @classmethod
    def around(cls, time: Ints, zone: ZoneInfo) -> _Offsets:
        """The offsets for moments within a day of any of `time`."""
        days = np.unique(np.clip(time // _DAY_US, _FIRST_DAY, _LAST_DAY))
        days = np.unique(days[:, None] + np.arange(-2, 4))
        offset = np.array([_offset_s(zone, day * _DAY_S) for day in days.tolist()], np.int64)
        start_s, offset_s = [days * _DAY_S], [offset]
        for place in np.flatnonzero((np.diff(days) == 1) & (np.diff(offset) != 0)).tolist():
            start_s.append(np.array([_change_s(zone, int(days[place]) * _DAY_S)]))
            offset_s.append(offset[place + 1 : place + 2])
        start, offset = np.concatenate(start_s), np.concatenate(offset_s)
        order = np.argsort(start, kind="stable")
        return cls(start[order] * _S, offset[order] * _S)

    def at(self, time: Ints) -> Ints:
        """The offset at each moment."""
        return self._offset[np.maximum(np.searchsorted(self._start, time, side="right") - 1, 0)]

    def at_local(self, local: Ints) -> Ints:
        """The offset at each local time."""
        return self._offset[np.maximum(np.searchsorted(self._local_start, local, side="right") - 1, 0)]


def _offset_s(zone: ZoneInfo, moment_s: int) -> int:
    offset = (_EPOCH + timedelta(seconds=moment_s)).astimezone(zone).utcoffset()
    return round(offset.total_seconds()) if offset else 0


def _change_s(zone: ZoneInfo, day_s: int) -> int:
    """The second of the day, from `day_s` on, at which the offset changes."""
    before, low, high = _offset_s(zone, day_s), day_s, day_s + _DAY_S
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset_s(zone, middle) == before else (low, middle)
    return high


def _add_days(local: Ints, days: int) -> Ints:
    return local + days * _DAY_US


def _add_months(local: Ints, months: int) -> Ints:
    """The same day and time of another month; its last day where it has no such day."""
    if not months:
        return local
    date = (local // _DAY_US).astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    day = (date - month.astype("datetime64[D]")).astype(np.int64)
    there = month + months
    first = there.astype("datetime64[D]").astype(np.int64)
    length = (there + 1).astype("datetime64[D]").astype(np.int64) - first
    moved: Ints = (first + np.minimum(day, length - 1)) * _DAY_US + local % _DAY_US
    return moved
