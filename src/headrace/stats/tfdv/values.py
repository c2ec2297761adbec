"""Top values, rank histogram and number of distinct values: exact, as in TFDV's Beam transform, or sketched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import tensorflow_data_validation as tfdv
from tensorflow_data_validation.arrow import arrow_util
from tensorflow_data_validation.statistics.generators import stats_generator
from tensorflow_data_validation.utils import schema_util
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx_bsl.arrow import array_util

from headrace.stats.sketches.frequent_values import FrequentValues, merge_sketches, sketch_counts
from headrace.stats.sketches.value_counts import count_values, merge_counts, top_counts
from headrace.stats.spec.stats_spec import RANK_HISTOGRAM_CUT, StatsSpec
from headrace.stats.tfdv.options import weights_of
from headrace.stats.tfdv.text import text_of

Tables = dict[Any, list[pa.Table]]
Sketches = dict[Any, list[FrequentValues]]
"""By path of a feature, what is not yet merged."""

Part = TypeVar("Part")


class _CountsValues(stats_generator.CombinerStatsGenerator):
    """Counts the values of the features that are `sketched`, or of those that are not."""

    sketched: bool

    def __init__(self, spec: StatsSpec, schema: schema_pb2.Schema | None, *, sliced: bool) -> None:
        super().__init__("HeadraceValues", None)
        self._spec = spec
        self._sliced = sliced
        self._weights = weights_of(spec)
        self._bytes = frozenset(schema_util.get_bytes_features(schema) if schema else ())
        self._categorical = frozenset(schema_util.get_categorical_numeric_feature_types(schema) if schema else ())

    def _count(self, examples: pa.RecordBatch) -> Iterator[tuple[tfdv.types.FeaturePath, pa.Table]]:
        for path, array, weights in arrow_util.enumerate_arrays(examples, self._weights, enumerate_leaves_only=True):
            if not self._is_countable(path, array):
                continue
            values, parents = array_util.flatten_nested(array, weights is not None)
            if weights is not None:
                weights = weights[parents]
            yield path, count_values(values, weights)

    def _add_feature(
        self, result: Any, path: tfdv.types.FeaturePath, distinct: int, counts: dict[str, pa.Table], values: int
    ) -> None:
        name = path.steps()[0]
        feature = result.features.add(path=path.to_proto())
        feature.string_stats.unique = distinct
        listed = self._list(feature.string_stats, counts["count"], name, "count", self._spec.frequency_threshold)
        if "weight" in counts and counts["weight"].num_rows:
            weighted, least = feature.string_stats.weighted_string_stats, self._spec.weighted_frequency_threshold
            self._list(weighted, counts["weight"], name, "weight", least)
        if cut := values - int(listed):
            feature.custom_stats.add(name=RANK_HISTOGRAM_CUT, num=cut)

    def _is_countable(self, path: tfdv.types.FeaturePath, array: pa.Array) -> bool:
        if path in self._bytes or self._spec.override_of(path.steps()[0]).sketched != self.sketched:
            return False
        kind = array_util.get_innermost_nested_type(array.type)
        return arrow_util.is_binary_like(kind) or (pa.types.is_integer(kind) and path in self._categorical)

    def _list(self, stats: Any, counts: pa.Table, name: str, by: str, least: float) -> float:
        # Fills top values and rank histogram; returns the occurrences, or the weight, that the histogram lists.
        top_values = self._spec.override_of(name).top_values or self._spec.top_values
        rank_values = self._spec.rank_values_of(name, sliced=self._sliced)
        top = top_counts(counts, max(rank_values, top_values), by)
        numbers = top[by].to_numpy()
        kept = len(numbers) if least <= 1 and by == "count" else int(np.searchsorted(-numbers, -least, side="right"))
        texts: Any = top["value"][:kept].to_pylist()  # no nulls
        values, frequencies = map(text_of, texts), numbers[:kept].tolist()
        for rank, (value, frequency) in enumerate(zip(values, frequencies, strict=True)):
            if rank < top_values:
                stats.top_values.add(value=value, frequency=frequency)
            if rank < rank_values:
                stats.rank_histogram.buckets.add(low_rank=rank, high_rank=rank, label=value, sample_count=frequency)
        return float(numbers[: min(kept, rank_values)].sum())


class Values(_CountsValues):
    """Exact counts by feature, in tables."""

    sketched = False

    def create_accumulator(self) -> Tables:
        return {}

    def add_input(self, accumulator: Tables, examples: pa.RecordBatch) -> Tables:
        for path, counts in self._count(examples):
            accumulator.setdefault(path, []).append(counts)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Tables]) -> Tables:
        return _joined(accumulators)

    def compact(self, accumulator: Tables) -> Tables:
        return {path: [merge_counts(tables)] for path, tables in accumulator.items()}

    def extract_output(self, accumulator: Tables) -> statistics_pb2.DatasetFeatureStatistics:
        result = statistics_pb2.DatasetFeatureStatistics()
        for path, tables in accumulator.items():
            counts = merge_counts(tables)
            values = int(np.sum(counts["count"].to_numpy()))
            self._add_feature(result, path, counts.num_rows, dict.fromkeys(counts.column_names[1:], counts), values)
        return result


class SketchedValues(_CountsValues):
    """The same in sketches, for the features that are declared `sketched`."""

    sketched = True

    def create_accumulator(self) -> Sketches:
        return {}

    def add_input(self, accumulator: Sketches, examples: pa.RecordBatch) -> Sketches:
        for path, counts in self._count(examples):
            accumulator.setdefault(path, []).append(sketch_counts(counts))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Sketches]) -> Sketches:
        return _joined(accumulators)

    def compact(self, accumulator: Sketches) -> Sketches:
        return {path: [merge_sketches(sketches)] for path, sketches in accumulator.items()}

    def extract_output(self, accumulator: Sketches) -> statistics_pb2.DatasetFeatureStatistics:
        result = statistics_pb2.DatasetFeatureStatistics()
        for path, sketches in accumulator.items():
            sketch = merge_sketches(sketches)
            self._add_feature(result, path, sketch.distinct, sketch.counts, sketch.values)
        return result


def _joined(accumulators: Iterable[dict[Any, list[Part]]]) -> dict[Any, list[Part]]:
    joined: dict[Any, list[Part]] = {}
    for accumulator in accumulators:
        for path, parts in accumulator.items():
            joined.setdefault(path, []).extend(parts)
    return joined
