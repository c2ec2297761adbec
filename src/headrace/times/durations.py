"""Lengths of time as they stand in a spec: seconds, or texts such as "90m", "7d" and "1mo" that know the calendar.

2026-03-28 12:00 in Berlin + 86_400 or "24h"  ->  2026-03-29 13:00      a day of 24 hours
2026-03-28 12:00 in Berlin + "1d"             ->  2026-03-29 12:00      23 hours later: the clocks went forward
2026-01-31 12:00 in Berlin + "1mo"            ->  2026-02-28 12:00      the last day, where the month has no such day

A text is one or several numbers with their units, with one sign before all of them: us, ms, s, m (minutes) and h are of
one length each; d, w, mo and y go by the calendar of a time zone. These are the duration strings of Polars.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from headrace.config.checks import accepted
from headrace.errors import UsageError

LONGEST_S = 100_000_000_000
"""Bound on durations, about 3,000 years: sums of times in microseconds then stay within int64."""

_UNITS_US = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}
_UNITS_DAYS = {"d": 1, "w": 7}
_UNITS_MONTHS = {"mo": 1, "y": 12}
_TEXT = re.compile(r"(-?)((?:\d+(?:us|ms|mo|s|m|h|d|w|y))+)")
_PART = re.compile(r"(\d+)(us|ms|mo|s|m|h|d|w|y)")
_DAY_US = 86_400_000_000
_MONTH_US = 2_629_746_000_000


@dataclass(frozen=True)
class Length:
    """A duration taken apart: calendar months and days, added to the local time first, and microseconds after."""

    months: int
    days: int
    us: int

    @property
    def by_calendar(self) -> bool:
        """Whether it depends on the day and the zone that it starts from."""
        return bool(self.months or self.days)

    @property
    def about_us(self) -> int:
        """Its microseconds with months and days of mean length: to compare, not to add."""
        return self.months * _MONTH_US + self.days * _DAY_US + self.us


def parsed(duration: int | float | str) -> Length:
    """The duration taken apart.

    Raises:
        UsageError: it is neither seconds nor a text as above, or longer than `LONGEST_S`.
    """
    length = _parsed(duration)
    if length is None or abs(length.about_us) > LONGEST_S * 1_000_000:
        raise UsageError(
            f"expected seconds, or a text such as '90m', '7d' or '1mo2d12h', within ±{LONGEST_S:,} s, got {duration!r}"
        )
    return length


def _parsed(duration: int | float | str) -> Length | None:
    if isinstance(duration, (int, float)) and not isinstance(duration, bool):
        return Length(0, 0, round(duration * 1_000_000)) if abs(duration) <= LONGEST_S else None
    found = _TEXT.fullmatch(duration) if isinstance(duration, str) else None
    if not found:
        return None
    sums = {"months": 0, "days": 0, "us": 0}
    for number, unit in _PART.findall(found[2]):
        for kind, units in (("months", _UNITS_MONTHS), ("days", _UNITS_DAYS), ("us", _UNITS_US)):
            sums[kind] += int(number) * units.get(unit, 0)
    sign = -1 if found[1] else 1
    return Length(sign * sums["months"], sign * sums["days"], sign * sums["us"])


Duration: TypeAlias = Annotated[int | float | str, accepted(parsed, "seconds, or a text such as '90m' or '7d'")]
"""Seconds (microseconds count), or a text such as "1mo2d12h"."""
