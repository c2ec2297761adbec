"""Durations as a spec has them: seconds, or texts such as "90m", "7d" and "1mo" that know the calendar.

2026-03-28 12:00 in Berlin + 86_400 or "24h"  ->  2026-03-29 13:00      24 hours later
2026-03-28 12:00 in Berlin + "1d"             ->  2026-03-29 12:00      23 hours later: the clocks went forward
2026-01-31 12:00 in Berlin + "1mo"            ->  2026-02-28 12:00      the last day of the month, which has no 31st

A text is one or more numbers with their units, and an optional minus sign in front. us, ms, s, m (minutes) and h have a
fixed length; d, w, mo and y follow the calendar of a time zone. These are the duration strings of Polars.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from headrace.config.checks import accepted
from headrace.errors import UsageError

LONGEST_S = 100_000_000_000
"""The longest duration, about 3,000 years: a time in microseconds plus a duration stays within int64."""

_UNITS_US = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}
_UNITS_DAYS = {"d": 1, "w": 7}
_UNITS_MONTHS = {"mo": 1, "y": 12}
_TEXT = re.compile(r"(-?)((?:\d+(?:us|ms|mo|s|m|h|d|w|y))+)")
_PART = re.compile(r"(\d+)(us|ms|mo|s|m|h|d|w|y)")
_DAY_US = 86_400_000_000
_MONTH_US = 2_629_746_000_000


@dataclass(frozen=True)
class Length:
    """A duration in parts: calendar months and days, which are added to the local time first, then microseconds."""

    months: int
    days: int
    us: int

    @property
    def by_calendar(self) -> bool:
        """Whether it depends on the day and the zone that it starts from."""
        return bool(self.months or self.days)

    @property
    def about_us(self) -> int:
        """Its microseconds if months had their mean length and days 24 hours: to compare durations, not to add them."""
        return self.months * _MONTH_US + self.days * _DAY_US + self.us


def parse_duration(duration: int | float | str) -> Length:
    """The months, days and microseconds of a duration.

    Raises:
        UsageError: it is neither seconds nor a text as above, or longer than `LONGEST_S`.
    """
    length = _length_of(duration)
    if length is None or abs(length.about_us) > LONGEST_S * 1_000_000:
        raise UsageError(
            f"expected seconds, or a text such as '90m', '7d' or '1mo2d12h', within ±{LONGEST_S:,} s, got {duration!r}"
        )
    return length


def fixed_duration_us(duration: int | float | str) -> int:
    """Microseconds of a duration whose days have 24 hours.

    Raises:
        UsageError: it is not a duration, or has months or years, which have no fixed length.
    """
    length = parse_duration(duration)
    if length.months:
        raise UsageError(f"a duration here must be of a fixed length, in weeks (`w`) at the most, got {duration!r}")
    return length.about_us


def _length_of(duration: int | float | str) -> Length | None:
    if isinstance(duration, (int, float)) and not isinstance(duration, bool):
        return Length(0, 0, round(duration * 1_000_000)) if abs(duration) <= LONGEST_S else None
    found = _TEXT.fullmatch(duration) if isinstance(duration, str) else None
    if not found:
        return None
    months = days = us = 0
    for digits, unit in _PART.findall(found[2]):
        months += int(digits) * _UNITS_MONTHS.get(unit, 0)
        days += int(digits) * _UNITS_DAYS.get(unit, 0)
        us += int(digits) * _UNITS_US.get(unit, 0)
    sign = -1 if found[1] else 1
    return Length(sign * months, sign * days, sign * us)


Duration: TypeAlias = Annotated[int | float | str, accepted(parse_duration, "seconds, or a text such as '90m' or '7d'")]
"""A setting that is a duration: seconds (microseconds count), or a text such as "1mo2d12h"."""
