"""What is made of the rows in a trailing window: one number, or one value.

of the rows of runner r1 in the 7 days before the event

distance_km   finished        count 3      sum of distance_km 22.0      mean of distance_km 11.0
10.0          1               min 10.0     max 12.0                     first 10.0    last 12.0
null          1               distinct of distance_km 2                 rate of finished 0.667
12.0          0               per_day 3 / 7 = 0.429
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headrace.errors import UsageError
from headrace.labels.faults import as_tuple, is_name, refuse
from headrace.times.durations import Duration, parsed

NUMERIC = ("sum", "mean", "min", "max", "rate")
"""Functions of numbers; booleans count as 0 and 1."""

ZEROS = ("count", "sum", "distinct", "per_day")
"""Functions that are 0 where there are no rows, if nothing else is declared."""

FUNCTIONS = ("count", "sum", "mean", "min", "max", "first", "last", "distinct", "rate", "per_day")
_WITHOUT_VALUE = ("count", "per_day")
_DAY_US = 86_400_000_000


@dataclass(frozen=True, kw_only=True)
class Where:
    """Rows whose `column` is one of `values`; without values: is not null."""

    column: str
    values: tuple[str | int | float | bool, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", as_tuple(self.values))
        faults = [] if is_name(self.column) else [f"column must name a column, got {self.column!r}"]
        kinds = (str, int, float)
        if not isinstance(self.values, tuple) or not all(isinstance(one, kinds) for one in self.values):
            faults.append(f"values must be a tuple of texts, numbers or booleans, got {self.values!r}")
        refuse("where", faults)


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """One feature: `function` of `value` over the rows of a trailing window.

    Rows in which `value` is null, or no finite number, do not count: `mean` is the mean of the values there are, and
    `last` the last row that has one.

    Attributes:
        name: the column that the events get.
        function: `count`, `sum`, `mean`, `min`, `max`, `first`, `last`, `distinct` (how many different values), `rate`
            (the share, 0..1, of values that are not 0 or false) or `per_day` (rows a day of the window).
        window: seconds, or a text such as "7d" (a day has 24 hours); None: everything before the event.
        value: column of the table; `count` and `per_day` can do without one: they count rows.
        where: only rows that fit all of these.
        empty: what a window without rows gives: "zero" or "null"; None: zero for `count`, `sum`, `distinct` and
            `per_day`, null for the others, which can't be zero.

    Raises:
        UsageError: a value is not as above; all faults are named at once.
    """

    name: str
    function: str
    window: Duration | None
    value: str | None = None
    where: tuple[Where, ...] = ()
    empty: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", as_tuple(self.where))
        refuse(f"aggregate {self.name!r}", self._faults())

    @property
    def window_us(self) -> int | None:
        """Length of the window in microseconds."""
        return None if self.window is None else parsed(self.window).about_us

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

    def _faults(self) -> list[str]:
        faults = [] if is_name(self.name) else [f"name must be a non-empty text, got {self.name!r}"]
        if self.function not in FUNCTIONS:
            faults.append(f"function must be one of {', '.join(FUNCTIONS)}, got {self.function!r}")
        elif self.value is None and self.function not in _WITHOUT_VALUE:
            faults.append(f"{self.function} needs a value, the column it is made of")
        if self.value is not None and not is_name(self.value):
            faults.append(f"value must name a column or be None, got {self.value!r}")
        faults += self._window_faults()
        if not isinstance(self.where, tuple) or not all(isinstance(one, Where) for one in self.where):
            faults.append(f"where must be a tuple of Where, got {self.where!r}")
        if self.empty not in (None, "zero", "null"):
            faults.append(f"empty must be zero, null or None, got {self.empty!r}")
        elif self.empty == "zero" and self.function not in ZEROS:
            faults.append(f"the {self.function} of no rows can't be zero: empty must be null or None")
        return faults

    def _window_faults(self) -> list[str]:
        if self.window is None:
            return ["per_day needs a window of some length, got None"] if self.function == "per_day" else []
        try:
            length: Any = parsed(self.window)
        except UsageError as error:
            return [f"window: {error}"]
        if length.months or length.about_us <= 0:
            return [f"window must be longer than 0 and of a fixed length, in days at the most, got {self.window!r}"]
        return []
