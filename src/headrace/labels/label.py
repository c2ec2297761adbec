"""One label: which column of which outcomes, from when to when, which of several counts, and what absence means.

Label(name="accepted", value="accepted", window=(0, "1d"))
Label(name="enjoyment", value="feeling", window=("1h", "7d"), order=("awful", "fine", "great"), ordinal=True)
Label(name="runs", source="runs", pick="count", window=(0, "1mo"), closed="both")
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headrace.errors import UsageError
from headrace.labels.faults import are_names, as_tuple, is_name, refuse
from headrace.times.durations import Duration, Length, parsed

CHOICES = ("first", "last", "priority")
AGGREGATES = ("count", "sum", "mean", "min", "max", "any")
PICKS = CHOICES + AGGREGATES
CLOSED = ("left", "right", "both", "neither")
ABSENCES = ("negative", "missing", "exclude")


@dataclass(frozen=True, kw_only=True)
class Label:
    """One label: the column `name` of the examples, made from the outcome column `value`.

    An outcome matches an event when its keys are equal, its time lies in the window, and its value is there: not null,
    not NaN and, where an `order` is declared, in it.

    Attributes:
        value: column of the outcomes. None, for `count` and `any` only: the outcome itself is what counts.
        source: name of the outcome source.
        window: start and end from event time, each in seconds or as a text such as "7d" or "1mo" (see
            `headrace.times.durations`). The start may be negative.
        closed: which ends belong to the window: `left` (so that adjacent windows share no outcome and leave none out),
            `right`, `both` or `neither`. A window of no length is closed at `both`.
        pick: which outcome counts when several match: the `first` or `last` by outcome time, or the one of highest
            `priority`, of several such the last. At equal times the one known later wins (a correction), then a stable
            hash of the row decides. Or an aggregate of all that match: `count`, `sum`, `mean`, `min`, `max`, `any` (1
            where a value is not 0).
        priority: number column of the outcomes by which `priority` picks, the highest first and null last; by default
            the place of the value in `order`.
        order: the values that count, lowest first; outcomes with another value do not match.
        ordinal: the label is the place of the value in `order`, from 0, and aggregates are of places.
        absence: what a closed window without a matching outcome means: the value `negative`, a `missing` label (null),
            or `exclude`: the event is no example.
        negative: the value that absence stands for. Every other value is positive.
        early: where a positive outcome is known, the label counts before the window is closed; such examples are
            flagged in the column `LabelSpec.early_column`. False: the event is held back until it is mature.

    Raises:
        UsageError: a value is not as above; all faults are named at once.
    """

    name: str
    value: str | None = None
    source: str | None = None
    window: tuple[Duration, Duration] = (0, 86_400)
    closed: str = "left"
    pick: str = "last"
    priority: str | None = None
    order: tuple[int | str, ...] = ()
    ordinal: bool = False
    absence: str = "negative"
    negative: int | float | str = 0
    early: bool = False

    def __post_init__(self) -> None:
        for name in ("window", "order"):
            object.__setattr__(self, name, as_tuple(getattr(self, name)))
        refuse(f"label {self.name!r}", [*self._faults(), *self._window_faults(), *self._order_faults()])

    @property
    def bounds(self) -> tuple[Length, Length]:
        """Start and end of the window, taken apart."""
        return parsed(self.window[0]), parsed(self.window[1])

    @property
    def aggregates(self) -> bool:
        """Whether all matching outcomes make the label, not one of them."""
        return self.pick in AGGREGATES

    def _faults(self) -> list[str]:
        faults = []
        if not is_name(self.name):
            faults.append(f"name must be a non-empty text, got {self.name!r}")
        if self.value is None and self.pick not in ("count", "any"):
            faults.append(f"value must name a column of the outcomes: pick={self.pick!r} needs one, got None")
        for name in ("value", "source", "priority"):
            if getattr(self, name) is not None and not is_name(getattr(self, name)):
                faults.append(f"{name} must name a {_NAMED[name]}, got {getattr(self, name)!r}")
        for name, choices in (("pick", PICKS), ("closed", CLOSED), ("absence", ABSENCES)):
            if getattr(self, name) not in choices:
                faults.append(f"{name} must be one of {', '.join(choices)}, got {getattr(self, name)!r}")
        if not isinstance(self.negative, (int, float, str)) or self.negative != self.negative:
            faults.append(f"negative must be a number or a text, got {self.negative!r}")
        for name in ("ordinal", "early"):
            if not isinstance(getattr(self, name), bool):
                faults.append(f"{name} must be True or False, got {getattr(self, name)!r}")
        return faults

    def _window_faults(self) -> list[str]:
        if not (isinstance(self.window, tuple) and len(self.window) == 2):
            return [f"window must be two durations, got {self.window!r}"]
        try:
            start, end = self.bounds
        except UsageError as error:
            return [f"window: {error}"]
        if start.about_us > end.about_us or (start == end and self.closed != "both"):
            return [
                f"window must end at least 1 microsecond after it starts, or be closed='both' and of no length, "
                f"got {self.window!r}, closed={self.closed!r}"
            ]
        return []

    def _order_faults(self) -> list[str]:
        faults = []
        order: Any = self.order
        numbers = isinstance(order, tuple) and all(isinstance(v, int) and not isinstance(v, bool) for v in order)
        if not (numbers or are_names(order)) or len(set(order)) < len(order):
            faults.append(f"order must be a tuple of different texts or of different whole numbers, got {order!r}")
        if order and self.value is None:
            faults.append("order needs a value: the column that has the values")
        if self.ordinal and not order:
            faults.append("ordinal needs an order: the values, lowest first")
        if self.pick == "priority" and not (order or self.priority):
            faults.append("pick='priority' needs a priority column, or an order of the values, lowest first")
        if self.pick != "priority" and self.priority is not None:
            faults.append(f"priority={self.priority!r} needs pick='priority', got {self.pick!r}")
        return faults


_NAMED = {"value": "column of the outcomes", "source": "source of outcomes", "priority": "column of the outcomes"}
