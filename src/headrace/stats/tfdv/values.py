"""Top values, rank histogram and number of uniques: exact, as TFDV's own Beam transform counts them; or sketched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow_data_validation as tfdv
from tensorflow_data_validation.arrow import arrow_util
from tensorflow_data_validation.statistics.generators import stats_generator
from tensorflow_data_validation.utils import schema_util
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx_bsl.arrow import array_util

from headrace.stats.described import CUT
from headrace.stats.sketch import merge_sketches, sketch_of
from headrace.stats.spec import StatsSpec
from headrace.stats.tfdv.options import weights_of
from headrace.stats.values import count_values, merge_counts, top_counts


class Values(stats_generator.CombinerStatsGenerator):
    """Counts by feature, in tables."""

    def __init__(self, spec: StatsSpec, schema: schema_pb2.Schema | None, *, sliced: bool) -> None:
        super().__init__("HeadraceValues", None)
        self._spec = spec
        self._sliced = sliced
        self._weights = weights_of(spec)
        self._bytes = frozenset(schema_util.get_bytes_features(schema) if schema else ())
        self._categorical = frozenset(schema_util.get_categorical_numeric_feature_types(schema) if schema else ())

    def create_accumulator(self) -> dict[Any, list[pa.Table]]:
        return {}

    def add_input(self, accumulator: dict[Any, list[pa.Table]], examples: pa.RecordBatch) -> dict[Any, list[pa.Table]]:
        for path, array, weights in arrow_util.enumerate_arrays(examples, self._weights, enumerate_leaves_only=True):
            if not self._counts(path, array):
                continue
            values, parents = array_util.flatten_nested(array, weights is not None)
            if weights is not None:
                weights = weights[parents]
            accumulator.setdefault(path, []).append(count_values(values, weights))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[dict[Any, list[pa.Table]]]) -> dict[Any, list[pa.Table]]:
        merged: dict[Any, list[pa.Table]] = {}
        for accumulator in accumulators:
            for path, tables in accumulator.items():
                merged.setdefault(path, []).extend(tables)
        return merged

    def compact(self, accumulator: dict[Any, list[pa.Table]]) -> dict[Any, list[pa.Table]]:
        return {path: [merge_counts(tables)] for path, tables in accumulator.items()}

    def extract_output(self, accumulator: dict[Any, list[pa.Table]]) -> statistics_pb2.DatasetFeatureStatistics:
        result = statistics_pb2.DatasetFeatureStatistics()
        for path, tables in accumulator.items():
            counts = merge_counts(tables)
            values = int(np.sum(counts["count"].to_numpy()))
            self._tell(result, path, counts.num_rows, dict.fromkeys(counts.column_names[1:], counts), values)
        return result

    def _tell(self, result: Any, path: tfdv.types.FeaturePath, distinct: int, counts: Any, values: int) -> None:
        name = path.steps()[0]
        feature = result.features.add(path=path.to_proto())
        feature.string_stats.unique = distinct
        listed = self._list(feature.string_stats, counts["count"], name, "count", self._spec.frequency_threshold)
        if "weight" in counts and counts["weight"].num_rows:
            weighted, least = feature.string_stats.weighted_string_stats, self._spec.weighted_frequency_threshold
            self._list(weighted, counts["weight"], name, "weight", least)
        if cut := values - int(listed):
            feature.custom_stats.add(name=CUT, num=cut)

    def _counts(self, path: tfdv.types.FeaturePath, array: pa.Array) -> bool:
        if path in self._bytes or not self._is_mine(path.steps()[0]):
            return False
        kind = array_util.get_innermost_nested_type(array.type)
        return arrow_util.is_binary_like(kind) or (pa.types.is_integer(kind) and path in self._categorical)

    def _is_mine(self, name: str) -> bool:
        return not self._spec.of(name).sketched

    def _list(self, stats: Any, counts: pa.Table, name: str, by: str, least: float) -> float:
        # Fills top values and rank histogram; the occurrences, or the weight, that the histogram lists.
        top_values = self._spec.of(name).top_values or self._spec.top_values
        rank_values = self._spec.rank_values_of(name, sliced=self._sliced)
        top = top_counts(counts, max(rank_values, top_values), by)
        numbers = top[by].to_numpy()
        kept = len(numbers) if least <= 1 and by == "count" else int(np.searchsorted(-numbers, -least, side="right"))
        values, frequencies = map(_text, top["value"][:kept].to_pylist()), numbers[:kept].tolist()
        for rank, (value, frequency) in enumerate(zip(values, frequencies, strict=True)):
            if rank < top_values:
                stats.top_values.add(value=value, frequency=frequency)
            if rank < rank_values:
                stats.rank_histogram.buckets.add(low_rank=rank, high_rank=rank, label=value, sample_count=frequency)
        return float(numbers[: min(kept, rank_values)].sum())


class Sketched(Values):
    """The same in sketches, for the features that ask for them."""

    def add_input(self, accumulator: dict[Any, list[Any]], examples: pa.RecordBatch) -> dict[Any, list[Any]]:
        for path, (counts,) in super().add_input({}, examples).items():
            accumulator.setdefault(path, []).append(sketch_of(counts))
        return accumulator

    def compact(self, accumulator: dict[Any, list[Any]]) -> dict[Any, list[Any]]:
        return {path: [merge_sketches(sketches)] for path, sketches in accumulator.items()}

    def extract_output(self, accumulator: dict[Any, list[Any]]) -> statistics_pb2.DatasetFeatureStatistics:
        result = statistics_pb2.DatasetFeatureStatistics()
        for path, sketches in accumulator.items():
            sketch = merge_sketches(sketches)
            self._tell(result, path, sketch.distinct, sketch.counts, sketch.values)
        return result

    def _is_mine(self, name: str) -> bool:
        return self._spec.of(name).sketched


def _text(value: bytes | int) -> str:
    if isinstance(value, int):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return tfdv.constants.NON_UTF8_PLACEHOLDER
