"""What is left of a data set when all that matters is how its features are distributed.

    age: [30, 30, 41, null]  ->  numeric, 4 rows, 1 missing
                                 points 30 41
                                 below   0  2     rows with a smaller value
                                 upto    2  3     rows with this value or a smaller one

A numeric feature is its distribution function, given at `points` from the left (`below`) and from the right (`upto`),
and a straight line between them. For a table it is exact: the lines are level. For a quantile histogram it is as good
as its widest bucket, which `resolution` states. So both are compared by the same code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from headrace.errors import UsageError
from headrace.values import ColumnType, show
from headrace.values.column_type import COUNTED
from headrace.words import number

Floats = npt.NDArray[np.float64]
Kind = Literal["numeric", "categorical", "empty"]

WHOLE = ""
"""The slice that is all of the data."""

DIFFERENT_ANYWAY = ("time", "date", "identifier")
"""Kinds of columns whose change is no drift: times go on, and identifiers differ. A declaration has them judged."""

IDENTIFIER_SHARE = 0.95
"""Text whose values are nearly all distinct names rows; its distribution says nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureProfile:
    """The distribution of one feature.

    `rows` counts all rows, `missing` those without a value, `unparsable` those whose text was not the number that was
    expected (with a few `unparsable_samples`), `infinite` those that hold an infinity; what is left are `present` rows.
    NaN counts as missing.

    Categorical: `counts` are rows by value, the most frequent first; `cut_rows` had values that were left out, none
    of them in more than `cut_count` rows. `distinct` counts values, None where it is not known. Numeric: `points`,
    `below`, `upto` (see the module), and `minimum`, `maximum`, `mean`, `zeros` (rows). `integral`: every value is a
    whole number. `long` are rows whose number is 2^53 or more, or -2^53 or less; in `rounded` of them a float of 64
    bits holds it exactly. `single`: the numbers are floats of 32 bits. `as_text`: the numbers came as text from a
    source that tells the two apart. `lengths`: of a feature of lists, how many values its rows have; each value
    then counts as a row of its own. `type`: what the values are, where that is known. `compared`: whether the
    profile can be compared at all, which that of a struct can't.
    """

    kind: Kind
    rows: int
    missing: int = 0
    unparsable: int = 0
    unparsable_samples: tuple[str, ...] = ()
    infinite: int = 0
    distinct: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    cut_rows: int = 0
    cut_count: int = 0
    points: Floats = field(default_factory=lambda: np.empty(0))
    below: Floats = field(default_factory=lambda: np.empty(0))
    upto: Floats = field(default_factory=lambda: np.empty(0))
    resolution: float = 0.0
    minimum: float = 0.0
    maximum: float = 0.0
    mean: float = 0.0
    zeros: int = 0
    integral: bool = False
    long: int = 0
    rounded: int = 0
    single: bool = False
    as_text: bool = False
    lengths: FeatureProfile | None = None
    type: ColumnType | None = None
    compared: bool = True

    def __post_init__(self) -> None:
        if self.kind not in ("numeric", "categorical", "empty"):
            raise UsageError(f"kind must be numeric, categorical or empty, got {self.kind!r}")
        if min(self.rows, self.missing, self.unparsable, self.infinite, self.present) < 0:
            raise UsageError(
                f"{self.missing:,} missing, {self.unparsable:,} unparsable and {self.infinite:,} infinite rows of "
                f"{self.rows:,}: counts must not be negative nor exceed the rows"
            )

    @property
    def present(self) -> int:
        """Rows that have a value."""
        return self.rows - self.missing - self.unparsable - self.infinite

    @property
    def judged_by_default(self) -> bool:
        """Whether a change of its distribution is drift without a declaration."""
        return self.type is None or self.type.kind not in DIFFERENT_ANYWAY

    def shown(self, value: float) -> str:
        """A value for people: a time as a time, a number with at most six significant digits."""
        if self.type is not None and self.type.kind in COUNTED and np.isfinite(value):
            return show(round(value), self.type)
        unit = f" {self.type.unit}" if self.type is not None and self.type.unit else ""
        return f"{number(value)}{unit}"

    @property
    def missing_share(self) -> float:
        """Rows without a value, 0..1."""
        return self.missing / self.rows if self.rows else 0.0

    @property
    def nearly_unique(self) -> bool:
        """Whether nearly all values differ, in text, whole numbers or times."""
        comparable = self.kind == "categorical" or (self.kind == "numeric" and self.integral)
        return (
            comparable
            and self.distinct is not None
            and self.present >= 50
            and self.distinct >= IDENTIFIER_SHARE * self.present
        )

    @property
    def identifier_like(self) -> bool:
        """Whether the values name rows: text that is nearly unique, or a running number.

        A running number is whole, never the same, and dense: its range is less than twice its rows.
        """
        dense = self.maximum - self.minimum < 2 * self.present
        return self.nearly_unique and (self.kind == "categorical" or (self.distinct == self.present and dense))

    def distinct_among(self, rows: int) -> float:
        """How many values are to be expected among so many of the present rows."""
        counts = np.array(list(self.counts.values()), dtype=np.float64)
        if self.kind == "numeric" and len(self.points) == self.distinct:
            counts = self.upto - self.below
        rare, rest = max((self.distinct or 0) - len(counts), 0), self.present - float(counts.sum())
        if rare:
            counts = np.append(counts, np.full(rare, max(rest / rare, 1.0)))
        left_out = 1 - min(rows / self.present, 1.0) if self.present else 1.0
        return float(np.sum(1 - left_out**counts))

    def shares(self) -> dict[str, float]:
        """Share of the rows with a value that each category has, 0..1."""
        return {value: count / self.present for value, count in self.counts.items()} if self.present else {}

    def distribution(self, x: Floats, *, left: bool = False) -> Floats:
        """Share of the present rows whose value is <= `x`, or < `x` from the `left`."""
        if not self.present or not len(self.points):
            return np.zeros(len(x))
        i = np.searchsorted(self.points, x, side="right") - 1
        low = np.clip(i, 0, None)
        high = np.clip(i + 1, None, len(self.points) - 1)
        span = self.points[high] - self.points[low]
        part = np.divide(x - self.points[low], span, out=np.zeros(len(x)), where=span > 0)
        between = self.upto[low] + np.clip(part, 0, 1) * (self.below[high] - self.upto[low])
        at = (i >= 0) & (self.points[low] == x)
        rows = np.where(at, self.below[low] if left else self.upto[low], between)
        rows = np.where(i < 0, 0.0, np.where(~at & (i == len(self.points) - 1), self.upto[-1], rows))
        return rows / self.upto[-1]

    def quantiles(self, shares: Floats) -> Floats:
        """The smallest values up to which at least `shares` of the present rows lie."""
        if not len(self.points):
            return np.full(len(shares), np.nan)
        wanted = np.clip(shares, 0, 1) * self.upto[-1]
        # A point covers the mass of its own step; what lies on the line before it is interpolated.
        i = np.minimum(np.searchsorted(self.upto, wanted - 1e-9, side="left"), len(self.points) - 1)
        before = np.clip(i - 1, 0, None)
        rise = self.below[i] - self.upto[before]
        on_line = (i > 0) & (wanted < self.below[i]) & (rise > 0)
        part = np.divide(wanted - self.upto[before], rise, out=np.ones(len(wanted)), where=on_line)
        line = self.points[before] + part * (self.points[i] - self.points[before])
        return np.where(on_line, line, self.points[i])


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """The features of one data set, or of one slice of it, called `name`."""

    name: str
    rows: int
    features: Mapping[str, FeatureProfile]


Slices = Mapping[str, Profile]
"""Profiles by slice; the whole data is under `WHOLE`."""
