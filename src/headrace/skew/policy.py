"""Thresholds: how far two distributions may lie apart before anybody needs to know.

    SkewPolicy(linf=0.05, ignore=("*_id",), per_feature={"age": {"jensen_shannon": 0.1}})

The defaults were chosen on real data. Between two ordinary years of a marathon (22,719 and 23,945 finishers) the
largest L-infinity of a categorical feature is 0.020 and the largest Jensen-Shannon divergence of a numeric one 0.0006
bits, with a Kolmogorov-Smirnov distance of 0.012; against a year of extreme heat the finish times move by 0.10 bits
and 0.32. A value that turns to zero in a tenth of the rows moves by 0.05 bits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

from headrace.errors import UsageError

MEASURES = (
    "linf",
    "jensen_shannon",
    "kolmogorov_smirnov",
    "missing_share",
    "new_values",
    "unparsable_share",
    "repeats",
)
"""What a threshold can be set for; each is in 0..1."""
REQUIRABLE = ("drift", "skew")


@dataclass(frozen=True, kw_only=True)
class SkewPolicy:
    """When a distance is an alarm: above its threshold, and above what sampling noise shows at `level`.

    `linf`, `kolmogorov_smirnov`, `missing_share`, `new_values`, `unparsable_share`, `repeats`: shares of rows, 0..1;
    `jensen_shannon`: bits, 0..1. A threshold of None means that the measure raises no alarm. `level`: the share of
    false alarms that is accepted, over all features and measures of one check together. Slices and data sets of fewer
    than `min_rows` rows on a side are not compared. `ignore`: names of features, or globs. `rows_ratio`: the range
    that rows now / rows before must keep to, for the whole and for each slice, or None. `per_feature` overrides
    thresholds: `{"age": {"jensen_shannon": 0.1}}`; globs are taken too, and the first that fits counts. It goes before
    the comparators of a schema, and these before the thresholds for all features. `require`: which of "drift" and
    "skew" must be looked for; where there is nothing to look at, that is an alarm.

    Raises:
        UsageError: a value is out of its range; it names the value.
    """

    linf: float | None = 0.05
    jensen_shannon: float | None = 0.02
    kolmogorov_smirnov: float | None = 0.1
    missing_share: float | None = 0.05
    new_values: float | None = 0.2
    unparsable_share: float | None = 0.0
    repeats: float | None = 0.05
    level: float = 0.01
    min_rows: int = 100
    ignore: tuple[str, ...] = ()
    rows_ratio: tuple[float, float] | None = (0.6, 1.6)
    per_feature: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    require: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ignore", tuple(self.ignore))
        object.__setattr__(self, "per_feature", {k: dict(v) for k, v in self.per_feature.items()})
        faults = [f"{m} {_range_fault(getattr(self, m))}" for m in MEASURES if _range_fault(getattr(self, m))]
        if not _is_number(self.level) or not 0 < self.level < 1:
            faults.append(f"level must be in (0, 1), got {self.level!r}")
        if not isinstance(self.min_rows, int) or self.min_rows < 1:
            faults.append(f"min_rows must be a whole number of at least 1, got {self.min_rows!r}")
        if self.rows_ratio is not None:
            object.__setattr__(self, "rows_ratio", tuple(self.rows_ratio))
            faults += _ratio_faults(self.rows_ratio)
        for feature, thresholds in self.per_feature.items():
            for measure, value in thresholds.items():
                if measure not in MEASURES:
                    faults.append(
                        f"per_feature[{feature!r}] has no measure {measure!r}: expected {', '.join(MEASURES)}"
                    )
                elif _range_fault(value):
                    faults.append(f"per_feature[{feature!r}][{measure!r}] {_range_fault(value)}")
        if isinstance(self.require, str) or set(self.require) - set(REQUIRABLE):
            faults.append(f"require must be a tuple of {', '.join(map(repr, REQUIRABLE))}, got {self.require!r}")
        else:
            object.__setattr__(self, "require", tuple(self.require))
        if faults:
            raise UsageError("; ".join(faults))

    def ignores(self, feature: str) -> bool:
        """Whether a feature is left out of the check."""
        return any(fnmatchcase(feature, glob) for glob in self.ignore)

    def threshold(self, feature: str, measure: str) -> float | None:
        """The threshold of a measure for a feature."""
        own = self._own(feature, measure)
        value: float | None = own[measure] if own else getattr(self, measure)
        return value

    def sets(self, feature: str, measure: str) -> bool:
        """Whether `per_feature` has a threshold of a measure for a feature, be it None."""
        return self._own(feature, measure) is not None

    def _own(self, feature: str, measure: str) -> Mapping[str, float | None] | None:
        own = (t for glob, t in self.per_feature.items() if measure in t and fnmatchcase(feature, glob))
        return next(own, None)

    def to_json(self) -> str:
        """The policy as JSON text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> SkewPolicy:
        """Inverse of `to_json`; what is left out has its default.

        Raises:
            UsageError: it is not an object, names what a policy does not have, or a value is out of its range.
        """
        try:
            data: Any = json.loads(text or "{}")
        except ValueError as error:
            raise UsageError(f"a skew policy must be JSON, got {text!r}: {error}") from error
        names = {f.name for f in fields(cls)}
        if not isinstance(data, dict) or set(data) - names:
            raise UsageError(f"a skew policy must be an object of {', '.join(sorted(names))}, got {text!r}")
        return cls(**data)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _range_fault(value: object) -> str:
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1):
        return ""
    return f"must be in [0, 1] or None, got {value!r}"


def _ratio_faults(ratio: tuple[float, ...]) -> list[str]:
    if len(ratio) == 2 and all(_is_number(r) for r in ratio) and 0 <= ratio[0] < 1 < ratio[1]:
        return []
    return [f"rows_ratio must be (low, high) with 0 <= low < 1 < high, or None, got {ratio!r}"]
