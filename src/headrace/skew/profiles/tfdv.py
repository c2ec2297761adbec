"""Profiles from TFDV statistics (imports `tensorflow_metadata`, not TFDV).

    DatasetFeatureStatisticsList(All Examples, daypart_evening, ...)  ->  {"": Profile, "daypart_evening": Profile,
    ...}

A quantile histogram's bucket (2, 3] of 40 rows is a line from 2 to 3 that rises by 40; a bucket [3, 3] says that rows
sit on 3 itself, and what lies between 2 and 3 then belongs to 3. Where every value sits on a bucket's end, as with
small whole numbers, the distribution function is exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

from headrace.skew.profiles.profile import WHOLE, FeatureProfile, Profile
from headrace.stats.spec.stats_spec import DISTINCT, DISTINCT_EXACT_BELOW

ESTIMATE_ERROR = 0.04
"""An estimated number of distinct values that differs from the number of values by less is that number."""

WHOLE_NAMES = ("", "All Examples")
"""What TFDV calls the data set that is not a slice."""


def profiles(statistics: statistics_pb2.DatasetFeatureStatisticsList) -> dict[str, Profile]:
    """A profile for each slice, by TFDV's name of it; the whole data is under `""`.

    In a feature of lists each value counts as a row. NaN and infinities count as missing.
    """
    alone = len(statistics.datasets) == 1
    found = {}
    for dataset in statistics.datasets:
        name = WHOLE if alone or dataset.name in WHOLE_NAMES else dataset.name
        features = {_name(feature): _feature(feature, int(dataset.num_examples)) for feature in dataset.features}
        found[name] = Profile(name=name, rows=int(dataset.num_examples), features=features)
    return found


def _name(feature: statistics_pb2.FeatureNameStatistics) -> str:
    return feature.name or ".".join(feature.path.step)


def _feature(feature: statistics_pb2.FeatureNameStatistics, rows: int) -> FeatureProfile:
    kind = feature.WhichOneof("stats")
    if kind is None:
        return FeatureProfile(kind="empty", rows=rows, missing=rows)
    stats = getattr(feature, kind)
    common = stats.common_stats
    values = int(common.tot_num_values or common.num_non_missing)
    # Rows in which TFDV saw no such feature are in neither of its counts.
    missing = rows - int(common.num_non_missing)
    if not values:
        return FeatureProfile(kind="empty", rows=missing, missing=missing, distinct=0)
    lengths = _lengths(common)
    if kind == "num_stats":
        whole = feature.type == statistics_pb2.FeatureNameStatistics.INT
        numbers = _numeric(stats, values, missing, whole)
        return replace(numbers, lengths=lengths, distinct=_distinct(feature, numbers.present))
    if kind == "string_stats":
        return replace(_categorical(stats, values, missing), lengths=lengths)
    return FeatureProfile(kind="categorical", rows=values + missing, missing=missing, cut_rows=values, cut_count=values)


def _distinct(feature: statistics_pb2.FeatureNameStatistics, present: int) -> int | None:
    """How many whole numbers are distinct, where headrace computed the statistics; of very many it is an estimate."""
    found = next((round(one.num) for one in feature.custom_stats if one.name == DISTINCT), None)
    if found is None:
        return None
    unique = found >= DISTINCT_EXACT_BELOW and abs(found - present) <= ESTIMATE_ERROR * present
    return present if unique else min(found, present)


def _lengths(common: statistics_pb2.CommonStatistics) -> FeatureProfile | None:
    # None where every row that has a value has one.
    if common.max_num_values <= 1:
        return None
    rows = int(common.num_non_missing)
    if not common.num_values_histogram.buckets:
        return None
    return _numeric_from(common.num_values_histogram.buckets, rows, 0, whole=True)


def _categorical(stats: statistics_pb2.StringStatistics, values: int, missing: int) -> FeatureProfile:
    counts: dict[str, int] = {}
    for bucket in stats.rank_histogram.buckets:
        counts[bucket.label] = counts.get(bucket.label, 0) + round(bucket.sample_count)
    if not counts:
        counts = {value.value: round(value.frequency) for value in stats.top_values}
    cut = max(values - sum(counts.values()), 0)
    return FeatureProfile(
        kind="categorical",
        rows=values + missing,
        missing=missing,
        distinct=int(stats.unique) or None,
        counts=counts,
        cut_rows=cut,
        cut_count=min(min(counts.values(), default=cut), cut),
    )


def _numeric(stats: statistics_pb2.NumericStatistics, values: int, missing: int, whole: bool) -> FeatureProfile:
    histogram = next((h for h in stats.histograms if h.type == h.QUANTILES), None)
    profile = _numeric_from(histogram.buckets if histogram else (), values, missing, whole=whole)
    if np.isinf([stats.min, stats.max]).any():
        # Values in no bucket of finite bounds are NaN or, but for those that share a bucket with them, infinite.
        nan = round(max((h.num_nan for h in stats.histograms), default=0))
        infinite = max(profile.missing - missing - nan, 0)
        profile = replace(profile, missing=profile.missing - infinite, infinite=infinite)
    if profile.kind == "empty":
        return profile
    return replace(
        profile,
        minimum=float(stats.min) if np.isfinite(stats.min) else profile.minimum,
        maximum=float(stats.max) if np.isfinite(stats.max) else profile.maximum,
        mean=float(stats.mean) if np.isfinite(stats.mean) else profile.mean,
        zeros=int(stats.num_zeros),
    )


def _numeric_from(
    found: Iterable[statistics_pb2.Histogram.Bucket], values: int, missing: int, *, whole: bool
) -> FeatureProfile:
    buckets = [b for b in found if np.isfinite(b.low_value) and np.isfinite(b.high_value)]
    counted = sum(b.sample_count for b in buckets)
    if not counted:
        return FeatureProfile(kind="empty", rows=values + missing, missing=values + missing)
    low = np.array([b.low_value for b in buckets])
    high = np.array([b.high_value for b in buckets])
    total = np.cumsum([b.sample_count for b in buckets])
    points, last = np.unique(high[::-1], return_index=True)
    upto = total[len(high) - 1 - last]
    sits = np.isin(points, high[low == high])
    below = np.where(sits, np.concatenate([[0.0], upto[:-1]]), upto)
    lines = np.diff(np.concatenate([[0.0], upto]))[~sits]
    if low[0] < points[0]:
        # The first bucket's line starts at the minimum, on which next to nothing sits.
        points, upto, below = (np.concatenate([[v], x]) for v, x in ((low[0], points), (0.0, upto), (0.0, below)))
    present = min(round(counted), values)
    return FeatureProfile(
        kind="numeric",
        rows=values + missing,
        missing=missing + values - present,
        points=points,
        below=below,
        upto=upto,
        resolution=float(lines.max() / counted) if len(lines) else 0.0,
        minimum=float(low[0]),
        maximum=float(high[-1]),
        integral=whole,
    )
