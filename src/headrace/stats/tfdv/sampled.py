"""A generator of TFDV that sees a share of the rows: the same ones at every run, where TFDV draws by batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorflow_data_validation.statistics.generators import stats_generator
from tensorflow_metadata.proto.v0 import statistics_pb2

from headrace.stats.rows import Rows

_PURPOSE = 0x5E


class RowsGenerator(stats_generator.CombinerStatsGenerator):
    """A generator that is fed `Rows`, so that it can choose among them."""

    def add_rows(self, accumulator: Any, rows: Rows) -> Any:
        """What is known after these rows as well."""
        raise NotImplementedError


class Sampled(RowsGenerator):
    """Another generator on a sample."""

    def __init__(self, of: stats_generator.CombinerStatsGenerator, rate: float) -> None:
        super().__init__(of.name, None)
        self._of = of
        self._rate = rate
        of.setup()

    def create_accumulator(self) -> Any:
        return self._of.create_accumulator()

    def add_rows(self, accumulator: Any, rows: Rows) -> Any:
        chosen = rows.sample(self._rate, purpose=_PURPOSE)
        return self._of.add_input(accumulator, chosen.batch) if len(chosen.keys) else accumulator

    def merge_accumulators(self, accumulators: Iterable[Any]) -> Any:
        return self._of.merge_accumulators(accumulators)

    def compact(self, accumulator: Any) -> Any:
        return self._of.compact(accumulator)

    def extract_output(self, accumulator: Any) -> statistics_pb2.DatasetFeatureStatistics:
        return self._of.extract_output(accumulator)
