"""The format of a text, so that a change of format can be named.

2026-03-01, 2026-03-02   ->  date %Y-%m-%d         01/03/2026, 02/03/2026   ->  date %d/%m/%Y
Oslo, Rome               ->  Aa                    OSLO, ROME               ->  A
sg-00017, sg-00018       ->  a-9                   17, 18                   ->  9

A run of capitals becomes A, one of small letters a, one of digits 9. Formats of dates and times are tried first, on all
values together: in 01/03/2026 alone, either part may be the month.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

DATES = (
    *("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%d-%m-%Y", "%d %b %Y", "%b %d, %Y"),
    *("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%H:%M:%S", "%H:%M"),
)
"""Known formats of dates and times, as for `strptime`."""
LOOKED_AT = 200
"""Values of a feature that are looked at, the most frequent."""
MOVED = 0.5
"""Share of the rows that must have the new format now."""
BEFORE = 0.05
"""Share of the rows that may have had it before."""

_SHAPES = ((re.compile(r"[A-ZÀ-ÖØ-Þ]+"), "A"), (re.compile(r"[a-zß-öø-ÿ]+"), "a"), (re.compile(r"[0-9]+"), "9"))


def change_of_format(was: Mapping[str, int], is_now: Mapping[str, int]) -> str:
    """The formats before and now, where most rows now have one that hardly any had before; else empty.

    `was`, `is_now`: rows by value, at least of the most frequent ones.
    """
    if not was or not is_now:
        return ""
    before, now = formats(was), formats(is_now)
    main, share = max(now.items(), key=lambda one: (one[1], one[0]))
    if share < MOVED or before.get(main, 0.0) > BEFORE:
        return ""
    former = max(before.items(), key=lambda one: (one[1], one[0]))[0]
    cased = {value.casefold() for value in was} & {value.casefold() for value in is_now}
    if cased and not set(was) & set(is_now):
        return f"looks like a change of case: {_example(was, former)} -> {_example(is_now, main)}"
    if not _is_a_format(former, before) or not _is_a_format(main, now):
        return ""
    return f"looks like a change of format: {former} ({_example(was, former)}) -> {main} ({_example(is_now, main)})"


def formats(counts: Mapping[str, int]) -> dict[str, float]:
    """Share of the rows, 0..1, by format of their value."""
    first = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:LOOKED_AT]
    dated = _date_format([value for value, _ in first])
    found: dict[str, float] = {}
    total = sum(count for _, count in first) or 1
    for value, count in first:
        name = f"date {dated}" if dated else shape(value)
        found[name] = found.get(name, 0.0) + count / total
    return found


def shape(value: str) -> str:
    """A text in which each run of capitals, small letters or digits is one sign."""
    for pattern, sign in _SHAPES:
        value = pattern.sub(sign, value)
    # More words alike are not another format: "A a" and "A a a".
    return re.sub(r"((?:^|\s)\S+)(?:\1)+", r"\1", value)


def _date_format(values: list[str]) -> str:
    for form in DATES:
        try:
            for value in values:
                datetime.strptime(value, form)
        except ValueError:
            continue
        return form
    return ""


def _is_a_format(name: str, shares: Mapping[str, float]) -> bool:
    # Free text has many shapes, none of which is its format.
    return name.startswith("date ") or shares[name] >= 1 - 2 * BEFORE


def _example(counts: Mapping[str, int], name: str) -> str:
    dated = name.startswith("date ")
    return repr(min((value for value in counts if dated or shape(value) == name), key=lambda v: (-counts[v], v)))
