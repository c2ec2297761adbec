"""Patterns with `{SPAN}`, `{VERSION}` and dates, as in stock TFX: the newest version of each wanted span.

    logs/{YYYY}-{MM}-{DD}/v{VERSION}/*.csv     span = days since 1970-01-01, version = the number there
    logs/day-{SPAN:5}.csv                      the span with leading zeros, five digits wide

Without a range the newest span is read. https://www.tensorflow.org/tfx/guide/examplegen#span
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from headrace.config.checks import Count, accepted
from headrace.config.settings import Spec
from headrace.config.templates import comparable, fill_sample_day
from headrace.errors import DataError, UsageError

DATE = ("{YYYY}", "{MM}", "{DD}")
_TOKEN = re.compile(r"\{YYYY\}|\{MM\}|\{DD\}|\{(?:SPAN|VERSION)(?::[^}]*)?\}")
_EPOCH = datetime.date(1970, 1, 1)


def span_number(span: int | str | None) -> int | None:
    """A span as its number: days since 1970-01-01 for an ISO day; a placeholder for a day counts from 1970.

    Raises:
        UsageError: neither a whole number nor a day.
    """
    if span is None or (isinstance(span, int) and not isinstance(span, bool)):
        return span
    try:
        return (datetime.date.fromisoformat(fill_sample_day(str(span))) - _EPOCH).days
    except (TypeError, ValueError) as error:
        raise UsageError(f"a span is a number or a day such as '2026-03-01', got {span!r}") from error


Span: TypeAlias = Annotated[int | str, accepted(span_number)]


@dataclass(frozen=True, kw_only=True)
class SpanRange(Spec):
    """Which spans are read: those from `start` to `end`, both included, and of these only the `newest`, a number.

    `start` and `end` are span numbers or, for dates, ISO days (`2026-03-01`). A span between the first and the last of
    the range that has no file is an error, unless `gaps`.
    """

    start: Span | None = None
    end: Span | None = None
    newest: Count | None = None
    gaps: bool = False

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together."""
        faults = []
        if self.start is None and self.end is None and self.newest is None:
            faults.append("give start, end or newest")
        low, high = span_number(self.start), span_number(self.end)
        if low is not None and high is not None and low > high and comparable(str(self.start), str(self.end)):
            faults.append(f"start must not be after end, got {self.start!r} and {self.end!r}")
        return faults

    def chosen(self, there: Iterable[int]) -> list[int]:
        """The spans that are there and in the range, in order."""
        low, high = span_number(self.start), span_number(self.end)
        inside = sorted(s for s in set(there) if (low is None or s >= low) and (high is None or s <= high))
        return inside[-self.newest :] if self.newest is not None else inside

    def absent(self, chosen: Sequence[int]) -> list[int]:
        """The spans of the range without a file; where `newest` leaves an end open, it is that of the chosen spans."""
        low, high = span_number(self.start), span_number(self.end)
        if self.gaps or not chosen:
            return []
        first = low if low is not None and self.newest is None else chosen[0]
        last = high if high is not None and self.newest is None else chosen[-1]
        return sorted(set(range(first, last + 1)) - set(chosen))


def has_span(pattern: str) -> bool:
    """Whether a pattern names a span, by number or by date."""
    return bool(_TOKEN.search(pattern))


def pattern_faults(pattern: str) -> list[str]:
    """What is wrong with the tokens of a pattern."""
    tokens = _TOKEN.findall(pattern)
    names = [token.strip("{}").split(":")[0] for token in tokens]
    faults = []
    dates = [token for token in tokens if token in DATE]
    if dates and sorted(dates) != sorted(DATE):
        faults.append(f"{', '.join(DATE)} stand once each, or not at all, got {pattern!r}")
    if names.count("SPAN") > 1 or names.count("VERSION") > 1:
        faults.append(f"{{SPAN}} and {{VERSION}} stand once at the most, got {pattern!r}")
    if dates and "SPAN" in names:
        faults.append(f"a span is given by {{SPAN}} or by a date, not by both, got {pattern!r}")
    if "VERSION" in names and not dates and "SPAN" not in names:
        faults.append(f"{{VERSION}} needs a {{SPAN}} or a date beside it, got {pattern!r}")
    for token in tokens:
        width = token.strip("{}").split(":")[1] if ":" in token else "1"
        if not width.isascii() or not width.isdigit() or int(width) < 1:
            faults.append(f"the width in {token} must be a whole number of at least 1")
    return faults


def glob_of(pattern: str) -> str:
    """The pattern with `*` for each token."""
    return _TOKEN.sub("*", pattern)


def placed_in_spans(pattern: str, paths: Iterable[str]) -> dict[int, dict[int, list[str]]]:
    """The paths by span and version (0 if the pattern has none), in order, without those that have none (`day-tmp`).

    Raises:
        DataError: a date that does not exist.
    """
    expression = _expression(pattern)
    spans: dict[int, dict[int, list[str]]] = {}
    for path in sorted(paths):
        found = expression.fullmatch(path)
        if found is None:
            continue
        parts = found.groupdict()
        if "YYYY" in parts:
            try:
                day = datetime.date(int(parts["YYYY"]), int(parts["MM"]), int(parts["DD"]))
            except ValueError as error:
                raise DataError(f"{path} names a day that does not exist ({error}); pattern {pattern}") from error
            span = (day - _EPOCH).days
        else:
            span = int(parts["SPAN"])
        spans.setdefault(span, {}).setdefault(int(parts.get("VERSION") or 0), []).append(path)
    return spans


def format_spans(spans: Sequence[int], patterns: Sequence[str]) -> str:
    """Spans in words: as days where patterns name dates. `3, 5 and 7 more`."""
    by_date = any(DATE[0] in pattern for pattern in patterns)
    words = [str(_EPOCH + datetime.timedelta(span)) if by_date else str(span) for span in spans]
    return ", ".join(words[:8]) + (f" and {len(words) - 8} more" if len(words) > 8 else "")


def _expression(pattern: str) -> re.Pattern[str]:
    parts = []
    place = 0
    for token in _TOKEN.finditer(pattern):
        parts.append(_glob_expression(pattern[place : token.start()]))
        name, _, width = token.group().strip("{}").partition(":")
        digits = {"YYYY": "{4}", "MM": "{2}", "DD": "{2}"}.get(name, f"{{{width}}}" if width else "+")
        parts.append(f"(?P<{name}>[0-9]{digits})")
        place = token.end()
    return re.compile("".join([*parts, _glob_expression(pattern[place:])]))


def _glob_expression(text: str) -> str:
    """A glob as a regular expression in which `*` and `?` stay inside one folder and `**/` passes through several."""
    signs = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = []
    for part in re.split(r"(\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\])", text):
        if part.startswith("[") and part.endswith("]") and len(part) > 2:
            parts.append("[^" + part[2:] if part[1] == "!" else part)
        else:
            parts.append(signs.get(part, re.escape(part)))
    return "".join(parts)
