"""Covariance and correlation of numeric features, in TFDV's proto for crossed features."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations

import pyarrow as pa
from tensorflow_data_validation.statistics.generators import stats_generator
from tensorflow_metadata.proto.v0 import path_pb2, statistics_pb2

from headrace.stats.sketches.moments import Moments, merge_moments, moments_of
from headrace.stats.spec.stats_spec import StatsSpec


class CrossFeatures(stats_generator.CombinerStatsGenerator):
    """Moments of all rows: TFDV's own generator uses one batch of ten, drawn at random."""

    def __init__(self, spec: StatsSpec) -> None:
        super().__init__("HeadraceCrossFeatures", None)
        self._pairs = None if isinstance(spec.crosses, bool) else {tuple(sorted(pair)) for pair in spec.crosses}
        self._wanted = None if self._pairs is None else sorted({name for pair in self._pairs for name in pair})

    def create_accumulator(self) -> list[Moments]:
        return []

    def add_input(self, accumulator: list[Moments], examples: pa.RecordBatch) -> list[Moments]:
        return [*accumulator, moments_of(examples, self._wanted)]

    def merge_accumulators(self, accumulators: Iterable[list[Moments]]) -> list[Moments]:
        return [moments for accumulator in accumulators for moments in accumulator]

    def compact(self, accumulator: list[Moments]) -> list[Moments]:
        return [merge_moments(accumulator)] if accumulator else []

    def extract_output(self, accumulator: list[Moments]) -> statistics_pb2.DatasetFeatureStatistics:
        result = statistics_pb2.DatasetFeatureStatistics()
        for moments in self.compact(accumulator):
            covariance, correlation = moments.covariance, moments.correlation
            for (x, one), (y, other) in combinations(enumerate(moments.names), 2):
                if self._pairs is not None and (one, other) not in self._pairs:
                    continue
                cross = result.cross_features.add(
                    path_x=path_pb2.Path(step=[one]), path_y=path_pb2.Path(step=[other]), count=int(moments.count[x, y])
                )
                if cross.count:
                    cross.num_cross_stats.covariance = covariance[x, y]
                    if not math.isnan(correlation[x, y]):
                        cross.num_cross_stats.correlation = correlation[x, y]
        return result
