"""A time plus a duration, one at a time, by Python's own calendar."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta, timezone

from headrace.times.durations import Duration, parse_duration
from headrace.times.zones import zone_of

EPOCH, US = datetime(1970, 1, 1, tzinfo=timezone.utc), timedelta(microseconds=1)


def plus(moment: int, duration: Duration, zone: str) -> int:
    """Months, then days, on the clock on the wall; then microseconds."""
    length, there = parse_duration(duration), zone_of(zone)
    if not length.by_calendar:
        return moment + length.us
    wall = (EPOCH + moment * US).astimezone(there).replace(tzinfo=None, fold=0)
    year, month = divmod(wall.year * 12 + wall.month - 1 + length.months, 12)
    day = min(wall.day, calendar.monthrange(year, month + 1)[1])
    wall = wall.replace(year=year, month=month + 1, day=day) + timedelta(days=length.days)
    return (wall.replace(tzinfo=there) - EPOCH) // US + length.us
