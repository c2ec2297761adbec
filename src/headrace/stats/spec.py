"""What statistics to make, as plain data that survives JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from headrace.errors import UsageError

_NAMES = ("exclude", "slices", "identifiers")
_COUNTS = {"top_values": 1, "rank_values": 1_000, "histogram_buckets": 1, "quantile_buckets": 1}
# TFDV takes a short rank histogram for a list of all values, and closes the domain of the feature on it.

IDENTIFIER_RANK_VALUES = 1_000
"""Values in the rank histogram of an identifier: as many as TFDV lists by default."""


@dataclass(frozen=True, kw_only=True)
class StatsSpec:
    """The statistics to make of a set of examples.

    Attributes:
        exclude: features to leave out altogether.
        slices: features by whose values to slice; each adds one dataset a value, named `feature_value`, as TFDV does.
        identifiers: text that names one row or entity; it gets counts and uniques as any other, but a rank
            histogram of `IDENTIFIER_RANK_VALUES` values only.
        top_values: most frequent values of a text feature to list.
        rank_values: most frequent values of a text feature to count, at least 1,000. L-infinity is exact for features
            with no more values than this, which `unique` tells, and off by at most 1/rank_values for others.
        histogram_buckets: buckets of equal width for a numeric feature.
        quantile_buckets: buckets of equal count for a numeric feature: its distribution function.
        quantile_error: bound of the error of a quantile's rank, as a share of the values, in (0, 0.1]. What was
            measured is 20 times below it; partial statistics grow with its inverse.
        sample_rate: share of rows to look at, in (0, 1]; the same rows at every run.

    Raises:
        UsageError: a field has a value that can't be meant, or of another type.
    """

    exclude: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    top_values: int = 20
    rank_values: int = 100_000
    histogram_buckets: int = 10
    quantile_buckets: int = 100
    quantile_error: float = 0.01
    sample_rate: float = 1.0

    def __post_init__(self) -> None:
        faults = [*self._name_faults(), *self._number_faults()]
        if faults:
            raise UsageError("; ".join(faults))
        for name in _NAMES:
            object.__setattr__(self, name, tuple(getattr(self, name)))

    def _name_faults(self) -> list[str]:
        faults = []
        for field in _NAMES:
            names = getattr(self, field)
            if isinstance(names, str) or not all(isinstance(name, str) and name for name in names):
                faults.append(f"{field} must be a tuple of feature names, got {names!r}")
            elif len(set(names)) < len(names):
                faults.append(f"{field} names a feature twice: {names!r}")
        if not faults and (both := sorted(set(self.exclude) & set(self.slices))):
            faults.append(f"a feature can't be both excluded and sliced by: {', '.join(both)}")
        return faults

    def _number_faults(self) -> list[str]:
        faults = []
        for field, least in _COUNTS.items():
            count = getattr(self, field)
            if not isinstance(count, int) or isinstance(count, bool) or count < least:
                faults.append(f"{field} must be a whole number >= {least:,}, got {count!r}")
        for field, limit in (("sample_rate", 1.0), ("quantile_error", 0.1)):
            share = getattr(self, field)
            if not isinstance(share, int | float) or isinstance(share, bool) or not 0 < share <= limit:
                faults.append(f"{field} must be in (0, {limit:g}], got {share!r}")
        return faults

    def to_json(self) -> str:
        """One line of JSON with every field."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> StatsSpec:
        """Inverse of `to_json`; fields that are not there take their defaults.

        Raises:
            UsageError: not a JSON object, or fields that are not known.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            raise UsageError(f"a StatsSpec is a JSON object, got {text!r}: {error}") from error
        if not isinstance(data, dict):
            raise UsageError(f"a StatsSpec is a JSON object, got {text!r}")
        known = [field.name for field in dataclasses.fields(cls)]
        if unknown := sorted(set(data) - set(known)):
            raise UsageError(f"a StatsSpec has no {', '.join(unknown)}; it has: {', '.join(known)}")
        fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}
        return cls(**fields)
