"""Specs from plain data: settings that are not there, that are missing, or of another type, in words.

In a spec file `no` is a text, which Python takes for true: so types are checked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, TypeVar

from headrace.errors import UsageError

Spec = TypeVar("Spec")
_EXPECTED = {"bool": "true or false", "int": "a whole number", "float": "a number"}


def made(kind: type[Spec], data: Any, what: str) -> Spec:
    """The spec of a dataclass `kind` with the settings `data`, which people know as `what`.

    Raises:
        UsageError: no mapping, a setting that the kind has not, one that it needs is missing; and what `kind` raises.
    """
    if not isinstance(data, Mapping):
        raise UsageError(f"{what}: expected settings by name, got {type(data).__name__}")
    settings = dataclasses.fields(kind)  # type: ignore[arg-type]
    known = [one.name for one in settings]
    if unknown := sorted(set(map(str, data)) - set(known)):
        raise UsageError(f"{what} has no {', '.join(unknown)}; it has {', '.join(known)}")
    none = dataclasses.MISSING
    needed = [one.name for one in settings if one.default is none and one.default_factory is none]
    if missing := [name for name in needed if name not in data]:
        raise UsageError(f"{what} needs {' and '.join(missing)}")
    return kind(**data)


def type_faults(spec: Any) -> list[str]:
    """One fault for each setting of a dataclass that is declared as `bool`, `int` or `float` (or None) and is not."""
    faults = []
    for setting in dataclasses.fields(spec):
        kind, *rest = str(setting.type).split(" | ")
        value = getattr(spec, setting.name)
        if kind in _EXPECTED and rest in ([], ["None"]) and not (value is None and rest) and not _is(value, kind):
            faults.append(f"{setting.name} must be {_EXPECTED[kind]}, got {value!r}")
    return faults


def _is(value: Any, kind: str) -> bool:
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    return isinstance(value, Integral if kind == "int" else Real)
