"""Moments as text and as microseconds since 1970.

microseconds("2026-03-03T00:00:00+01:00")  ->  1772492400000000      iso(1772492400000000)  ->  2026-03-02T23:00:00Z
"""

from __future__ import annotations

import datetime

from headrace.errors import UsageError
from headrace.templates import stand_in

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def microseconds(text: str) -> int:
    """ISO 8601 to microseconds since 1970 in UTC; a time without offset is UTC, a place for a day counts from 1970.

    Raises:
        UsageError: `text` is not ISO 8601.
    """
    try:
        moment = datetime.datetime.fromisoformat(stand_in(text).replace("Z", "+00:00"))
    except (ValueError, AttributeError) as error:
        raise UsageError(f"expected an ISO 8601 time such as 2026-03-03T00:00:00Z, got {text!r}") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return (moment - EPOCH) // datetime.timedelta(microseconds=1)


def iso(moment: int) -> str:
    """The second in which `moment` lies, as ISO 8601 in UTC; as a number where a calendar has no such year."""
    try:
        return (EPOCH + datetime.timedelta(seconds=moment // 1_000_000)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError):
        return f"{moment} microseconds since 1970"


def in_words(seconds: float) -> str:
    """`2 d 3 h`, `3 h 25 min`, `40 s`: the two largest units."""
    rest = round(seconds)
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
