"""What statistics to make, as plain data that survives JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from headrace.config.checks import Count, Name, Names, above, distinct, expect
from headrace.config.settings import Spec
from headrace.stats.declared import MutualInformation, Override, RankValues, Slice

Rate: TypeAlias = Annotated[float, above(0, 1, "a share")]
Pair: TypeAlias = Annotated[tuple[Name, Name], expect(distinct, "two different features")]


def _no_slice_twice(slices: tuple[str | Slice, ...]) -> bool:
    return not any(slices.count(cut) > 1 for cut in slices)


IDENTIFIER_RANK_VALUES = 1_000
"""Values in the rank histogram of an identifier: as many as TFDV lists by default."""


@dataclass(frozen=True, kw_only=True)
class StatsSpec(Spec):
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

    features: Names = ()
    exclude: Names = ()
    slices: Annotated[tuple[Name | Slice, ...], expect(_no_slice_twice, "no slice twice")] = ()
    identifiers: Names = ()
    weight: str = ""
    label: str = ""
    top_values: Count = 20
    rank_values: RankValues = 100_000
    slice_rank_values: RankValues = 1_000
    frequency_threshold: Count = 1
    weighted_frequency_threshold: float = 1.0
    histogram_buckets: Count = 10
    quantile_buckets: Count = 100
    valency_buckets: Count = 10
    quantile_error: Annotated[float, above(0, 0.1)] = 0.01
    sample_rate: Rate = 1.0
    semantic_domains: bool = False
    semantic_sample_rate: Rate = 1.0
    vocabularies: Mapping[str, str] = dataclasses.field(default_factory=dict)
    lift: bool = False
    crosses: bool | tuple[Pair, ...] = False
    mutual_information: MutualInformation | None = None
    overrides: Mapping[str, Override] = dataclasses.field(default_factory=dict)

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

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together."""
        faults = []
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


_NOTHING = Override()
