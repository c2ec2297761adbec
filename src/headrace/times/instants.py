"""Moments as text and as microseconds since 1970.

microseconds("2026-03-03T00:00:00+01:00")  ->  1772492400000000      iso(1772492400000000)  ->  2026-03-02T23:00:00Z
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from headrace.config.templates import stand_in
from headrace.errors import UsageError

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def microseconds(text: str) -> int:
    """ISO 8601 to microseconds since 1970 in UTC; a time without offset is UTC, a place for a day counts from 1970.

    Raises:
        UsageError: `text` is not ISO 8601.
    """
    try:
        moment = datetime.fromisoformat(stand_in(text).replace("Z", "+00:00"))
    except (ValueError, AttributeError) as error:
        raise UsageError(f"expected an ISO 8601 time such as 2026-03-03T00:00:00Z, got {text!r}") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return (moment - EPOCH) // timedelta(microseconds=1)


def iso(moment: int) -> str:
    """The second in which `moment` lies, as ISO 8601 in UTC; as a number where a calendar has no such year."""
    try:
        return (EPOCH + timedelta(seconds=moment // 1_000_000)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError):
        return f"{moment} microseconds since 1970"


def instant_us(text: str, what: str = "") -> int:
    """ISO 8601 with a zone as microseconds since 1970 in UTC; a place for a day counts from 1970.

    Raises:
        UsageError: it is not that; `what` it was to be is named.
    """
    before = f"{what}: " if what else ""
    cure = "write it like 2026-03-06T00:00:00Z"
    try:
        filled = stand_in(text)
        instant = datetime.fromisoformat(filled[:-1] + "+00:00" if filled[-1:] in ("z", "Z") else filled)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{before}expected a time in ISO 8601, got {text!r}: {cure}") from error
    if instant.tzinfo is None:
        raise UsageError(f"{before}expected a time with its zone, got {text!r}: {cure}")
    return (instant - EPOCH) // timedelta(microseconds=1)
