"""How many rows an anomaly affects, as far as statistics show; takes TFMD protos, imports nothing of TensorFlow.

ENUM_TYPE_UNEXPECTED_STRING_VALUES   rank_histogram { z: 40, a: 460 }, domain {a, b}   ->   40 rows, such as 'z'
INT_TYPE_SMALL_INT                   quantiles [0, 29]: 50, (29, 31]: 50, min 30       ->   about 75 rows, such as 0
"""

from __future__ import annotations

from math import isfinite
from typing import Any, NamedTuple

from headrace.schema.column_types import shown, type_of
from headrace.schema.feature_protos import type_name
from headrace.schema.offending_rows import SHOWN, vocabulary


class AffectedRows(NamedTuple):
    """Number of rows (None: unknown), whether that is an estimate, and some of the values."""

    rows: int | None = None
    about: bool = False
    examples: tuple[str, ...] = ()


def affected_rows(code: str, stats: Any, feature: Any, schema: Any, num_examples: int) -> AffectedRows:
    """The rows that an anomaly affects, by the statistics of its feature (None if there are none).

    Args:
        code: the anomaly type.
        stats: TFMD's `FeatureNameStatistics`.
        feature: TFMD's `Feature`, None if the schema lacks it.
        schema: TFMD's `Schema`.
        num_examples: number of all rows.
    """
    if code == "SCHEMA_MISSING_COLUMN":
        return AffectedRows(num_examples)
    if stats is None:
        return AffectedRows()
    kind = stats.WhichOneof("stats")
    of_kind: Any = getattr(stats, kind) if kind else None
    present = int(of_kind.common_stats.num_non_missing) if of_kind is not None else 0
    if code in ("FEATURE_TYPE_LOW_FRACTION_PRESENT", "FEATURE_TYPE_LOW_NUMBER_PRESENT", "FEATURE_TYPE_NOT_PRESENT"):
        return AffectedRows(num_examples - present)
    if code in ("UNEXPECTED_DATA_TYPE", "SCHEMA_NEW_COLUMN"):
        return AffectedRows(present, examples=_examples(stats, of_kind, kind, feature))
    if kind == "string_stats":
        if code == "ENUM_TYPE_INVALID_UTF8":
            return AffectedRows(int(of_kind.invalid_utf8_count))
        if code == "ENUM_TYPE_UNEXPECTED_STRING_VALUES" and feature is not None:
            return _outside(of_kind, set(vocabulary(feature, schema)))
        if code == "BOOL_TYPE_UNEXPECTED_STRING" and feature is not None:
            return _outside(of_kind, {feature.bool_domain.true_value, feature.bool_domain.false_value})
    if kind == "num_stats":
        return _out_of_range(code, stats, of_kind, feature)
    return AffectedRows()


def _examples(of_feature: Any, stats: Any, kind: str | None, feature: Any) -> tuple[str, ...]:
    if kind == "string_stats":
        return tuple(repr(value.value) for value in stats.top_values[:SHOWN])
    ends = (stats.min, stats.max)[: 1 + (stats.max != stats.min)] if kind == "num_stats" else ()
    return tuple(_number(end, of_feature, feature) for end in ends)


def _number(value: float, stats: Any, feature: Any) -> str:
    whole = type_name(stats) == "INT" and isfinite(value)
    return shown(round(value) if whole else value, None if feature is None else type_of(feature))


def _outside(stats: Any, known: set[str]) -> AffectedRows:
    buckets = stats.rank_histogram.buckets
    new = sorted(((b.sample_count, b.label) for b in buckets if b.label not in known), key=lambda n: (-n[0], n[1]))
    cut = stats.unique > len(buckets)
    several = stats.common_stats.max_num_values > 1
    return AffectedRows(round(sum(n for n, _ in new)), cut or several, tuple(repr(label) for _, label in new[:SHOWN]))


def _out_of_range(code: str, of_feature: Any, stats: Any, feature: Any) -> AffectedRows:
    nans = max((int(h.num_nan) for h in stats.histograms), default=0)
    if code == "FLOAT_TYPE_HAS_NAN":
        return AffectedRows(nans, examples=("nan",))
    low = high = None
    if code.endswith(("_BIG_INT", "_BIG_FLOAT")):
        high = 1 if code.startswith("BOOL") else _bound(feature, "max")
    elif code.endswith(("_SMALL_INT", "_SMALL_FLOAT")):
        low = 0 if code.startswith("BOOL") else _bound(feature, "min")
    if low is None and high is None:
        return AffectedRows()
    histogram = next((h for h in stats.histograms if h.type == h.QUANTILES), None)
    rows = 0.0
    for bucket in histogram.buckets if histogram else ():
        rows += bucket.sample_count * _share_outside(bucket.low_value, bucket.high_value, low, high)
    extreme = stats.min if low is not None else stats.max
    # At least the extreme is outside, or there would be no anomaly.
    return AffectedRows(max(1, round(rows)), True, (_number(extreme, of_feature, feature),))


def _bound(feature: Any, side: str) -> float | None:
    if feature is None:
        return None
    kind = feature.WhichOneof("domain_info")
    return float(getattr(getattr(feature, kind), side)) if kind in ("int_domain", "float_domain") else None


def _share_outside(start: float, end: float, low: float | None, high: float | None) -> float:
    # Share of a bucket, whose values are assumed to lie evenly, below `low` or above `high`.
    if start == end:
        return float((low is not None and start < low) or (high is not None and start > high))
    below = min(max((low - start) / (end - start), 0.0), 1.0) if low is not None else 0.0
    above = min(max((end - high) / (end - start), 0.0), 1.0) if high is not None else 0.0
    return below + above
