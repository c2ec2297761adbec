"""A generator of TFDV that gets a share of the rows: the same rows in every run, where TFDV draws batches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorflow_data_validation.statistics.generators import stats_generator
from tensorflow_metadata.proto.v0 import statistics_pb2

from headrace.stats.reading.keyed_rows import KeyedRows

_PURPOSE = 0x5E


class RowsGenerator(stats_generator.CombinerStatsGenerator):
    """A generator that gets rows with their keys, so that it can choose among them."""

    def add_rows(self, accumulator: Any, rows: KeyedRows) -> Any:
        """The accumulator with these rows added."""
        raise NotImplementedError


class Sampled(RowsGenerator):
    """Another generator on a sample."""

    def __init__(self, generator: stats_generator.CombinerStatsGenerator, rate: float) -> None:
        super().__init__(generator.name, None)
        self._generator = generator
        self._rate = rate
        generator.setup()

    def create_accumulator(self) -> Any:
        return self._generator.create_accumulator()

    def add_rows(self, accumulator: Any, rows: KeyedRows) -> Any:
        chosen = rows.sample(self._rate, purpose=_PURPOSE)
        return self._generator.add_input(accumulator, chosen.batch) if len(chosen.keys) else accumulator

    def merge_accumulators(self, accumulators: Iterable[Any]) -> Any:
        return self._generator.merge_accumulators(accumulators)

    def compact(self, accumulator: Any) -> Any:
        return self._generator.compact(accumulator)

    def extract_output(self, accumulator: Any) -> statistics_pb2.DatasetFeatureStatistics:
        return self._generator.extract_output(accumulator)
