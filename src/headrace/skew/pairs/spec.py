"""Which rows are the same example, which features are compared, and how much they may differ.

FeatureSkewSpec(keys=("suggestion_id",), tolerances={"pace*": Tolerance(relative=1e-6), "price": Tolerance(decimals=2)})
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

from headrace.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """Two numbers are equal if |a - b| <= max(absolute, relative x max(|a|, |b|)), both rounded to `decimals` first.

    `absolute` is in the unit of the feature, `relative` a share, `decimals` digits after the point, None for as it is.
    Lists are equal if they are equally long and each of their values is. Text is equal or not.

    Raises:
        UsageError: a value is out of its range.
    """

    absolute: float = 0.0
    relative: float = 0.0
    decimals: int | None = None

    def __post_init__(self) -> None:
        for name in ("absolute", "relative"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
                raise UsageError(f"{name} must be a number of at least 0, got {value!r}")
        whole = isinstance(self.decimals, int) and not isinstance(self.decimals, bool)
        if self.decimals is not None and not (whole and -15 <= self.decimals <= 15):
            raise UsageError(f"decimals must be a whole number in [-15, 15] or None, got {self.decimals!r}")

    @property
    def exact(self) -> bool:
        """Whether nothing is tolerated."""
        return not self.absolute and not self.relative and self.decimals is None


EXACT = Tolerance()


@dataclass(frozen=True, kw_only=True)
class FeatureSkewSpec:
    """How training and serving examples are paired and compared.

    `keys`: features that together name an example. `features`: what is compared, names or globs; `ignore`: what is
    left out of it. `tolerances`: by feature or glob, the first that fits counts; all else must be equal. `samples`:
    mismatches that are kept of each feature.

    Raises:
        UsageError: there is no key, a value is out of its range.
    """

    keys: tuple[str, ...]
    features: tuple[str, ...] = ("*",)
    ignore: tuple[str, ...] = ()
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    samples: int = 10

    def __post_init__(self) -> None:
        for name in ("keys", "features", "ignore"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise UsageError(f"{name} must be a tuple of names, got the text {value!r}: write ({value!r},)")
            object.__setattr__(self, name, tuple(value))
        tolerances = {k: Tolerance(**v) if isinstance(v, Mapping) else v for k, v in self.tolerances.items()}
        object.__setattr__(self, "tolerances", tolerances)
        wrong = [f"{name}: {value!r}" for name, value in tolerances.items() if not isinstance(value, Tolerance)]
        if wrong:
            raise UsageError(f"tolerances must be of Tolerance, got {', '.join(wrong)}")
        if not self.keys or len(set(self.keys)) < len(self.keys):
            raise UsageError(f"keys must be at least one feature, each once, got {self.keys!r}")
        if isinstance(self.samples, bool) or not isinstance(self.samples, int) or self.samples < 0:
            raise UsageError(f"samples must be a whole number of at least 0, got {self.samples!r}")

    def compares(self, feature: str) -> bool:
        """Whether a feature is compared."""
        return (
            feature not in self.keys
            and any(fnmatchcase(feature, glob) for glob in self.features)
            and not any(fnmatchcase(feature, glob) for glob in self.ignore)
        )

    def tolerance(self, feature: str) -> Tolerance:
        """What is tolerated of a feature."""
        return next((t for glob, t in self.tolerances.items() if fnmatchcase(feature, glob)), EXACT)

    def to_json(self) -> str:
        """The spec as JSON text."""
        return json.dumps(asdict(self), sort_keys=False)

    @classmethod
    def from_json(cls, text: str) -> FeatureSkewSpec:
        """Inverse of `to_json`.

        Raises:
            UsageError: it is not an object, names what a spec does not have, or a value is out of its range.
        """
        try:
            data: Any = json.loads(text)
        except ValueError as error:
            raise UsageError(f"a feature skew spec must be JSON, got {text!r}: {error}") from error
        names = {f.name for f in fields(cls)}
        if not isinstance(data, dict) or set(data) - names or "keys" not in data:
            raise UsageError(f"a feature skew spec must be an object of {', '.join(sorted(names))}, got {text!r}")
        return cls(**data)
