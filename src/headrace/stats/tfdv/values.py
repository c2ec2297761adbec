"""Top values, rank histogram and number of uniques: exact, as TFDV's own Beam transform counts them; or sketched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow_data_validation as tfdv
from tensorflow_data_validation.arrow import arrow_util
from tensorflow_data_validation.statistics.generators import stats_generator, top_k_uniques_sketch_stats_generator
from tensorflow_data_validation.utils import schema_util
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx_bsl.arrow import array_util

from headrace.stats.described import CUT
from headrace.stats.rows import select
from headrace.stats.spec import StatsSpec
from headrace.stats.tfdv.options import weights_of
from headrace.stats.values import count_values, merge_counts, top_counts

_SKETCH_VALUES, _SKETCH_UNIQUES = 1_024, 16_384  # TFDV's own


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
            counts, name = merge_counts(tables), path.steps()[0]
            feature = result.features.add(path=path.to_proto())
            feature.string_stats.unique = counts.num_rows
            listed = self._list(feature.string_stats, counts, name, "count", self._spec.frequency_threshold)
            if "weight" in counts.column_names and counts.num_rows:
                weighted, least = feature.string_stats.weighted_string_stats, self._spec.weighted_frequency_threshold
                self._list(weighted, counts, name, "weight", least)
            if cut := int(np.sum(counts["count"].to_numpy())) - listed:
                feature.custom_stats.add(name=CUT, num=cut)
        return result

    def _counts(self, path: tfdv.types.FeaturePath, array: pa.Array) -> bool:
        if path in self._bytes or self._spec.of(path.steps()[0]).sketched:
            return False
        kind = array_util.get_innermost_nested_type(array.type)
        return arrow_util.is_binary_like(kind) or (pa.types.is_integer(kind) and path in self._categorical)

    def _list(self, stats: Any, counts: pa.Table, name: str, by: str, least: float) -> int:
        # Fills top values and rank histogram; the occurrences that the histogram lists.
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
        return int(top["count"][: min(kept, rank_values)].to_numpy().sum())


class Sketched(top_k_uniques_sketch_stats_generator.TopKUniquesSketchStatsGenerator):
    """TFDV's sketches, for the features that ask for them."""

    def __init__(self, spec: StatsSpec, schema: schema_pb2.Schema | None, *, sliced: bool) -> None:
        self._names = [name for name, override in spec.overrides.items() if override.sketched]
        ranks = max(spec.rank_values_of(name, sliced=sliced) for name in self._names)
        super().__init__(
            schema=schema,
            example_weight_map=weights_of(spec),
            num_top_values=spec.top_values,
            num_rank_histogram_buckets=min(ranks, _SKETCH_VALUES),
            frequency_threshold=spec.frequency_threshold,
            weighted_frequency_threshold=spec.weighted_frequency_threshold,
            num_misragries_buckets=_SKETCH_VALUES,
            num_kmv_buckets=_SKETCH_UNIQUES,
            length_counter_sampling_rate=0,
        )
        self._read = {*self._names, *spec.weights}

    def add_input(self, accumulator: Any, examples: pa.RecordBatch) -> Any:
        chosen = select(examples, self._read)
        # A batch without any of the features has no rows to count.
        return super().add_input(accumulator, chosen) if set(chosen.schema.names) & set(self._names) else accumulator


def _text(value: bytes | int) -> str:
    if isinstance(value, int):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return tfdv.constants.NON_UTF8_PLACEHOLDER
