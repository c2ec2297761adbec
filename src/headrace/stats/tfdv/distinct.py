"""The number of distinct values of whole numbers, which TFDV counts of text only: by it a key shows that it repeats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from tensorflow_data_validation.arrow import arrow_util
from tensorflow_data_validation.statistics.generators import stats_generator
from tensorflow_data_validation.utils import schema_util
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx_bsl.arrow import array_util

from headrace.stats.sketches.distinct_values import NONE, Hashes, merged_hashes, with_values
from headrace.stats.sketches.frequent_values import distinct_of
from headrace.stats.spec.stats_spec import DISTINCT

Sketches = dict[Any, list[Hashes]]
"""By path of a feature, what is not yet merged."""


class Distinct(stats_generator.CombinerStatsGenerator):
    """The custom statistic `DISTINCT` of each feature of whole numbers that is not a category."""

    def __init__(self, schema: schema_pb2.Schema | None) -> None:
        super().__init__("HeadraceDistinct", None)
        self._categorical = frozenset(schema_util.get_categorical_numeric_feature_types(schema) if schema else ())

    def create_accumulator(self) -> Sketches:
        return {}

    def add_input(self, accumulator: Sketches, examples: pa.RecordBatch) -> Sketches:
        for path, array, _ in arrow_util.enumerate_arrays(examples, None, enumerate_leaves_only=True):
            kind = array_util.get_innermost_nested_type(array.type)
            if pa.types.is_integer(kind) and path not in self._categorical:
                values, _ = array_util.flatten_nested(array, False)
                (known,) = accumulator.get(path, [NONE])
                accumulator[path] = [with_values(known, values.drop_null())]
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Sketches]) -> Sketches:
        merged: Sketches = {}
        for accumulator in accumulators:
            for path, parts in accumulator.items():
                merged.setdefault(path, []).extend(parts)
        return merged

    def compact(self, accumulator: Sketches) -> Sketches:
        return {path: [merged_hashes(parts)] for path, parts in accumulator.items()}

    def extract_output(self, accumulator: Sketches) -> statistics_pb2.DatasetFeatureStatistics:
        result = statistics_pb2.DatasetFeatureStatistics()
        for path, parts in accumulator.items():
            feature = result.features.add(path=path.to_proto())
            feature.custom_stats.add(name=DISTINCT, num=distinct_of(merged_hashes(parts)))
        return result
