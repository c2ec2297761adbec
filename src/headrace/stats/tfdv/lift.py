"""Lift of each value of a category for each value of the label, in TFDV's proto: P(y | x) / P(y)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import path_pb2, statistics_pb2

from headrace.examples.lists import element_type
from headrace.stats.reading.keyed_rows import KeyedRows
from headrace.stats.sketches.pair_counts import count_labels, count_pairs, is_category, merge_pairs
from headrace.stats.spec.stats_spec import StatsSpec
from headrace.stats.tfdv.sampled import RowsGenerator
from headrace.stats.tfdv.text import text_of

MOST_VALUES = 1_000
"""Distinct values of a feature for which lift is computed: a longer list is of no use to a reader."""

_LABELS = ""

Counts = dict[bytes | int, int]


@dataclass
class PairCounts:
    """Rows, and by feature the tables of `count_pairs`, not yet added up; those of the label alone are under ""."""

    rows: int = 0
    tables: dict[str, list[pa.Table]] = field(default_factory=dict)

    def add(self, name: str, tables: list[pa.Table]) -> None:
        """Appends the tables of a feature."""
        self.tables.setdefault(name, []).extend(tables)


class Lift(RowsGenerator):
    """Counts in columns; TFDV's own lift is a Beam transform that counts pair by pair in Python."""

    def __init__(self, spec: StatsSpec) -> None:
        super().__init__("HeadraceLift", None)
        self._label = spec.label
        self._excluded = {*spec.identifiers, *spec.weights, spec.label}
        self._categorical = {name for name, override in spec.overrides.items() if override.categorical}

    def create_accumulator(self) -> PairCounts:
        return PairCounts()

    def add_rows(self, accumulator: PairCounts, rows: KeyedRows) -> PairCounts:
        batch = rows.batch
        accumulator.rows += batch.num_rows
        kinds = dict(zip(batch.schema.names, batch.schema.types, strict=True))
        if self._label not in kinds or not is_category(kinds[self._label]):
            return accumulator
        accumulator.add(_LABELS, [count_labels(batch, self._label)])
        for name, kind in kinds.items():
            text = is_category(kind) and not pa.types.is_integer(element_type(kind))
            if name not in self._excluded and (text or (name in self._categorical and is_category(kind))):
                accumulator.add(name, [count_pairs(batch, name, self._label)])
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[PairCounts]) -> PairCounts:
        merged = PairCounts()
        for accumulator in accumulators:
            merged.rows += accumulator.rows
            for name, tables in accumulator.tables.items():
                merged.add(name, tables)
        return merged

    def compact(self, accumulator: PairCounts) -> PairCounts:
        return PairCounts(accumulator.rows, {n: [merge_pairs(tables)] for n, tables in accumulator.tables.items()})

    def extract_output(self, accumulator: PairCounts) -> statistics_pb2.DatasetFeatureStatistics:
        result = statistics_pb2.DatasetFeatureStatistics()
        rows, counts = accumulator.rows, {n: t[0] for n, t in self.compact(accumulator).tables.items()}
        if _LABELS not in counts:
            return result
        labels = _counts_by(counts[_LABELS], "y")
        for name in sorted(counts.keys() - {_LABELS}):
            table = counts[name]
            alone = table.filter(pc.is_null(table["y"]))
            if 0 < alone.num_rows <= MOST_VALUES and len(labels) <= MOST_VALUES:
                pairs = _counts_by(table.filter(pc.is_valid(table["y"])), "x", "y")
                self._add_lift(result, name, labels, _counts_by(alone, "x"), pairs, rows)
        return result

    def _add_lift(
        self, result: Any, name: str, labels: Counts, values: Counts, pairs: dict[Any, int], rows: int
    ) -> None:
        cross = result.cross_features.add(path_x=path_pb2.Path(step=[name]), path_y=path_pb2.Path(step=[self._label]))
        feature = result.features.add(path=path_pb2.Path(step=[name]))
        for y, y_count in sorted(labels.items()):
            series = cross.categorical_cross_stats.lift.lift_series.add(y_count=y_count, **_value("y", y))
            lifts = {x: (pairs.get((x, y), 0) / x_count) / (y_count / rows) for x, x_count in values.items()}
            histogram = feature.custom_stats.add(name=f"Lift (Y={text_of(y)})").rank_histogram
            for x, lift in sorted(lifts.items(), key=lambda item: (-item[1], item[0])):
                series.lift_values.add(
                    lift=lift, x_count=values[x], x_and_y_count=pairs.get((x, y), 0), **_value("x", x)
                )
                histogram.buckets.add(label=text_of(x), sample_count=lift)


def _value(name: str, value: bytes | int) -> dict[str, Any]:
    return {f"{name}_int": value} if isinstance(value, int) else {f"{name}_string": text_of(value)}


def _counts_by(table: pa.Table, *keys: str) -> dict[Any, int]:
    # Value, or tuple of values -> count.
    columns = [table[key].to_pylist() for key in keys]
    values = columns[0] if len(columns) == 1 else zip(*columns, strict=True)
    counts: Any = table["count"].to_pylist()  # no nulls
    return dict(zip(values, counts, strict=True))
