"""What statistics to make, as plain data that survives JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace.errors import UsageError
from headrace.stats.declared import RANK_VALUES_AT_LEAST, MutualInformation, Override, Slice, count_fault

_NAMES = ("features", "exclude", "identifiers")
_COUNTS = {
    "top_values": 1,
    "rank_values": RANK_VALUES_AT_LEAST,
    "slice_rank_values": RANK_VALUES_AT_LEAST,
    "frequency_threshold": 1,
    "histogram_buckets": 1,
    "quantile_buckets": 1,
    "valency_buckets": 1,
}
_SHARES = {"sample_rate": 1.0, "semantic_sample_rate": 1.0, "quantile_error": 0.1}

IDENTIFIER_RANK_VALUES = 1_000
"""Values in the rank histogram of an identifier: as many as TFDV lists by default."""


@dataclass(frozen=True, kw_only=True)
class StatsSpec:
    """The statistics to make of a set of examples.

    Attributes:
        features: features to make statistics of; all if empty. Those that weigh and slice are read all the same.
        exclude: features to leave out altogether.
        slices: what gets statistics of its own beside the whole: a `Slice`, or a feature, for a slice of each value.
        identifiers: text that names one row or entity; it gets counts and uniques as any other, but a rank
            histogram of `IDENTIFIER_RANK_VALUES` values only.
        weight: the feature that weighs the rows: weighted statistics stand beside the others.
        label: the feature that `mutual_information` is about.
        top_values: most frequent values of a text feature to list.
        rank_values: most frequent values of a text feature to count, at least 1,000. L-infinity is exact for features
            with no more values than this; where there are more, `rank_histogram_cut` says how many rows are in none.
        slice_rank_values: the same in slices: a value costs memory in each of them.
        frequency_threshold: rows below which a value is not listed.
        weighted_frequency_threshold: weight below which a value is not listed among the weighted ones.
        histogram_buckets: buckets of equal width for a numeric feature.
        quantile_buckets: buckets of equal count for a numeric feature: its distribution function.
        valency_buckets: buckets of equal count for the number of values in a row.
        quantile_error: bound of the error of a quantile's rank, as a share of the values, in (0, 0.1]. What was
            measured is 20 times below it; partial statistics grow with its inverse.
        sample_rate: share of rows to look at, in (0, 1]; the same rows at every run.
        semantic_domains: look for images, natural language and times in text.
        semantic_sample_rate: share of rows to look for them in.
        vocabularies: name -> file of a vocabulary that a natural language domain of the schema names.
        lift: P(label | value) / P(label) for each value of a category with at most 1,000 of them.
        crosses: covariance and correlation of numeric features: True for all pairs, or the pairs.
        mutual_information: of each feature with `label`.
        overrides: feature -> what is different for it.

    Raises:
        UsageError: a field has a value that can't be meant, or of another type; all of them named.
    """

    features: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    slices: tuple[str | Slice, ...] = ()
    identifiers: tuple[str, ...] = ()
    weight: str = ""
    label: str = ""
    top_values: int = 20
    rank_values: int = 100_000
    slice_rank_values: int = 1_000
    frequency_threshold: int = 1
    weighted_frequency_threshold: float = 1.0
    histogram_buckets: int = 10
    quantile_buckets: int = 100
    valency_buckets: int = 10
    quantile_error: float = 0.01
    sample_rate: float = 1.0
    semantic_domains: bool = False
    semantic_sample_rate: float = 1.0
    vocabularies: Mapping[str, str] = dataclasses.field(default_factory=dict)
    lift: bool = False
    crosses: bool | tuple[tuple[str, str], ...] = False
    mutual_information: MutualInformation | None = None
    overrides: Mapping[str, Override] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = [*self._name_faults(), *self._number_faults(), *self._pair_faults()]
        if faults:
            raise UsageError("; ".join(faults))
        for name in (*_NAMES, "slices"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "overrides", dict(self.overrides))
        object.__setattr__(self, "vocabularies", dict(self.vocabularies))
        if not isinstance(self.crosses, bool):
            object.__setattr__(self, "crosses", tuple(tuple(pair) for pair in self.crosses))

    @property
    def cuts(self) -> tuple[Slice, ...]:
        """The slices, features among them spelled out."""
        return tuple(Slice(by={cut: None}) if isinstance(cut, str) else cut for cut in self.slices)

    @property
    def weights(self) -> tuple[str, ...]:
        """All features that weigh rows."""
        named = (self.weight, *(override.weight for override in self.overrides.values()))
        return tuple(dict.fromkeys(name for name in named if name))

    def of(self, feature: str) -> Override:
        """What is different for a feature."""
        return self.overrides.get(feature, _NOTHING)

    def rank_values_of(self, feature: str, *, sliced: bool = False) -> int:
        """Values of a feature to count in its rank histogram."""
        declared = self.of(feature).rank_values
        if declared is None:
            declared = IDENTIFIER_RANK_VALUES if feature in self.identifiers else self.rank_values
        return min(declared, self.slice_rank_values) if sliced else declared

    def _name_faults(self) -> list[str]:
        faults = []
        for field in (*_NAMES, "slices"):
            names = getattr(self, field)
            kinds: Any = str | Slice if field == "slices" else str
            if isinstance(names, str) or not all(isinstance(name, kinds) and name for name in names):
                faults.append(f"{field} must be a tuple of feature names, got {names!r}")
            elif any(names.count(name) > 1 for name in names):
                faults.append(f"{field} names a feature twice: {names!r}")
        if not all(isinstance(override, Override) for override in self.overrides.values()):
            faults.append(f"overrides must be feature -> Override, got {self.overrides!r}")
        if faults:
            return faults
        needed = {feature for cut in self.cuts for feature in cut.features} | set(self.weights) | {self.label}
        if both := sorted(set(self.exclude) & needed):
            faults.append(f"a feature can't be both excluded and sliced by, weighed by or the label: {', '.join(both)}")
        if both := sorted(set(self.exclude) & set(self.features)):
            faults.append(f"a feature can't be both in features and excluded: {', '.join(both)}")
        if self.lift and not self.label:
            faults.append("lift is of the values of a label: name it in label")
        if self.mutual_information and not self.label:
            faults.append("mutual_information is with a label: name it in label")
        return faults

    def _number_faults(self) -> list[str]:
        faults = [
            fault for field, least in _COUNTS.items() if (fault := count_fault(field, getattr(self, field), least))
        ]
        for field, limit in _SHARES.items():
            share = getattr(self, field)
            if not isinstance(share, int | float) or isinstance(share, bool) or not 0 < share <= limit:
                faults.append(f"{field} must be in (0, {limit:g}], got {share!r}")
        return faults

    def _pair_faults(self) -> list[str]:
        if isinstance(self.crosses, bool):
            return []
        pairs = [pair for pair in self.crosses if isinstance(pair, str) or len(set(pair)) != 2 or len(pair) != 2]
        return [f"crosses must be True or pairs of two features, got {pairs!r}"] if pairs else []

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
        fields: dict[str, Any] = {name: _tuples(value) for name, value in _known(cls, data).items()}
        fields["slices"] = tuple(_made(Slice, cut) for cut in fields.get("slices") or ())
        fields["overrides"] = {name: _made(Override, value) for name, value in (fields.get("overrides") or {}).items()}
        if fields.get("mutual_information"):
            fields["mutual_information"] = _made(MutualInformation, fields["mutual_information"])
        return cls(**fields)


_NOTHING = Override()


def _made(kind: type, value: Any) -> Any:
    return kind(**_known(kind, value)) if isinstance(value, dict) else value


def _known(kind: type, data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise UsageError(f"a {kind.__name__} is a JSON object, got {data!r}")
    known = [field.name for field in dataclasses.fields(kind)]
    if unknown := sorted(set(data) - set(known)):
        raise UsageError(f"a {kind.__name__} has no {', '.join(unknown)}; it has: {', '.join(known)}")
    return data


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
