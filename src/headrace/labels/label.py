"""One label: its column and source, its window, which of several outcomes counts, and what absence means.

Label(name="accepted", value="accepted", window=(0, "1d"))
Label(name="enjoyment", value="feeling", window=("1h", "7d"), order=("awful", "fine", "great"), ordinal=True)
Label(name="runs", source="runs", pick="count", window=(0, "1mo"), closed="both")
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from headrace.config.checks import DISTINCT, Name, expect, one_of
from headrace.config.settings import Spec
from headrace.times.durations import Duration, Length, parse_duration

CHOICES = ("first", "last", "priority")
AGGREGATES = ("count", "sum", "mean", "min", "max", "any")
PICKS = CHOICES + AGGREGATES
CLOSED = ("left", "right", "both", "neither")
LARGEST = 3.4028234663852886e38
"""The largest float of 32 bits, in which Examples hold numbers with a fraction."""
ABSENCES = ("negative", "missing", "exclude")


def _of_one_kind(order: tuple[int | str, ...]) -> bool:
    return len({isinstance(value, str) for value in order}) < 2


@dataclass(frozen=True, kw_only=True)
class Label(Spec):
    """One label: the column `name` of the examples, made from the outcome column `value`.

    An outcome matches an event when its keys are equal, its time is in the window, and it has a value: not null, not
    NaN and, if an `order` is declared, in that.

    Attributes:
        value: column of the outcomes. None, for `count` and `any` only: the outcome itself is what counts.
        source: name of the outcome source.
        window: start and end from event time, each in seconds or as a text such as "7d" or "1mo" (see
            `headrace.times.durations`). The start may be negative.
        closed: which ends belong to the window: `left` (so that adjacent windows share no outcome and leave none out),
            `right`, `both` or `neither`. A window of no length is closed at `both` ends.
        pick: which outcome counts when several match: the `first` or `last` by outcome time, or the one of highest
            `priority` (of several such, the last). At equal times the one known later counts, then a stable hash of the
            row decides. Or an aggregate of all that match: `count`, `sum`, `mean`, `min`, `max`, `any` (1 if a value is
            not 0).
        priority: column of the outcomes with the numbers for `pick="priority"`, of which the highest counts and null is
            lowest; by default the position of the value in `order`.
        order: the values that count, lowest first; outcomes with another value do not match.
        ordinal: the label is the position of the value in `order`, from 0; aggregates combine positions.
        absence: what a closed window without a matching outcome means: the value `negative`, a `missing` label (null),
            or `exclude`: the event is not an example.
        negative: the value that absence stands for. Every other value is positive.
        early: the label counts before its window is closed if a positive outcome is known; such examples are marked in
            the column `LabelSpec.early_column`. False: the event is held back until it is mature.

    Raises:
        UsageError: a value is not as above; all faults are named at once.
    """

    name: Name
    value: Name | None = None
    source: Name | None = None
    window: tuple[Duration, Duration] = (0, 86_400)
    closed: Annotated[str, one_of(CLOSED)] = "left"
    pick: Annotated[str, one_of(PICKS)] = "last"
    priority: Name | None = None
    order: Annotated[tuple[int | Name, ...], expect(_of_one_kind, "only texts or only whole numbers"), DISTINCT] = ()
    ordinal: bool = False
    absence: Annotated[str, one_of(ABSENCES)] = "negative"
    negative: bool | int | float | str = 0
    early: bool = False

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together."""
        return [*self._value_faults(), *self._window_faults(), *self._order_faults()]

    @property
    def bounds(self) -> tuple[Length, Length]:
        """Start and end of the window as lengths."""
        return parse_duration(self.window[0]), parse_duration(self.window[1])

    @property
    def aggregates(self) -> bool:
        """Whether the label combines all matching outcomes, instead of picking one."""
        return self.pick in AGGREGATES

    def _value_faults(self) -> list[str]:
        faults = []
        if self.value is None and self.pick not in ("count", "any"):
            faults.append(f"value must name a column of the outcomes: pick={self.pick!r} needs one, got None")
        number = self.negative
        if isinstance(number, int) and not -(2**63) <= number < 2**63:
            faults.append(f"negative must be a whole number of 64 bits, got {number!r}")
        elif isinstance(number, float) and not abs(number) <= LARGEST:
            faults.append(f"negative must be a number that a float of 32 bits holds, ±3.4e38, got {number!r}")
        return faults

    def _window_faults(self) -> list[str]:
        start, end = self.bounds
        if start.about_us > end.about_us or (start == end and self.closed != "both"):
            return [
                f"window must end at least 1 microsecond after it starts, or be closed='both' and of no length, "
                f"got {self.window!r}, closed={self.closed!r}"
            ]
        return []

    def _order_faults(self) -> list[str]:
        faults = []
        if self.order and self.value is None:
            faults.append("order needs a value: the column that has the values")
        if self.ordinal and not self.order:
            faults.append("ordinal needs an order: the values, lowest first")
        if self.pick == "priority" and not (self.order or self.priority):
            faults.append("pick='priority' needs a priority column, or an order of the values, lowest first")
        if self.pick != "priority" and self.priority is not None:
            faults.append(f"priority={self.priority!r} needs pick='priority', got {self.pick!r}")
        return faults
