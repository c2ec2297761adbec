"""TFDV's proto as plain data for tables and pages. Imports no proto: it reads attributes.

DatasetFeatureStatistics(num_examples: 4, features {path: pace, num_stats {...}})
->  DataSetSummary(name="", rows=4, features=(FeatureSummary(name="pace", kind="float", missing=1, smallest=4.2, ...),))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from headrace.stats.spec.stats_spec import DISTINCT, RANK_HISTOGRAM_CUT
from headrace.values import ColumnType

KINDS = {0: "int", 1: "float", 2: "text", 3: "bytes", 4: "struct"}
"""TFDV's types of a feature, in words."""

_STANDARD = 0


@dataclass(frozen=True, kw_only=True)
class FeatureSummary:
    """One feature. Numbers are None where the feature has none.

    Attributes:
        name: the feature.
        kind: one of `KINDS`, or `unknown`.
        rows, missing: rows of the data set, and those without a value of the feature.
        values: number of all values.
        most_values: largest number of values in one row.
        distinct: number of distinct values of text, and of whole numbers where it was counted.
        cut: occurrences of values that are not listed.
        mean, deviation, smallest, median, largest: of numbers.
        zeros, nans: number of values that are 0, and NaN.
        bars: lower bound, upper bound and count of the buckets of equal width.
        top: the most frequent values and their counts.
        facts: other statistics by name, such as mutual information.
        type: what the values are, where that is known.
    """

    name: str
    kind: str
    rows: int
    missing: int
    values: int
    most_values: int
    distinct: int | None = None
    cut: int = 0
    mean: float | None = None
    deviation: float | None = None
    smallest: float | None = None
    median: float | None = None
    largest: float | None = None
    zeros: int = 0
    nans: int = 0
    bars: tuple[tuple[float, float, float], ...] = ()
    top: tuple[tuple[str, float], ...] = ()
    facts: tuple[tuple[str, float], ...] = ()
    type: ColumnType | None = None

    @property
    def missing_share(self) -> float:
        """Share of the rows without a value of the feature, 0..1."""
        return self.missing / self.rows if self.rows else 0.0


@dataclass(frozen=True, kw_only=True)
class DataSetSummary:
    """One data set: the whole or a slice.

    Attributes:
        name: of the slice; of the whole, empty or TFDV's name for it.
        rows: number of rows.
        features: in the order of the statistics.
        crosses: pairs of features, the number of rows that have both, their correlation.
    """

    name: str
    rows: int
    features: tuple[FeatureSummary, ...]
    crosses: tuple[tuple[str, str, int, float], ...] = ()


def summarize(statistics: Any, types: Mapping[str, ColumnType] | None = None) -> list[DataSetSummary]:
    """The data sets of a `DatasetFeatureStatisticsList`, in its order: the whole first, then the slices.

    `types`: of features, where they are known.
    """
    return [
        DataSetSummary(
            name=dataset.name,
            rows=int(dataset.num_examples),
            features=tuple(_feature(feature, int(dataset.num_examples), types or {}) for feature in dataset.features),
            crosses=tuple(_crosses(dataset.cross_features)),
        )
        for dataset in statistics.datasets
    ]


def _feature(feature: Any, rows: int, types: Mapping[str, ColumnType]) -> FeatureSummary:
    name = feature.name or ".".join(feature.path.step)
    kind = feature.WhichOneof("stats")
    stats = getattr(feature, kind or "num_stats")
    common = stats.common_stats
    facts = tuple((each.name, each.num) for each in feature.custom_stats if each.WhichOneof("val") == "num")
    summary = FeatureSummary(
        name=name,
        type=types.get(name),
        kind=KINDS.get(feature.type, "unknown"),
        rows=rows,
        missing=rows - int(common.num_non_missing),
        values=int(common.tot_num_values),
        most_values=int(common.max_num_values),
        facts=facts,
    )
    if kind == "string_stats":
        top = tuple((each.value, each.frequency) for each in stats.top_values)
        return replace(summary, distinct=int(stats.unique), cut=int(dict(facts).get(RANK_HISTOGRAM_CUT, 0)), top=top)
    histogram = next((h for h in stats.histograms if h.type == _STANDARD), None) if kind == "num_stats" else None
    if histogram is None or not histogram.buckets:
        return replace(summary, nans=int(histogram.num_nan) if histogram else 0)
    return replace(
        summary,
        distinct=round(dict(facts)[DISTINCT]) if DISTINCT in dict(facts) else None,
        mean=stats.mean,
        deviation=stats.std_dev,
        smallest=stats.min,
        median=stats.median,
        largest=stats.max,
        zeros=int(stats.num_zeros),
        nans=int(histogram.num_nan),
        bars=tuple((each.low_value, each.high_value, each.sample_count) for each in histogram.buckets),
    )


def _crosses(crosses: Iterable[Any]) -> Iterable[tuple[str, str, int, float]]:
    for cross in crosses:
        if cross.WhichOneof("cross_stats") == "num_cross_stats":
            names = ".".join(cross.path_x.step), ".".join(cross.path_y.step)
            yield (*names, int(cross.count), cross.num_cross_stats.correlation)
