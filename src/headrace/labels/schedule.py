"""The as-of times of runs that repeat, for a backfill of the labels that they would have made.

    as_of_schedule("2026-03-27T23:00:00Z", "2026-03-29T23:00:00Z", every="1d", zone="Europe/Berlin")
    ->  2026-03-27T23:00:00Z, 2026-03-28T23:00:00Z, 2026-03-29T22:00:00Z

each of these is midnight in Berlin, where the clocks went forward on March 29.
"""

from __future__ import annotations

import numpy as np

from headrace.errors import UsageError
from headrace.times.calendar import add_length
from headrace.times.durations import Duration, Length, parse_duration
from headrace.times.instants import instant_us, iso_us
from headrace.times.zones import zone_of

MOST = 100_000
"""Times that a schedule has at the most."""


def as_of_schedule(first: str, last: str, *, every: Duration = "1d", zone: str = "UTC") -> tuple[str, ...]:
    """The times from `first` to `last` at intervals of `every`, by the calendar of `zone`, for `LabelSpec.as_of`.

    Each is counted from the first, so that "1mo" from January 31 gives February 28 and March 31.

    Args:
        first: ISO 8601 with a zone.
        last: ISO 8601 with a zone; it is part of the schedule if an interval ends there.
        every: a duration above 0.
        zone: IANA name of a time zone.

    Raises:
        UsageError: values are not as above, or there would be more than 100,000 times, or none.
    """
    step, start, end = parse_duration(every), instant_us(first, "first"), instant_us(last, "last")
    if step.about_us <= 0:
        raise UsageError(f"every must be above 0, got {every!r}")
    if end < start:
        raise UsageError(f"last must not be before first, got {first!r} and {last!r}")
    if (end - start) // step.about_us >= MOST:
        raise UsageError(f"a schedule has at most {MOST:,} times, got every {every!r} from {first!r} to {last!r}")
    times: list[str] = []
    while True:
        count = len(times)
        length = Length(count * step.months, count * step.days, count * step.us)
        instant = int(add_length(np.array([start]), length, zone_of(zone))[0])
        if instant > end:
            return tuple(times)
        times.append(iso_us(instant))
