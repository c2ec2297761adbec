"""Times plus durations by the calendar of a time zone, a column at a time.

Europe/Berlin, where the clocks went from 2:00 to 3:00 on 2026-03-29 and go from 3:00 back to 2:00 on 2026-10-25:

2026-03-28 02:30 + "1d"   ->  2026-03-29 03:30    2:30 is skipped, so 2:30 becomes 3:30
2026-10-24 02:30 + "1d"   ->  2026-10-25 02:30    the first of the two
2026-10-24 12:00 + "24h"  ->  2026-10-25 11:00    hours, minutes and seconds do not go by the calendar
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from headrace.times.durations import Length
from headrace.times.zones import DAY_US, Offsets

Ints = npt.NDArray[np.int64]


def add_length(time: Ints, length: Length, zone: ZoneInfo) -> Ints:
    """`time`, in microseconds since 1970 in UTC, plus `length` by the calendar of `zone`: months, days, then the rest.

    A local time that the clocks skip moves on by as much as the clocks did; of one that comes twice the first counts.
    """
    if not length.by_calendar or not len(time):
        return time + length.us
    offsets = Offsets.around(time, zone)
    local = time + offsets.at(time)
    moved = _add_days(_add_months(local, length.months), length.days)
    offsets = Offsets.around(moved, zone)
    return moved - offsets.at_local(moved) + length.us


def _add_days(local: Ints, days: int) -> Ints:
    return local + days * DAY_US


def _add_months(local: Ints, months: int) -> Ints:
    """The same day and time of another month; its last day where it has no such day."""
    if not months:
        return local
    date = (local // DAY_US).astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    day = (date - month.astype("datetime64[D]")).astype(np.int64)
    there = month + months
    first = there.astype("datetime64[D]").astype(np.int64)
    length = (there + 1).astype("datetime64[D]").astype(np.int64) - first
    moved: Ints = (first + np.minimum(day, length - 1)) * DAY_US + local % DAY_US
    return moved
