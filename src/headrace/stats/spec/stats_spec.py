"""Which statistics to compute, as plain data."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from headrace.config.checks import Count, Name, Names, above, distinct, expect
from headrace.config.settings import Spec
from headrace.stats.spec.nested import MutualInformation, Override, RankValues, Slice

Rate: TypeAlias = Annotated[float, above(0, 1, "a share")]
Pair: TypeAlias = Annotated[tuple[Name, Name], expect(distinct, "two different features")]


def _no_slice_twice(slices: tuple[str | Slice, ...]) -> bool:
    return not any(slices.count(one) > 1 for one in slices)


RANK_HISTOGRAM_CUT = "rank_histogram_cut"
"""Custom statistic: occurrences of values that the rank histogram does not list; absent if it lists all values."""

DISTINCT = "distinct"
"""Custom statistic: the number of distinct values of whole numbers, of all rows."""
DISTINCT_EXACT_BELOW = 16_384
"""From here on it is an estimate, with a standard error of 0.8 %."""

IDENTIFIER_RANK_VALUES = 1_000
"""Values in the rank histogram of an identifier: as many as TFDV lists by default."""


@dataclass(frozen=True, kw_only=True)
class StatsSpec(Spec):
    """The statistics to compute of examples.

    Attributes:
        features: features to compute statistics of; all if empty. Weights, and features to slice by, are read anyway.
        exclude: features to leave out altogether.
        slices: slices that get statistics of their own beside the whole: a `Slice`, or a feature, for a slice of each
            of its values.
        identifiers: text features that identify a row or an entity: their rank histograms list only
            `IDENTIFIER_RANK_VALUES` values.
        weight: the feature that weights the rows, for weighted statistics beside the others.
        label: the feature of `mutual_information` and `lift`.
        top_values: most frequent values of a text feature to list.
        rank_values: most frequent values of a text feature to count, at least 1,000. L-infinity is exact for features
            with no more values than this; for others, `rank_histogram_cut` is the number of occurrences left out.
        slice_rank_values: the same in slices, in each of which a value takes memory.
        frequency_threshold: number of rows that a value needs to be listed.
        weighted_frequency_threshold: weight that a value needs to be listed among the weighted values.
        histogram_buckets: buckets of equal width for a numeric feature.
        quantile_buckets: buckets of equal count for a numeric feature: its distribution function.
        valency_buckets: buckets of equal count for the number of values in a row.
        quantile_error: bound of the error of a quantile's rank, as a share of the values, in (0, 0.1]. Measured errors
            are 20 times smaller; the size of partial statistics is proportional to the inverse.
        sample_rate: share of rows to use, in (0, 1]; the same rows in every run.
        semantic_domains: detect images, natural language and times in text.
        semantic_sample_rate: share of rows to detect them in.
        vocabularies: name -> file of a vocabulary that a natural language domain of the schema names.
        lift: P(label | value) / P(label) for each value of a category with at most 1,000 of them.
        crosses: covariance and correlation of numeric features: True for all pairs, or the pairs.
        mutual_information: of each feature with `label`.
        overrides: feature -> settings that differ for it.

    Raises:
        UsageError: settings are invalid; all of them are named.
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
    def slicings(self) -> tuple[Slice, ...]:
        """The slices, each as a `Slice`."""
        return tuple(Slice(by={one: None}) if isinstance(one, str) else one for one in self.slices)

    @property
    def weights(self) -> tuple[str, ...]:
        """All features that weight rows."""
        named = (self.weight, *(override.weight for override in self.overrides.values()))
        return tuple(dict.fromkeys(name for name in named if name))

    def override_of(self, feature: str) -> Override:
        """The settings that differ for a feature."""
        return self.overrides.get(feature, _NOTHING)

    def rank_values_of(self, feature: str, *, sliced: bool = False) -> int:
        """Number of values in the rank histogram of a feature."""
        declared = self.override_of(feature).rank_values
        if declared is None:
            declared = IDENTIFIER_RANK_VALUES if feature in self.identifiers else self.rank_values
        return min(declared, self.slice_rank_values) if sliced else declared

    def conflicts(self) -> Iterable[str]:
        """What is wrong with several settings together."""
        faults = []
        needed = (
            {feature for slicing in self.slicings for feature in slicing.features} | set(self.weights) | {self.label}
        )
        if both := sorted(set(self.exclude) & needed):
            faults.append(f"excluded features can't be sliced by, weighted by or the label: {', '.join(both)}")
        if both := sorted(set(self.exclude) & set(self.features)):
            faults.append(f"a feature can't be both in features and excluded: {', '.join(both)}")
        if self.lift and not self.label:
            faults.append("lift needs a label: name it in label")
        if self.mutual_information and not self.label:
            faults.append("mutual_information needs a label: name it in label")
        return faults


_NOTHING = Override()
