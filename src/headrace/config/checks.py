"""What the value of one setting must be, beyond its type, as part of the type.

    buckets: Annotated[int, between(1, 10_000)] = 8
    window: tuple[Duration, Duration]                # Duration = Annotated[int | float | str, accepted(parsed)]

`Spec` (`headrace.config.settings`) holds every value to these checks, wherever a spec comes from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from headrace.config.secrets import masked
from headrace.errors import UsageError

MAX_SHOWN = 100
"""Characters of a value that a message repeats."""


@dataclass(frozen=True)
class Check:
    """`fault` says what is wrong with a value; an empty text: nothing. `words`: what is expected."""

    fault: Callable[[Any], str]
    words: str = ""


@dataclass(frozen=True)
class Hidden:
    """The value may be a secret: messages do not repeat it."""


HIDDEN = Hidden()


def expect(fits: Callable[[Any], object], words: str) -> Check:
    """The check that a value `fits`; `words` say what does."""
    return Check(lambda value: "" if fits(value) else f"expected {words}, got {shown(value)}", words)


def accepted(by: Callable[[Any], object], words: str = "") -> Check:
    """The check that a function takes the value; its `UsageError` says what is wrong."""

    def fault(value: Any) -> str:
        try:
            by(value)
        except UsageError as error:
            return str(error)
        return ""

    return Check(fault, words)


def at_least(least: float, words: str = "") -> Check:
    """Numbers from `least` on; `words` say what such a number is."""
    return expect(lambda value: value >= least, f"{words or 'a number'} of at least {least:,}")


def between(low: float, high: float, words: str = "a whole number") -> Check:
    """Numbers from `low` to `high`, both included."""
    return expect(lambda value: low <= value <= high, f"{words} from {low:,} to {high:,}")


def above(low: float, most: float, words: str = "a number") -> Check:
    """Numbers above `low`, and `most` at the most."""
    return expect(lambda value: low < value <= most, f"{words} above {low:,} and at most {most:,}")


def one_of(choices: Iterable[str]) -> Check:
    """One of some texts."""
    known = tuple(choices)
    return expect(lambda value: value in known, f"one of {', '.join(filter(None, known))}")


def distinct(values: Collection[Any]) -> bool:
    """Whether no two of the values are equal."""
    return len(set(values)) == len(values)


NOT_EMPTY = expect(len, "at least one")
DISTINCT = expect(distinct, "no value twice")

Name: TypeAlias = Annotated[str, expect(bool, "a name")]
"""A text that is not empty."""
Names: TypeAlias = Annotated[tuple[Name, ...], DISTINCT]
"""Different names."""
Count: TypeAlias = Annotated[int, at_least(1, "a whole number")]
Share: TypeAlias = Annotated[float, between(0, 1, "a share")]
Splits: TypeAlias = Annotated[
    Mapping[Annotated[Name, expect(lambda name: "/" not in name, "a name without '/', as part of a path")], Count],
    NOT_EMPTY,
]
"""Names of splits and their weights."""


def twice(names: Iterable[str]) -> list[tuple[str, int]]:
    """The names that occur several times, and how often."""
    listed = list(names)
    return sorted((name, count) for name, count in Counter(listed).items() if count > 1)


def shown(value: Any) -> str:
    """A value as a message repeats it: cut where it is long, passwords masked, of settings the names alone."""
    if isinstance(value, dict):
        names = ", ".join(map(str, value))
        return "settings by name" + (f" ({_cut(names)})" if names else "")
    if isinstance(value, (list, tuple)):
        nested = any(isinstance(one, (dict, list, tuple)) for one in value)
        return f"a list of {len(value):,}" if nested else _cut(masked(repr(list(value))))
    return _cut(masked(repr(value)))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
