"""What can be wrong with a value of a configuration, and one error for all that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from headrace.errors import UsageError


def is_name(value: object) -> bool:
    """A text that is not empty."""
    return isinstance(value, str) and value != ""


def are_names(value: object) -> bool:
    """A tuple of different names."""
    return isinstance(value, tuple) and all(map(is_name, value)) and len(set(value)) == len(value)


def is_share(value: object) -> bool:
    """A number from 0 to 1."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def is_count(value: object) -> bool:
    """A whole number >= 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def as_tuple(value: Any) -> Any:
    """Lists, as JSON has them, as tuples; all else as it is."""
    return tuple(value) if isinstance(value, list) else value


def twice(names: Iterable[str]) -> list[tuple[str, int]]:
    """The names that occur several times, and how often."""
    listed = list(names)
    return sorted({(name, listed.count(name)) for name in listed if listed.count(name) > 1})


def refuse(what: str, faults: list[str]) -> None:
    """Raises one UsageError that names all faults; none: does nothing."""
    if faults:
        raise UsageError(f"{what}: " + "; ".join(faults))


def built(kind: Any, data: Any) -> Any:
    """A dataclass from a JSON object.

    Raises:
        UsageError: it is no object, a field is unknown or missing, or a value is wrong.
    """
    if not isinstance(data, dict):
        raise UsageError(f"a {kind.__name__} must be a JSON object, got {data!r}")
    known = [item.name for item in fields(kind)]
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise UsageError(f"a {kind.__name__} has no {', '.join(unknown)}; it has: {', '.join(known)}")
    try:
        return kind(**data)
    except TypeError as error:
        raise UsageError(f"a {kind.__name__} can't be made: {error}") from error
