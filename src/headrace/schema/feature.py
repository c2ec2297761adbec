"""Declarations for one feature.

heart_rate: {type: INT, range: [30, 230], unit: bpm, presence: 0.95, drift: 0.1}
band:       {vocabulary: [a, b, c], new_values: 0.01, presence: required}
tags:       {type: BYTES, values: [0, 5]}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from headrace.config.checks import DISTINCT, NOT_EMPTY, Share, above, at_least, expect, one_of
from headrace.config.settings import Spec

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
"""Semantic types, and the feature types that can have them."""
FORMATTED = ("time", "time_of_day")

Threshold: TypeAlias = Annotated[float, above(0, 1)]
Comparator: TypeAlias = Mapping[Annotated[str, one_of(MEASURES)], Threshold]
Texts: TypeAlias = Annotated[tuple[str, ...], DISTINCT]
Size: TypeAlias = Annotated[int, at_least(0, "a whole number")]


def _ascends(bounds: tuple[Any, Any]) -> bool:
    low, high = bounds
    return low is None or high is None or bool(low <= high)


_ASCENDING = expect(_ascends, "two bounds, the lower one first")
Sizes: TypeAlias = Annotated[tuple[Size | None, Size | None], _ASCENDING]


@dataclass(frozen=True, kw_only=True)
class Feature(Spec):
    """Constraints on one feature; everything else is as TFDV infers it.

    Attributes:
        type: `BYTES`, `INT`, `FLOAT` or `STRUCT`. Required for a feature that the data do not have yet.
        vocabulary: the values that a text may have.
        new_values: share of the values, 0..1, that may be outside the vocabulary.
        range: smallest and largest number, both inclusive; None for no bound.
        finite: neither NaN nor infinities are allowed.
        presence: `required` (every row has a value), `optional`, or the share of rows that must have one, 0..1.
        min_rows: number of rows that must have a value.
        values: number of values in a row that has any, or least and most (None for no bound).
        shape: sizes of the tensor that the values of every row fill; `()` for a scalar.
        unique: least and most distinct values of a text.
        unit: unit of the numbers, as pint names it or as people do.
        semantic: the meaning of the values: one of `SEMANTICS`.
        format: of a `time` or `time_of_day`: strptime's for text, such as `%Y-%m-%d`; TFMD's name for numbers, such as
            `UNIX_SECONDS`.
        environments: where the feature is expected, such as `TRAINING`; None for all.
        drift: threshold against the previous span, in (0, 1], of the measure that fits the type, or thresholds by
            measure (one of `MEASURES`); `{}` for no comparator; None for the default of all features.
        skew: threshold of training against serving, likewise.
        proto: further fields of TFMD's `Feature`, in text format; the other attributes take precedence.

    Raises:
        UsageError: settings are invalid, or exclude each other; all of them are named.
    """

    type: Annotated[str, one_of(("", *TYPES))] = ""
    vocabulary: Texts = ()
    new_values: Share | None = None
    range: Annotated[tuple[float | None, float | None], _ASCENDING] | None = None
    finite: bool = False
    presence: Annotated[str, one_of(PRESENCES)] | Share | None = None
    min_rows: Size | None = None
    values: Size | Sizes | None = None
    shape: tuple[Size, ...] | None = None
    unique: Sizes | None = None
    unit: str = ""
    semantic: Annotated[str, one_of(("", *SEMANTICS))] = ""
    format: str = ""
    environments: Annotated[Texts, NOT_EMPTY] | None = None
    drift: Threshold | Comparator | None = None
    skew: Threshold | Comparator | None = None
    proto: str = ""

    def valency(self) -> tuple[int | None, int | None] | None:
        """Least and most values of a row that has any; None if not declared."""
        return (self.values, self.values) if isinstance(self.values, int) else self.values

    def conflicts(self) -> Iterable[str]:
        """What is wrong with several settings together."""
        domains = {
            "vocabulary": bool(self.vocabulary),
            "range": self.range is not None or self.finite,
            f"semantic {self.semantic}": bool(self.semantic) and self.semantic not in ("categorical", "embedding"),
        }
        declared = [name for name, given in domains.items() if given]
        faults = []
        if len(declared) > 1:
            faults.append(f"{' and '.join(declared)} exclude each other: a feature has one domain")
        if self.type in TYPES:
            wants = {"vocabulary": ("BYTES",), "range": NUMERIC, f"semantic {self.semantic}": ()}
            wants[f"semantic {self.semantic}"] = SEMANTICS.get(self.semantic, ())
            faults += [
                f"{name} is for {' or '.join(wants[name])}, not for type {self.type}"
                for name in declared
                if wants[name] and self.type not in wants[name]
            ]
        if self.shape is not None and self.values is not None:
            faults.append("values and shape exclude each other: a shape fixes the number of values of every row")
        if self.shape is not None and self.presence == "optional":
            faults.append("a shape requires a value in every row: declare values instead, or no presence: optional")
        if self.format and self.semantic not in FORMATTED:
            faults.append(f"format {self.format!r} is for times: declare semantic: time or time_of_day")
        if self.semantic in FORMATTED and not self.format:
            faults.append(f"semantic {self.semantic} needs a format, such as %Y-%m-%d or UNIX_SECONDS")
        return faults
