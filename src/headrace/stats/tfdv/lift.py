"""Lift of each value of a category for each value of the label, in TFDV's proto: P(y | x) / P(y)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_data_validation import constants
from tensorflow_metadata.proto.v0 import path_pb2, statistics_pb2

from headrace.stats.lift import count_labels, count_pairs, is_category, merge_pairs
from headrace.stats.rows import Rows
from headrace.stats.spec import StatsSpec
from headrace.stats.tfdv.sampled import RowsGenerator

MOST_VALUES = 1_000
"""Different values of a feature for which lift is told: more make a list that nobody reads."""

_LABELS = ""


class Lift(RowsGenerator):
    """TFDV's own lift is a Beam transform that counts pair by pair in Python; this counts in columns."""

    def __init__(self, spec: StatsSpec) -> None:
        super().__init__("HeadraceLift", None)
        self._label = spec.label
        self._left_out = {*spec.identifiers, *spec.weights, spec.label}
        self._categorical = {name for name, override in spec.overrides.items() if override.categorical}

    def create_accumulator(self) -> dict[str, Any]:
        return {"rows": 0, "counts": {}}

    def add_rows(self, accumulator: dict[str, Any], rows: Rows) -> dict[str, Any]:
        batch = rows.batch
        accumulator["rows"] += batch.num_rows
        kinds = dict(zip(batch.schema.names, batch.schema.types, strict=True))
        if self._label not in kinds or not is_category(kinds[self._label]):
            return accumulator
        counts = {_LABELS: count_labels(batch, self._label)}
        for name, kind in kinds.items():
            text = is_category(kind) and not pa.types.is_integer(getattr(kind, "value_type", kind))
            if name not in self._left_out and (text or (name in self._categorical and is_category(kind))):
                counts[name] = count_pairs(batch, name, self._label)
        for name, table in counts.items():
            accumulator["counts"].setdefault(name, []).append(table)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[dict[str, Any]]) -> dict[str, Any]:
        merged = self.create_accumulator()
        for accumulator in accumulators:
            merged["rows"] += accumulator["rows"]
            for name, tables in accumulator["counts"].items():
                merged["counts"].setdefault(name, []).extend(tables)
        return merged

    def compact(self, accumulator: dict[str, Any]) -> dict[str, Any]:
        counts = {name: [merge_pairs(tables)] for name, tables in accumulator["counts"].items()}
        return {"rows": accumulator["rows"], "counts": counts}

    def extract_output(self, accumulator: dict[str, Any]) -> statistics_pb2.DatasetFeatureStatistics:
        result = statistics_pb2.DatasetFeatureStatistics()
        rows, counts = accumulator["rows"], {n: t[0] for n, t in self.compact(accumulator)["counts"].items()}
        if _LABELS not in counts:
            return result
        labels = dict(zip(counts[_LABELS]["y"].to_pylist(), counts[_LABELS]["count"].to_pylist(), strict=True))
        for name in sorted(counts.keys() - {_LABELS}):
            table = counts[name]
            alone = table.filter(pc.is_null(table["y"]))
            if 0 < alone.num_rows <= MOST_VALUES and len(labels) <= MOST_VALUES:
                of = dict(zip(alone["x"].to_pylist(), alone["count"].to_pylist(), strict=True))
                pairs = table.filter(pc.is_valid(table["y"]))
                keys = zip(pairs["x"].to_pylist(), pairs["y"].to_pylist(), strict=True)
                together = dict(zip(keys, pairs["count"].to_pylist(), strict=True))
                self._fill(result, name, labels, of, together, rows)
        return result

    def _fill(self, result: Any, name: str, labels: Any, of: Any, together: Any, rows: int) -> None:
        cross = result.cross_features.add(path_x=path_pb2.Path(step=[name]), path_y=path_pb2.Path(step=[self._label]))
        feature = result.features.add(path=path_pb2.Path(step=[name]))
        for y, y_count in sorted(labels.items()):
            series = cross.categorical_cross_stats.lift.lift_series.add(y_count=y_count, **_value("y", y))
            lifts = {x: (together.get((x, y), 0) / x_count) / (y_count / rows) for x, x_count in of.items()}
            histogram = feature.custom_stats.add(name=f"Lift (Y={_text(y)})").rank_histogram
            for x, lift in sorted(lifts.items(), key=lambda item: (-item[1], item[0])):
                series.lift_values.add(
                    lift=lift, x_count=of[x], x_and_y_count=together.get((x, y), 0), **_value("x", x)
                )
                histogram.buckets.add(label=_text(x), sample_count=lift)


def _value(name: str, value: bytes | int) -> dict[str, Any]:
    return {f"{name}_int": value} if isinstance(value, int) else {f"{name}_string": _text(value)}


def _text(value: bytes | int) -> str:
    if isinstance(value, int):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return str(constants.NON_UTF8_PLACEHOLDER)
