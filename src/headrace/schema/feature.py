"""What people know about one feature, in the words of a review.

heart_rate: {type: INT, range: [30, 230], unit: bpm, presence: 0.95, drift: 0.1}
band:       {vocabulary: [a, b, c], new_values: 0.01, presence: required}
tags:       {type: BYTES, values: [0, 5]}
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headrace.errors import UsageError

TYPES = ("BYTES", "INT", "FLOAT", "STRUCT")
NUMERIC = ("INT", "FLOAT")
MEASURES = {"linf": ("BYTES",), "jensen_shannon": NUMERIC, "normalized_absolute_difference": ("BYTES",)}
"""Distances that a comparator may have, and the types that TFDV computes them for."""
PRESENCES = ("required", "optional")

SEMANTICS = {
    "bool": ("BYTES", "INT", "FLOAT"),
    "categorical": ("INT", "FLOAT"),
    "embedding": ("FLOAT",),
    "image": ("BYTES",),
    "mid": ("BYTES",),
    "natural_language": ("BYTES",),
    "time": ("BYTES", "INT"),
    "time_of_day": ("BYTES", "INT"),
    "url": ("BYTES",),
}
"""Semantic types, and the types of what can have them."""
FORMATTED = ("time", "time_of_day")

Comparator = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Feature:
    """Constraints on one feature; what is not said is as TFDV infers it.

    Attributes:
        type: `BYTES`, `INT`, `FLOAT` or `STRUCT`. A feature that the data has not yet may be declared with its type.
        vocabulary: the values that a text may have.
        new_values: the vocabulary is open: this share of the values, 0..1, may be outside it.
        range: smallest and largest number, both inclusive; None for no bound.
        finite: NaN and infinities are refused.
        presence: `required` (every row has a value), `optional`, or the share of rows that must have one, 0..1.
        min_rows: number of rows that must have a value.
        values: values that a row has, if any: a number, or least and most (None for no bound).
        shape: sizes of the tensor that the values of every row fill; `()` for a scalar.
        unique: least and most distinct values of a text.
        unit: unit of the numbers, as pint names it or as people do.
        semantic: what the values stand for: one of `SEMANTICS`.
        format: of a `time` or `time_of_day`: strptime's for text, such as `%Y-%m-%d`; TFMD's name for numbers, such as
            `UNIX_SECONDS`.
        environments: where the feature is expected, such as `TRAINING`; None: in all.
        drift: threshold against the span before, in (0, 1], of the measure that fits the type, or by measure (one of
            `MEASURES`); `{}` for no comparator; None for the default of all features.
        skew: threshold of training against serving, likewise.
        proto: further fields of TFMD's `Feature`, in text format, that go before what is said here.

    Raises:
        UsageError: a value that can't be meant, or two that exclude each other; all of them.
    """

    type: str = ""
    vocabulary: tuple[str, ...] = ()
    new_values: float | None = None
    range: tuple[float | None, float | None] | None = None
    finite: bool = False
    presence: str | float | None = None
    min_rows: int | None = None
    values: int | tuple[int | None, int | None] | None = None
    shape: tuple[int, ...] | None = None
    unique: tuple[int | None, int | None] | None = None
    unit: str = ""
    semantic: str = ""
    format: str = ""
    environments: tuple[str, ...] | None = None
    drift: float | Comparator | None = None
    skew: float | Comparator | None = None
    proto: str = ""

    def __post_init__(self) -> None:
        if faults := [*self._value_faults(), *self._conflicts()]:
            raise UsageError("; ".join(faults))
        for name in ("vocabulary", "range", "values", "shape", "unique", "environments"):
            value = getattr(self, name)
            if isinstance(value, list):
                object.__setattr__(self, name, tuple(value))

    def valency(self) -> tuple[int | None, int | None] | None:
        """Least and most values of a row that has any; None if nothing is said."""
        return (self.values, self.values) if isinstance(self.values, int) else self.values

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Feature:
        """From plain data; fields that are not there take their defaults.

        Raises:
            UsageError: no mapping, fields that are not known, or values that can't be meant.
        """
        if not isinstance(data, Mapping):
            raise UsageError(f"expected a mapping such as {{range: [0, 10]}}, got {data!r}")
        known = [field.name for field in dataclasses.fields(cls)]
        if unknown := sorted(set(map(str, data)) - set(known)):
            raise UsageError(f"a feature has no {', '.join(unknown)}; it has: {', '.join(known)}")
        return cls(**data)

    def to_data(self) -> dict[str, Any]:
        """Plain data: what was said."""
        said = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        plain = {name: value for name, value in said.items() if value != defaults[name]}
        return {
            name: list(v) if isinstance(v, tuple) else dict(v) if isinstance(v, Mapping) else v
            for name, v in plain.items()
        }

    def _value_faults(self) -> list[str]:
        faults = []
        for name in ("type", "semantic", "unit", "format", "proto"):
            if not isinstance(getattr(self, name), str):
                faults.append(f"{name} must be text, got {getattr(self, name)!r}")
        if not isinstance(self.finite, bool):
            faults.append(f"finite must be true or false, got {self.finite!r}")
        for name, known in (("type", TYPES), ("semantic", tuple(SEMANTICS))):
            value = getattr(self, name)
            if isinstance(value, str) and value and value not in known:
                faults.append(f"{name} must be one of {', '.join(known)}, got {value!r}")
        faults += name_faults("vocabulary", self.vocabulary)
        if self.new_values is not None and not is_share(self.new_values):
            faults.append(f"new_values must be in [0, 1], got {self.new_values!r}")
        if self.environments is not None:
            faults += name_faults("environments", self.environments)
            if not self.environments:
                faults.append("environments must name at least one; leave it out for all")
        if not (self.presence is None or self.presence in PRESENCES or is_share(self.presence)):
            faults.append(f"presence must be required, optional or a share in [0, 1], got {self.presence!r}")
        if self.min_rows is not None and not _is_count(self.min_rows):
            faults.append(f"min_rows must be a whole number of at least 0, got {self.min_rows!r}")
        if self.range is not None and not _is_span(self.range, is_number):
            faults.append(f"range must be (smallest, largest) with smallest <= largest, got {self.range!r}")
        if not (self.values is None or _is_count(self.values) or _is_span(self.values, _is_count)):
            faults.append(f"values must be a whole number or (least, most), got {self.values!r}")
        if self.unique is not None and not _is_span(self.unique, _is_count):
            faults.append(f"unique must be (least, most), got {self.unique!r}")
        if self.shape is not None and not (_is_list(self.shape) and all(_is_count(size) for size in self.shape)):
            faults.append(f"shape must be a list of sizes, got {self.shape!r}")
        for name in ("drift", "skew"):
            faults += threshold_faults(name, getattr(self, name))
        return faults

    def _conflicts(self) -> list[str]:
        domains = {
            "vocabulary": bool(self.vocabulary),
            "range": self.range is not None or self.finite,
            f"semantic {self.semantic}": bool(self.semantic) and self.semantic not in ("categorical", "embedding"),
        }
        said = [name for name, given in domains.items() if given]
        faults = [f"{' and '.join(said)} exclude each other: a feature has one domain"] if len(said) > 1 else []
        if self.type in TYPES:
            wants = {"vocabulary": ("BYTES",), "range": NUMERIC, f"semantic {self.semantic}": ()}
            wants[f"semantic {self.semantic}"] = SEMANTICS.get(self.semantic, ())
            faults += [
                f"{name} is for {' or '.join(wants[name])}, not for type {self.type}"
                for name in said
                if wants[name] and self.type not in wants[name]
            ]
        if self.shape is not None and self.values is not None:
            faults.append("values and shape exclude each other: a shape says how many values every row has")
        if self.shape is not None and self.presence == "optional":
            faults.append("a shape demands a value of every row: give values instead, or leave out presence: optional")
        if self.format and self.semantic not in FORMATTED:
            faults.append(f"format {self.format!r} is of a time: give semantic: time or time_of_day")
        if self.semantic in FORMATTED and not self.format:
            faults.append(f"semantic {self.semantic} needs a format, such as %Y-%m-%d or UNIX_SECONDS")
        return faults


def threshold_faults(name: str, thresholds: object) -> list[str]:
    """What is wrong with a threshold, or with thresholds by measure."""
    if thresholds is None:
        return []
    by_measure: Mapping[str, Any] = thresholds if isinstance(thresholds, Mapping) else {"": thresholds}
    unknown = [measure for measure in by_measure if measure and measure not in MEASURES]
    faults = [f"{name} has no measure {measure!r}: expected {', '.join(MEASURES)}" for measure in unknown]
    return faults + [
        f"{name} must be in (0, 1], got {value!r}" for value in by_measure.values() if not is_share(value) or value <= 0
    ]


def name_faults(field_name: str, names: object) -> list[str]:
    """What is wrong with a list of different texts."""
    if not _is_list(names) or not all(isinstance(name, str) for name in names):  # type: ignore[attr-defined]
        return [f"{field_name} must be a list of text, got {names!r}"]
    if len(set(names)) < len(names):  # type: ignore[call-overload, arg-type]
        return [f"{field_name} names something twice: {names!r}"]
    return []


def is_number(value: object) -> bool:
    """Whether it is a number and no boolean nor NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def is_share(value: object) -> bool:
    """Whether it is a number in [0, 1]."""
    return is_number(value) and 0 <= value <= 1  # type: ignore[operator]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_span(bounds: object, is_bound: Any) -> bool:
    if not _is_list(bounds) or len(bounds) != 2:  # type: ignore[arg-type]
        return False
    low: Any
    high: Any
    low, high = bounds  # type: ignore[misc]
    if not all(bound is None or is_bound(bound) for bound in (low, high)):
        return False
    return low is None or high is None or low <= high
