"""Placeholders in specs, for the day of a run and the folder of its data, so that one pipeline serves every day.

    fill_placeholders('{"pattern": "{DATA}/answers/{DAY+1}.jsonl"}', day="2026-03-03", data="s3://logs")
        ->  {"pattern": "s3://logs/answers/2026-03-04.jsonl"}

Any text of a spec may contain placeholders: a pattern, the start and end of a time range, an as-of time. Day and data
are parameters of a run, so a compiled pipeline is the same every day.
"""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

from headrace.errors import UsageError

_PLACEHOLDER = re.compile(r"\{(DAY|DATA)(?:([+-])([0-9]{1,5}))?\}")
_SAMPLE_DAY = "1970-01-01"


def fill_placeholders(text: str, *, day: str = "", data: str = "") -> str:
    """The JSON text of a spec with values for its placeholders; those for which no value is given stay.

    Args:
        text: JSON in which `{DAY}`, `{DAY+N}` and `{DAY-N}` (N whole days) become ISO dates, `{DATA}` becomes `data`.
        day: an ISO date such as `2026-03-03`.
        data: a folder or URI.

    Raises:
        UsageError: `day` is not an ISO date, or a placeholder stands for a day outside of the calendar.
    """
    start = _date(day) if day else None

    def fill(placeholder: re.Match[str]) -> str:
        name, sign, days = placeholder.groups()
        if name == "DATA":
            return json.dumps(data.rstrip("/"))[1:-1] if data and not sign else placeholder.group()
        if start is None:
            return placeholder.group()
        try:
            return (start + timedelta(days=int(f"{sign or '+'}{days or 0}"))).isoformat()
        except OverflowError as error:
            raise UsageError(f"{placeholder.group()} of day {day} is outside of the calendar: {error}") from error

    return _PLACEHOLDER.sub(fill, text)


def fill_sample_day(text: str) -> str:
    """`text` with 1970-01-01 as the day, so that a time with a placeholder can be checked before its day is known."""
    return fill_placeholders(text, day=_SAMPLE_DAY) if isinstance(text, str) else text


def comparable(*times: str) -> bool:
    """Whether times can be compared before the day is known: all contain a placeholder for it, or none does."""
    return len({bool(_PLACEHOLDER.search(time)) for time in times}) < 2


def refuse_placeholders(text: str) -> None:
    """Refuses to run a spec that still contains placeholders.

    Raises:
        UsageError: it contains some; the message lists them.
    """
    found = sorted({placeholder.group() for placeholder in _PLACEHOLDER.finditer(text)})
    if found:
        names = sorted({re.sub(r"[^a-z]", "", placeholder.lower()) for placeholder in found})
        cure = " and ".join(f"--{name}" for name in names)
        words = f"the spec has placeholders without a value: {', '.join(found)}"
        raise UsageError(f"{words}; give {' and '.join(names)} ({cure})")


def _date(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except (TypeError, ValueError) as error:
        raise UsageError(f"day must be a date such as '2026-03-03', got {day!r}") from error
