"""What is computed from the rows in a trailing window: one number, or one value.

The rows of runner r1 in the 7 days before the event:

distance_km   finished        count 3      sum of distance_km 22.0      mean of distance_km 11.0
10.0          1               min 10.0     max 12.0                     first 10.0    last 12.0
null          1               distinct of distance_km 2                 rate of finished 0.667
12.0          0               per_day 3 / 7 = 0.429
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from headrace.config.checks import Name, expect, one_of
from headrace.config.settings import Spec
from headrace.times.durations import Duration, parse_duration
from headrace.values import ColumnType

NUMERIC = ("sum", "mean", "min", "max", "rate")
"""Functions of numbers; booleans count as 0 and 1."""

ZEROS = ("count", "sum", "distinct", "per_day")
"""Functions that are 0 without rows, unless declared otherwise."""

FUNCTIONS = ("count", "sum", "mean", "min", "max", "first", "last", "distinct", "rate", "per_day")
_WITHOUT_VALUE = ("count", "per_day")
_DAY_US = 86_400_000_000


def _is_window(duration: int | float | str) -> bool:
    length = parse_duration(duration)
    return not length.months and length.about_us > 0


Window: TypeAlias = Annotated[
    Duration, expect(_is_window, "a duration longer than 0 and of a fixed length, in days at the most")
]


@dataclass(frozen=True, kw_only=True)
class Where(Spec):
    """Rows whose `column` is one of `values`; without values: is not null."""

    column: Name
    values: tuple[str | int | float | bool, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Aggregate(Spec):
    """One feature: `function` of `value` over the rows of a trailing window.

    Rows in which `value` is null, infinite or NaN do not count: `mean` is the mean of the values that there are, and
    `last` the last row with a value.

    Attributes:
        name: the column that the events get.
        function: `count`, `sum`, `mean`, `min`, `max`, `first`, `last`, `distinct` (how many different values), `rate`
            (the share, 0..1, of values that are not 0 or false) or `per_day` (rows a day of the window).
        window: seconds, or a text such as "7d" (a day has 24 hours); None: everything before the event.
        value: column of the table; `count` and `per_day` do not need one: they count rows.
        where: only rows that fit all of these.
        empty: the result for a window without rows: "zero" or "null"; None: zero for `count`, `sum`, `distinct` and
            `per_day`, null for the others, which can't be zero.

    Raises:
        UsageError: a value is not as above; all faults are named at once.
    """

    name: Name
    function: Annotated[str, one_of(FUNCTIONS)]
    window: Window | None
    value: Name | None = None
    where: tuple[Where, ...] = ()
    empty: Literal["zero", "null"] | None = None

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together."""
        faults = []
        if self.value is None and self.function not in _WITHOUT_VALUE:
            faults.append(f"{self.function} needs a value: the column that it aggregates")
        if self.window is None and self.function == "per_day":
            faults.append("per_day needs a window, got None")
        if self.empty == "zero" and self.function not in ZEROS:
            faults.append(f"the {self.function} of no rows can't be zero: empty must be null or None")
        return faults

    def type_of(self, value: ColumnType | None) -> ColumnType | None:
        """The type of the feature, where `value` is that of the column that it aggregates; None if it isn't known."""
        if self.function in ("count", "distinct"):
            return ColumnType(kind="integer")
        if self.function in ("rate", "per_day"):
            return ColumnType(kind="real")
        if self.function in ("sum", "mean") and (value is None or value.kind not in ("quantity", "duration", "real")):
            return ColumnType(kind="real") if self.function == "mean" else None
        return value

    @property
    def window_us(self) -> int | None:
        """Length of the window in microseconds."""
        return None if self.window is None else parse_duration(self.window).about_us

    @property
    def window_days(self) -> float:
        """Length of the window in days; there must be one."""
        return (self.window_us or 0) / _DAY_US

    @property
    def zero_if_empty(self) -> bool:
        """Whether a window without rows gives 0."""
        return self.function in ZEROS if self.empty is None else self.empty == "zero"

    @property
    def columns(self) -> list[str]:
        """The columns that it reads."""
        return [column for column in (self.value, *(where.column for where in self.where)) if column is not None]
