"""Instants as text and as microseconds since 1970 in UTC.

instant_us("2026-03-03T00:00:00+01:00")  ->  1772492400000000      iso(1772492400000000)  ->  2026-03-02T23:00:00Z

One grammar, the same on every version of Python: a date, then `T` or a space and hours, minutes, seconds and up to six
digits of a fraction, then `Z` or an offset; seconds, then minutes, may be left out, also the whole
time of day, and the offset.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Annotated, Literal, TypeAlias

from headrace.config.checks import accepted
from headrace.config.templates import fill_sample_day
from headrace.errors import UsageError

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

_CLOCK = r"([0-9]{2})(?::?([0-9]{2})(?::?([0-9]{2})(?:[.,]([0-9]{1,6}))?)?)?"
_OFFSET = r"[Zz]|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?"
_ISO = re.compile(rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})(?:[Tt ]{_CLOCK}({_OFFSET})?)?")


def instant_us(text: str, what: str = "", *, naive: Literal["utc", "refused"] = "refused") -> int:
    """ISO 8601 to microseconds since 1970 in UTC.

    A `{DAY}` that is not filled in yet is read as 1970-01-01, so that specs can be checked before a run.

    Args:
        text: such as `2026-03-06T00:00:00Z`.
        what: the setting or argument; error messages begin with it.
        naive: what becomes of a time without offset: it is in `utc`, or it is `refused`.

    Raises:
        UsageError: `text` is not ISO 8601, or has no offset where one is needed.
    """
    before, cure = f"{what}: " if what else "", "write it like 2026-03-06T00:00:00Z"
    found = _ISO.fullmatch(fill_sample_day(text)) if isinstance(text, str) else None
    try:
        if found is None:
            raise ValueError("not a date, optionally with time and offset")
        year, month, day, hour, minute, second, fraction, offset = found.groups()
        date, clock = (int(year), int(month), int(day)), (int(hour or 0), int(minute or 0), int(second or 0))
        wall = datetime(*date, *clock, int((fraction or "").ljust(6, "0")), timezone.utc)
        east = _offset(offset or "Z")
    except ValueError as error:
        raise UsageError(f"{before}expected a time in ISO 8601, got {text!r}: {cure} ({error})") from error
    if offset is None and naive == "refused":
        raise UsageError(f"{before}expected a time with an offset, got {text!r}: {cure}")
    return (wall - EPOCH - east) // timedelta(microseconds=1)


Instant: TypeAlias = Annotated[str, accepted(instant_us, "a time in ISO 8601 with an offset")]
"""A setting that is an instant, with its offset from UTC."""
InstantOrUtc: TypeAlias = Annotated[str, accepted(partial(instant_us, naive="utc"), "a time in ISO 8601")]
"""A setting that is an instant; in UTC where it has no offset."""


def iso(instant: int) -> str:
    """The second in which `instant` lies, as ISO 8601 in UTC; as a number where a calendar has no such year."""
    return iso_us(instant - instant % 1_000_000)


def iso_us(instant: int) -> str:
    """`instant` as ISO 8601 in UTC, with a fraction where it has one; as a number where a calendar has no such year."""
    try:
        return (EPOCH + timedelta(microseconds=instant)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return f"{instant} microseconds since 1970"


def _offset(text: str) -> timedelta:
    """How far a clock with this offset is ahead of UTC; `Z` has no digits, which is none."""
    digits = text[1:].replace(":", "").ljust(6, "0")
    hours, minutes, seconds = (int(digits[place : place + 2]) for place in (0, 2, 4))
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError(f"there is no offset {text}")
    east = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -east if text[0] == "-" else east
