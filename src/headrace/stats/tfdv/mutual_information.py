"""Mutual information of each feature with the label, by TFDV's estimators, on the rows with the lowest keys.

The sample is the same in every run, whatever batches and workers there are.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics.generators import mutual_information, partitioned_stats_generator
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx_bsl.arrow import table_util

from headrace.errors import DataError
from headrace.examples.lists import element_type, list_values, most_values, with_values
from headrace.stats.reading.keyed_rows import KeyedRows, mix
from headrace.stats.spec.nested import MutualInformation
from headrace.stats.spec.stats_spec import StatsSpec
from headrace.stats.tfdv.sampled import RowsGenerator

_SEED = 12_345
_PURPOSE = np.uint64(0x41)
_LABEL_CATEGORIES = 100
_ONE_AT_A_TIME = threading.Lock()
# TFDV seeds NumPy's global generator and then draws from it: no other thread may do so at the same time.


class MutualInformationGenerator(RowsGenerator):
    """The accumulator is the sample so far: the rows with the lowest keys."""

    def __init__(self, spec: StatsSpec) -> None:
        super().__init__("HeadraceMutualInformation", None)
        self._label = spec.label
        self._declared = spec.mutual_information or MutualInformation()
        overridden = {name for name, override in spec.overrides.items() if override.categorical}
        self._categorical = {*self._declared.categorical, *overridden}
        self._dropped = {name for name in spec.identifiers if name != spec.label}

    def create_accumulator(self) -> list[KeyedRows]:
        return []

    def add_rows(self, accumulator: list[KeyedRows], rows: KeyedRows) -> list[KeyedRows]:
        # Mixed anew, so that the sample is independent of the one of `sample_rate`.
        return [*accumulator, _lowest(KeyedRows(rows.batch, mix(rows.keys ^ _PURPOSE)), self._declared.rows)]

    def merge_accumulators(self, accumulators: Iterable[list[KeyedRows]]) -> list[KeyedRows]:
        return [rows for accumulator in accumulators for rows in accumulator]

    def compact(self, accumulator: list[KeyedRows]) -> list[KeyedRows]:
        if len(accumulator) < 2:
            return accumulator
        batch = table_util.MergeRecordBatches([rows.batch for rows in accumulator])
        return [_lowest(KeyedRows(batch, np.concatenate([rows.keys for rows in accumulator])), self._declared.rows)]

    def extract_output(self, accumulator: list[KeyedRows]) -> statistics_pb2.DatasetFeatureStatistics:
        for rows in self.compact(accumulator):
            sample = rows.take(np.argsort(rows.keys))
            if self._label not in sample.batch.schema.names:
                continue
            if self._declared.estimator == "sklearn":
                sample = KeyedRows(_with_codes(sample.batch, self._label), sample.keys)
            return self._estimate(sample)
        return statistics_pb2.DatasetFeatureStatistics()

    def _estimate(self, sample: KeyedRows) -> statistics_pb2.DatasetFeatureStatistics:
        schema = self._schema_of(sample.batch)
        batch = pa.RecordBatch.from_arrays(
            [sample.batch.column(sample.batch.schema.get_field_index(feature.name)) for feature in schema.feature],
            [feature.name for feature in schema.feature],
        )
        kept = KeyedRows(batch, sample.keys)
        parts = self._declared.partitions
        analyzer = partitioned_stats_generator.PartitionedStatisticsAnalyzer(min_partitions_stat_presence=1)
        known = analyzer.create_accumulator()
        from threadpoolctl import threadpool_limits  # comes with scikit-learn, which the estimators need

        # Threads of OpenMP would wait for each other at each of thousands of small steps.
        with _ONE_AT_A_TIME, threadpool_limits(1, "openmp"):
            before = np.random.get_state()
            try:
                for part in range(parts):
                    chosen = kept.take(np.arange(part, len(kept.keys), parts))
                    if len(chosen.keys):
                        known = analyzer.add_input(known, self._estimator(schema).compute(chosen.batch))
            except ValueError as error:
                raise DataError(
                    f"mutual information with the label {self._label!r} can't be estimated: {error}"
                ) from error
            finally:
                np.random.set_state(before)
        return analyzer.extract_output(known)

    def _estimator(self, schema: schema_pb2.Schema) -> Any:
        label = tfdv.types.FeaturePath([self._label])
        if self._declared.estimator == "sklearn":
            from tensorflow_data_validation.statistics.generators import sklearn_mutual_information

            return sklearn_mutual_information.SkLearnMutualInformation(label, schema, _SEED)
        return mutual_information.MutualInformation(label, schema, seed=_SEED, allow_invalid_partitions=True)

    def _schema_of(self, batch: pa.RecordBatch) -> schema_pb2.Schema:
        # TFDV's estimators look up in a schema which features are categories and which have several values a row.
        schema = schema_pb2.Schema()
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            flat = list_values(column)
            if name in self._dropped or not (_is_number(flat.type) or _is_text(flat.type)):
                continue
            feature = schema.feature.add(name=name, type=schema_pb2.BYTES)
            feature.value_count.max = max(most_values(column), 1)
            if pa.types.is_integer(flat.type):
                feature.type = schema_pb2.INT
                few = name == self._label and len(flat.unique()) <= _LABEL_CATEGORIES
                feature.int_domain.is_categorical = few or name in self._categorical
            elif pa.types.is_floating(flat.type):
                feature.type = schema_pb2.FLOAT
        return schema


def _lowest(rows: KeyedRows, limit: int) -> KeyedRows:
    if len(rows.keys) <= limit:
        return rows
    return rows.take(np.sort(np.argpartition(rows.keys, limit)[:limit]))


def _with_codes(batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    # scikit-learn takes bytes for lists of labels, so text is replaced by codes.
    place = batch.schema.get_field_index(name)
    column = batch.column(place)
    if not _is_text(element_type(column.type)):
        return batch
    encoded: Any = list_values(column).dictionary_encode()
    columns = list(batch.columns)
    columns[place] = with_values(column, encoded.indices.cast(pa.int64()))
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)


def _is_number(flat: pa.DataType) -> bool:
    return bool(pa.types.is_integer(flat) or pa.types.is_floating(flat))


def _is_text(flat: pa.DataType) -> bool:
    return bool(pa.types.is_binary(flat) or pa.types.is_large_binary(flat))
