"""Time zones, from one database everywhere: that of the `tzdata` package.

Operating systems, Python and DuckDB bring databases of their own, which disagree on days to come (America/Havana on
2027-01-01: UTC-5 in one, UTC-4 in another). So no other one is asked, and a local time is the same instant on all
machines that have the same version of the package.

Europe/Berlin, where the clocks went from 2:00 to 3:00 on 2026-03-29 and go from 3:00 back to 2:00 on 2026-10-25:

2026-03-29 02:30, which is skipped     ->  01:30 UTC, as 03:30 would be: for dates that a calendar computes
2026-10-25 02:30, which comes twice    ->  00:30 UTC, the first of the two
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from importlib import metadata, resources
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from headrace.config.checks import accepted
from headrace.errors import UsageError
from headrace.times.instants import EPOCH

Ints = npt.NDArray[np.int64]

DAY_US = 86_400_000_000
_DAY_S = 86_400
_S = 1_000_000
_BLOCK_DAYS = 256
_FEW_BLOCKS = 32
"""Blocks, some 22 years, that are cheaper to look up whole than to search for which of them occur."""

_FIRST_DAY, _LAST_DAY = -719_000, 2_930_000
"""Days from 1970 that a calendar of Python has, with some to spare: before and after, offsets are those of these."""


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name.

    Raises:
        UsageError: there is none of this name.
    """
    try:
        parts = name.split("/")
        if not all(part.isprintable() and part.strip(".") and "\\" not in part for part in parts):
            raise ValueError("it is not a name")
        with resources.files("tzdata").joinpath("zoneinfo", *parts).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (AttributeError, ValueError, OSError) as error:
        raise UsageError(f"expected an IANA name such as 'UTC' or 'Europe/Berlin', got {name!r}") from error


ZoneName: TypeAlias = Annotated[str, accepted(zone_of)]
"""A setting that is the IANA name of a time zone."""


def database_version() -> str:
    """The version of the database of zones, such as `2026.1`."""
    return metadata.version("tzdata")


class Offsets:
    """Offsets of a zone from UTC over the time around some instants: from when on each holds. All in microseconds."""

    def __init__(self, start: Ints, offset: Ints) -> None:
        self._start, self._offset = start, offset
        # A local time has the offset of before until both clocks have passed it: then gaps move on, folds come first.
        before = np.append(offset[:1], offset[:-1])
        self._local_start = start + np.maximum(offset, before)
        self._local_end = start + np.minimum(offset, before)

    @classmethod
    def around(cls, time: Ints, zone: ZoneInfo) -> Offsets:
        """The offsets of `zone` for instants, or local times, within 200 days of any of `time`."""
        changes = [_changes(zone, block) for block in _blocks(time)]
        if not changes:
            return cls(np.zeros(1, np.int64), np.zeros(1, np.int64))
        start, offset = (np.array([one[place] for those in changes for one in those], np.int64) for place in (0, 1))
        fresh = np.append(True, offset[1:] != offset[:-1])
        return cls(start[fresh] * _S, offset[fresh] * _S)

    def at(self, time: Ints) -> Ints:
        """The offset at each instant."""
        return self._of(self._start, time)

    def at_local(self, local: Ints) -> Ints:
        """The offset at each local time; one that is skipped has that of before, one that comes twice the first."""
        return self._of(self._local_start, local)

    def at_local_last(self, local: Ints) -> Ints:
        """The offset at each local time; one that is skipped has that of after, one that comes twice the last."""
        return self._of(self._local_end, local)

    def _of(self, start: Ints, time: Ints) -> Ints:
        if len(start) == 1:
            return np.broadcast_to(self._offset, time.shape)
        return self._offset[np.maximum(np.searchsorted(start, time, side="right") - 1, 0)]


def _blocks(time: Ints) -> list[int]:
    """The numbers, ascending, of the blocks of days that `time` lies in, and of those beside them."""
    if not len(time):
        return []
    first, last = (
        min(max(int(bound) // DAY_US, _FIRST_DAY), _LAST_DAY) // _BLOCK_DAYS for bound in (time.min(), time.max())
    )
    wanted = np.ones(last - first + 3, dtype=bool)
    if last - first > _FEW_BLOCKS:
        occurs = np.zeros(last - first + 1, dtype=bool)
        occurs[np.clip(time // (_BLOCK_DAYS * DAY_US), first, last) - first] = True
        wanted = np.convolve(occurs, np.ones(3)) > 0
    return (np.flatnonzero(wanted) + first - 1).tolist()


@lru_cache(maxsize=4096)
def _changes(zone: ZoneInfo, block: int) -> list[tuple[int, int]]:
    """From which second on which offset holds, in seconds, from the first day of a block to the first of the next.

    No zone ever changed its clocks twice within a day: so each day is looked at, and the second sought in one whose
    ends differ.
    """
    days = [min(max(block * _BLOCK_DAYS + day, _FIRST_DAY), _LAST_DAY) for day in range(_BLOCK_DAYS + 1)]
    offset = _offset_s(zone, days[0] * _DAY_S)
    found = [(days[0] * _DAY_S, offset)]
    for day in days[1:]:
        later = _offset_s(zone, day * _DAY_S)
        if later != offset:
            found.append((_change_s(zone, offset, (day - 1) * _DAY_S), later))
            offset = later
    return found


def _offset_s(zone: ZoneInfo, instant_s: int) -> int:
    offset = (EPOCH + timedelta(seconds=instant_s)).astimezone(zone).utcoffset()
    return round(offset.total_seconds()) if offset else 0


def _change_s(zone: ZoneInfo, before: int, day_s: int) -> int:
    """The second of the day, from `day_s` on, at which the offset `before` ends."""
    low, high = day_s, day_s + _DAY_S
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset_s(zone, middle) == before else (low, middle)
    return high
