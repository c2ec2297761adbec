"""Which rows are the same example, which features are compared, and how much they may differ.

FeatureSkewSpec(keys=("suggestion_id",), tolerances={"pace*": Tolerance(relative=1e-6), "price": Tolerance(decimals=2)})
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Annotated, TypeAlias

from headrace.config.checks import NOT_EMPTY, Name, Names, at_least, between, expect
from headrace.config.settings import Spec

Difference: TypeAlias = Annotated[float, expect(lambda most: 0 <= most < math.inf, "a number of at least 0")]


@dataclass(frozen=True, kw_only=True)
class Tolerance(Spec):
    """Two numbers are equal if |a - b| <= max(absolute, relative x max(|a|, |b|)), both rounded to `decimals` first.

    `absolute` is in the unit of the feature, `relative` a share, `decimals` digits after the point, None for as it is.
    Lists are equal if they are equally long and each of their values is. Text is equal or not.

    Raises:
        UsageError: a value is out of its range.
    """

    absolute: Difference = 0.0
    relative: Difference = 0.0
    decimals: Annotated[int, between(-15, 15)] | None = None

    @property
    def exact(self) -> bool:
        """Whether nothing is tolerated."""
        return not self.absolute and not self.relative and self.decimals is None


EXACT = Tolerance()


@dataclass(frozen=True, kw_only=True)
class FeatureSkewSpec(Spec):
    """How training and serving examples are paired and compared.

    `keys`: features that together name an example. `features`: what is compared, names or globs; `ignore`: what is
    left out of it. `tolerances`: by feature or glob, the first that fits counts; all else must be equal. `samples`:
    mismatches that are kept of each feature.

    Raises:
        UsageError: there is no key, a value is out of its range.
    """

    keys: Annotated[Names, NOT_EMPTY]
    features: tuple[Name, ...] = ("*",)
    ignore: tuple[Name, ...] = ()
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    samples: Annotated[int, at_least(0, "a whole number")] = 10

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
