"""The parts of a `StatsSpec` that are more than a name or a number.

Slice(by={"city": None})                       city_Oslo, city_Rome, ...
Slice(by={"city": ("Oslo",), "hour": None})    city_Oslo_hour_0, city_Oslo_hour_1, ...
Slice(name="long runs", where="distance_km > 30 AND daypart = 'morning'")
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from headrace.config.checks import NOT_EMPTY, Count, Name, Names, at_least
from headrace.config.settings import Spec

RANK_VALUES_AT_LEAST = 1_000
"""TFDV takes a shorter rank histogram for the list of all values, and closes the domain of the feature on it."""

RankValues: TypeAlias = Annotated[int, at_least(RANK_VALUES_AT_LEAST, "a whole number")]

Estimator = Literal["nearest_neighbors", "sklearn"]
"""TFDV's `MutualInformation` and its `SkLearnMutualInformation`."""


@dataclass(frozen=True, kw_only=True)
class Slice(Spec):
    """Rows that get statistics of their own: by the values of features, or by a condition; never both.

    Attributes:
        by: feature -> the values that make a slice, or None for every value. Several features are crossed. Slices are
            named as in TFDV: `feature_value`, features in alphabetical order.
        where: a condition in DuckDB's SQL with the features as columns. A feature with at most one value in every row
            is a plain value there, others are lists. Rows for which the condition is NULL are not in the slice.
        name: the name of the slice that `where` makes.

    Raises:
        UsageError: neither or both of `by` and `where`, no `name`, values that are neither text nor whole numbers.
    """

    by: Mapping[Name, Annotated[tuple[str | int, ...], NOT_EMPTY] | None] | None = None
    where: str = ""
    name: str = ""

    def conflicts(self) -> Iterable[str]:
        """What is wrong with several settings together."""
        if bool(self.by) == bool(self.where):
            return [f"a slice is made by values (by=...) or by a condition (where=...), got {self!r}"]
        if bool(self.where) != bool(self.name):
            return [f"a slice by a condition needs a name, one by values is named after them, got {self!r}"]
        return []

    @property
    def features(self) -> tuple[str, ...]:
        """The features whose values make the slices, in the order in which they name a slice."""
        return tuple(sorted(self.by or ()))

    @property
    def key(self) -> str:
        """Tells this `Slice` from the others of a specification."""
        return self.name or "_".join(self.features)


@dataclass(frozen=True, kw_only=True)
class Override(Spec):
    """Settings of one feature that differ from those of all; None means that a setting does not differ.

    Attributes:
        top_values, rank_values, histogram_buckets, quantile_buckets: as in `StatsSpec`.
        weight: the feature that weights the rows for this one.
        histograms: False leaves out histograms and the median, which take most of the memory of a numeric feature.
        categorical: whole numbers that are categories: they are counted as text is.
        sketched: counts values in a sketch of bounded memory. A count is then too low by at most the share 1/1,025 of
            the values, and the number of distinct values an estimate if there are 16,384 or more.

    Raises:
        UsageError: a number is too small.
    """

    top_values: Count | None = None
    rank_values: RankValues | None = None
    histogram_buckets: Count | None = None
    quantile_buckets: Count | None = None
    weight: str = ""
    histograms: bool = True
    categorical: bool = False
    sketched: bool = False


@dataclass(frozen=True, kw_only=True)
class MutualInformation(Spec):
    """The mutual information of each feature with the label, on a sample of rows, by TFDV's estimators.

    The statistics get TFDV's custom statistics for it: `mean_adjusted_mutual_information` (bits), its minimum,
    maximum, median and standard deviation over the partitions of the sample; with the estimator `sklearn` those of
    `sklearn_adjusted_mutual_information` (nats).

    Attributes:
        rows: rows of the sample at most; the same rows in every run.
        partitions: parts of the sample, each of which is estimated separately.
        categorical: whole-number features that are categories. The label is one if it is text or has at most 100
            distinct whole numbers in the sample.
        estimator: "nearest_neighbors" or "sklearn".

    Raises:
        UsageError: settings are invalid.
    """

    rows: Count = 10_000
    partitions: Count = 5
    categorical: Names = ()
    estimator: Estimator = "nearest_neighbors"
