"""Which columns are labels, and which tell nothing of them."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated

from headrace.config.checks import NOT_EMPTY, Name, at_least
from headrace.config.settings import Spec


@dataclass(frozen=True, kw_only=True)
class ShiftSpec(Spec):
    """What shift is looked for in labeled data.

    `labels`: the features that are labels, each looked at by itself. `features`: what may explain them, names or globs;
    `ignore`: what is left out, such as other labels (labels are left out of themselves). Features that are known to be
    times or identifiers are left out unless `features` names them. `rows`: at most so many of each side are looked at,
    drawn by `seed`.

    Raises:
        UsageError: there is no label, a value is out of its range.
    """

    labels: Annotated[tuple[Name, ...], NOT_EMPTY]
    features: tuple[Name, ...] = ("*",)
    ignore: tuple[Name, ...] = ()
    rows: Annotated[int, at_least(100, "a whole number")] = 20_000
    seed: Annotated[int, at_least(0, "a whole number")] = 0

    def explains(self, feature: str) -> bool:
        """Whether a feature may explain the labels."""
        return (
            feature not in self.labels
            and any(fnmatchcase(feature, glob) for glob in self.features)
            and not any(fnmatchcase(feature, glob) for glob in self.ignore)
        )
