"""TFDV's proto as plain lines for people: what a table or a page shows of it. Imports no proto: it reads attributes.

DatasetFeatureStatistics(num_examples: 4, features {path: pace, num_stats {...}})
->  Lines(name="", rows=4, features=(Line(name="pace", kind="float", missing=1, smallest=4.2, ...),))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

CUT = "rank_histogram_cut"
"""A custom statistic: occurrences of values that the rank histogram does not list; not there if it lists all."""

KINDS = {0: "int", 1: "float", 2: "text", 3: "bytes", 4: "struct"}
"""TFDV's types of a feature, in words."""

_STANDARD = 0


@dataclass(frozen=True, kw_only=True)
class Line:
    """One feature. Numbers are None where the feature has none.

    Attributes:
        rows, missing: rows of the data set, and those in which the feature is not there.
        values: all values; `most_values` of them in one row.
        distinct, cut: different values of text, and occurrences that the counts leave out.
        bars: low bound, high bound and count of the buckets of equal width.
        top: the most frequent values and their counts.
        facts: other statistics by name, such as of mutual information.
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

    @property
    def missing_share(self) -> float:
        """Share of the rows in which the feature is not there, 0..1."""
        return self.missing / self.rows if self.rows else 0.0


@dataclass(frozen=True, kw_only=True)
class Lines:
    """One data set: the whole or a slice; `crosses`: two features, the rows that have both, their correlation."""

    name: str
    rows: int
    features: tuple[Line, ...]
    crosses: tuple[tuple[str, str, int, float], ...] = ()


def described(statistics: Any) -> list[Lines]:
    """The data sets of a `DatasetFeatureStatisticsList`, in its order."""
    return [
        Lines(
            name=dataset.name,
            rows=int(dataset.num_examples),
            features=tuple(_line(feature, int(dataset.num_examples)) for feature in dataset.features),
            crosses=tuple(_crosses(dataset.cross_features)),
        )
        for dataset in statistics.datasets
    ]


def _line(feature: Any, rows: int) -> Line:
    stats = getattr(feature, feature.WhichOneof("stats") or "num_stats")
    common = stats.common_stats
    known: dict[str, Any] = {
        "name": feature.name or ".".join(feature.path.step),
        "kind": KINDS.get(feature.type, "unknown"),
        "rows": rows,
        "missing": rows - int(common.num_non_missing),
        "values": int(common.tot_num_values),
        "most_values": int(common.max_num_values),
        "facts": tuple((each.name, each.num) for each in feature.custom_stats if each.WhichOneof("val") == "num"),
    }
    kind = feature.WhichOneof("stats")
    if kind == "string_stats":
        top = tuple((each.value, each.frequency) for each in stats.top_values)
        cut = next((int(number) for name, number in known["facts"] if name == CUT), 0)
        return Line(**known, distinct=int(stats.unique), cut=cut, top=top)
    histogram = next((h for h in stats.histograms if h.type == _STANDARD), None) if kind == "num_stats" else None
    if histogram is None or not histogram.buckets:
        return Line(**known, nans=int(histogram.num_nan) if histogram else 0)
    return Line(
        **known,
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
