"""Numbers, shares, lists and durations as text for people."""

from __future__ import annotations

from collections.abc import Sequence


def percent(share: float) -> str:
    """A share of rows: 0.1213 -> `12.1 %`."""
    return f"{100 * share:.1f} %"


def counted(count: int, word: str) -> str:
    """A count of things: `1 row`, `2 rows`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def number(value: float) -> str:
    """A value with at most six significant digits."""
    return f"{value:,.6g}"


def duration(seconds: float) -> str:
    """A duration: `2 d 3 h`, `3 h 25 min`, `40 s`: the two largest units."""
    rest = round(seconds)
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def rough_duration(seconds: float) -> str:
    """A duration in one unit, with two digits: `4 min`, `1.5 h`."""
    size, unit = next((found for found in _UNITS if seconds >= found[0]), _UNITS[-1])
    return f"{seconds / size:.2g} {unit}"


def listed(features: Sequence[str], names: int = 5) -> str:
    """The first of several features, and how many more there are."""
    left = len(features) - names
    return ", ".join(features[:names]) + (f" and {left:,} more" if left > 0 else "")
