"""Which columns are labels, and which tell nothing of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from headrace.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class ShiftSpec:
    """What shift is looked for in labeled data.

    `labels`: the features that are labels, each looked at by itself. `features`: what may explain them, names or globs;
    `ignore`: what is left out, such as identifiers, times and other labels (labels are left out of themselves). `rows`:
    at most so many of each side are looked at, drawn by `seed`.

    Raises:
        UsageError: there is no label, a value is out of its range.
    """

    labels: tuple[str, ...]
    features: tuple[str, ...] = ("*",)
    ignore: tuple[str, ...] = ()
    rows: int = 20_000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("labels", "features", "ignore"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise UsageError(f"{name} must be a tuple of names, got the text {value!r}: write ({value!r},)")
            object.__setattr__(self, name, tuple(value))
        if not self.labels:
            raise UsageError("labels must be at least one feature, got none")
        for name, least in (("rows", 100), ("seed", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise UsageError(f"{name} must be a whole number of at least {least}, got {value!r}")

    def explains(self, feature: str) -> bool:
        """Whether a feature may explain the labels."""
        return (
            feature not in self.labels
            and any(fnmatchcase(feature, glob) for glob in self.features)
            and not any(fnmatchcase(feature, glob) for glob in self.ignore)
        )

    def to_json(self) -> str:
        """The spec as JSON text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> ShiftSpec:
        """Inverse of `to_json`.

        Raises:
            UsageError: it is not an object, names what a spec does not have, or a value is out of its range.
        """
        try:
            data: Any = json.loads(text)
        except ValueError as error:
            raise UsageError(f"a shift spec must be JSON, got {text!r}: {error}") from error
        names = {f.name for f in fields(cls)}
        if not isinstance(data, dict) or set(data) - names or "labels" not in data:
            raise UsageError(f"a shift spec must be an object of {', '.join(sorted(names))}, got {text!r}")
        return cls(**data)
