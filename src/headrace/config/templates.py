"""Specs that one pipeline uses day after day: places for the day of a run and for where its data are.

    filled('{"pattern": "{DATA}/answers/{DAY+1}.jsonl"}', day="2026-03-03", data="s3://logs")
        ->  {"pattern": "s3://logs/answers/2026-03-04.jsonl"}

A place may stand wherever a spec has text: in a pattern, in the start and end of a time range, in an as-of time. So a
compiled pipeline needs no edit for another day: day and data are parameters of its run.
"""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

from headrace.errors import UsageError

_PLACE = re.compile(r"\{(DAY|DATA)(?:([+-])([0-9]{1,5}))?\}")
_STAND_IN = "1970-01-01"


def filled(text: str, *, day: str = "", data: str = "") -> str:
    """The JSON text of a spec with its places filled; a place for which nothing is given stays.

    Args:
        text: JSON in which `{DAY}`, `{DAY+N}` and `{DAY-N}` (N whole days) become ISO dates, `{DATA}` becomes `data`.
        day: an ISO date such as `2026-03-03`.
        data: a folder or URI.

    Raises:
        UsageError: `day` is no ISO date, or a day that a place asks for is in no calendar.
    """
    start = _date(day) if day else None

    def fill(place: re.Match[str]) -> str:
        name, sign, days = place.groups()
        if name == "DATA":
            return json.dumps(data.rstrip("/"))[1:-1] if data and not sign else place.group()
        if start is None:
            return place.group()
        try:
            return (start + timedelta(days=int(f"{sign or '+'}{days or 0}"))).isoformat()
        except OverflowError as error:
            raise UsageError(f"{place.group()} of day {day} is in no calendar: {error}") from error

    return _PLACE.sub(fill, text)


def stand_in(text: str) -> str:
    """`text` with 1970-01-01 as the day, so that a time with a place can be checked before its day is known."""
    return filled(text, day=_STAND_IN) if isinstance(text, str) else text


def comparable(*times: str) -> bool:
    """Whether the order of times can be known before the day is: all of them have a place for it, or none has."""
    return len({bool(_PLACE.search(time)) for time in times}) < 2


def refuse_unfilled(text: str) -> None:
    """Refuses a spec that is to be run and still has places.

    Raises:
        UsageError: there are some; they are named.
    """
    places = sorted({place.group() for place in _PLACE.finditer(text)})
    if places:
        names = " and ".join(sorted({place.strip("{}")[:4].rstrip("+-").lower() for place in places}))
        raise UsageError(f"the spec has places that nothing fills: {', '.join(places)}; give {names}")


def _date(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except (TypeError, ValueError) as error:
        raise UsageError(f"day must be a date such as '2026-03-03', got {day!r}") from error
