"""Statistics by TFDV (imports it): TFDV's generators and proto, fed whole Arrow batches; no Beam runs here.

A partial is what is known of some rows. `partial_of` makes one from batches, `merge` makes one of several, `extract`
turns one into TFDV's proto. Two things differ from TFDV's defaults, because L-infinity and distribution functions are
measured on them later: values are counted exactly up to `rank_values`, and quantiles come in `quantile_buckets`.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import tensorflow_data_validation as tfdv
from google.protobuf import message
from tensorflow_data_validation.arrow import arrow_util
from tensorflow_data_validation.statistics.generators import basic_stats_generator, stats_generator
from tensorflow_data_validation.utils import quantiles_util
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx_bsl.coders import example_coder
from tfx_bsl.statistics import merge_util

from headrace.errors import DataError
from headrace.stats.histograms import equal_widths, quantile_bins
from headrace.stats.parts import Part, sample, without
from headrace.stats.records import read_records
from headrace.stats.slices import WHOLE, refuse_many, slices
from headrace.stats.spec import IDENTIFIER_RANK_VALUES, StatsSpec
from headrace.stats.values import count_values, merge_counts, top_counts

Partial = dict[tuple[str, str], list[Any]]
"""Of each data set, by feature and name: the accumulator of each generator. Pickles.

The data set of all rows is of no feature: `("", WHOLE)`; a slice is of the feature that cuts it, as in
`("city", "city_Oslo")`.
"""

_ALL_ROWS = ("", WHOLE)

_STANDARD_QUANTILES = 10
_PER_STANDARD_QUANTILE = 100
# From 1,000 quantiles TFDV draws the median and the buckets of equal width by default; so these are the same here.

_STANDARD = statistics_pb2.Histogram.STANDARD
_QUANTILES = statistics_pb2.Histogram.QUANTILES


def options(spec: StatsSpec) -> tfdv.StatsOptions:
    """The same statistics as `tfdv.StatsOptions`, for stock components and TFDV's own functions.

    `exclude` and `slices` are not in it: TFDV has a list of features to keep, and slices by live functions.
    """
    return tfdv.StatsOptions(
        num_top_values=spec.top_values,
        num_rank_histogram_buckets=spec.rank_values,
        num_histogram_buckets=spec.histogram_buckets,
        num_quantiles_histogram_buckets=spec.quantile_buckets,
        epsilon=spec.quantile_error,
        sample_rate=spec.sample_rate if spec.sample_rate < 1 else None,
    )


def statistics(batches: Iterable[pa.RecordBatch], spec: StatsSpec) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Statistics of batches of features (every column a list), in this process.

    Sampling needs to know which rows these are, so it is left to `headrace.stats.run` and `parts`.
    """
    return extract(partial_of((without(batch, spec.exclude) for batch in batches), spec), spec)


def partial_of(batches: Iterable[pa.RecordBatch], spec: StatsSpec) -> Partial:
    """What is known of the rows of some batches.

    Raises:
        DataError: a feature to slice by can't be, or has too many values in these rows.
    """
    generators = _generators(spec)
    partial: Partial = {_ALL_ROWS: [generator.create_accumulator() for generator in generators]}
    for batch in batches:
        for key, part in _data_sets(batch, spec):
            accumulators = partial.get(key) or [generator.create_accumulator() for generator in generators]
            partial[key] = [g.add_input(a, part) for g, a in zip(generators, accumulators, strict=True)]
        _refuse_many(partial)
    return {key: _compact(generators, accumulators) for key, accumulators in partial.items()}


def merge(partials: Sequence[Partial], spec: StatsSpec) -> Partial:
    """What is known of the rows of several partials, merged in the given order. Uses up its arguments.

    Raises:
        DataError: a feature to slice by has too many values in all of them together.
    """
    generators = _generators(spec)
    keys = dict.fromkeys(key for partial in partials for key in partial)
    _refuse_many(keys)
    merged: Partial = {}
    for key in keys:
        columns = zip(*(partial[key] for partial in partials if key in partial), strict=True)
        merged[key] = [g.merge_accumulators(column) for g, column in zip(generators, columns, strict=True)]
    return {key: _compact(generators, accumulators) for key, accumulators in merged.items()}


def extract(partial: Partial, spec: StatsSpec) -> statistics_pb2.DatasetFeatureStatisticsList:
    """TFDV's proto: the whole first, then the slices by name, features by name. Uses up its argument."""
    generators = _generators(spec)
    result = statistics_pb2.DatasetFeatureStatisticsList()
    for key in sorted(partial, key=lambda key: (key != _ALL_ROWS, key[1], key[0])):
        outputs = [g.extract_output(a) for g, a in zip(generators, partial[key], strict=True)]
        (dataset,) = merge_util.merge_dataset_feature_statistics(outputs).datasets
        features = sorted(dataset.features, key=lambda feature: list(feature.path.step))
        del dataset.features[:]
        dataset.features.extend(features)
        if spec.slices:
            dataset.name = key[1]
        result.datasets.append(dataset)
    return result


def read_examples(part: Part, spec: StatsSpec, seen: set[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The batches of a part that is TFRecords of tf.Example, as `read_part` gives those of Parquet.

    The features that the records have, those left out as well, are added to `seen` as they are read.

    Raises:
        DataError: the file holds something else.
    """
    decoder = example_coder.ExamplesToRecordBatchDecoder()
    for number, records in enumerate(read_records(part.path)):
        try:
            batch = decoder.DecodeBatch(records)
        except (RuntimeError, ValueError) as error:
            raise DataError(
                f"{part.path}: expected TFRecords of tf.Example, gzipped or not, or Parquet: {error}"
            ) from error
        if seen is not None:
            seen.update(batch.schema.names)
        yield sample(without(batch, spec.exclude), spec.sample_rate, f"{os.path.basename(part.path)}/{number}")


def read(path: str) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Statistics as `headrace.stats.run` and stock StatisticsGen write them.

    Raises:
        DataError: the file is not there or is no statistics.
    """
    try:
        with open(path, "rb") as file:
            return statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read())
    except (OSError, message.DecodeError) as error:
        raise DataError(f"{path}: expected TFDV statistics: {error}") from error


def _data_sets(batch: pa.RecordBatch, spec: StatsSpec) -> Iterable[tuple[tuple[str, str], pa.RecordBatch]]:
    yield _ALL_ROWS, batch
    for feature in spec.slices:
        for name, part in slices(batch, feature):
            yield (feature, name), part


def _refuse_many(keys: Iterable[tuple[str, str]]) -> None:
    # Each batch keeps within the limit; many batches with other values each would not.
    for feature, values in Counter(feature for feature, _ in keys if feature).items():
        refuse_many(feature, values)


def _compact(generators: list[Any], accumulators: list[Any]) -> list[Any]:
    return [generator.compact(a) for generator, a in zip(generators, accumulators, strict=True)]


def _generators(spec: StatsSpec) -> list[Any]:
    return [_Basic(spec), _Values(spec)]


class _Basic(basic_stats_generator.BasicStatsGenerator):
    """TFDV's basic statistics, with histograms drawn in whole arrays and as many quantiles as asked for."""

    def __init__(self, spec: StatsSpec) -> None:
        super().__init__(
            num_histogram_buckets=spec.histogram_buckets,
            num_quantiles_histogram_buckets=_STANDARD_QUANTILES,
            epsilon=spec.quantile_error,
        )
        self._spec = spec

    def extract_output(self, accumulator: Any) -> statistics_pb2.DatasetFeatureStatistics:
        sketches = {}
        for path, known in accumulator.items():
            if _has_finite_values(known.numeric_stats):
                # TFDV draws no histograms where there is no sketch. Infinities are left to its own rules.
                sketches[path] = known.numeric_stats.quantiles_summary
                known.numeric_stats.quantiles_summary = None
        result = super().extract_output(accumulator)
        for feature in result.features:
            path = tfdv.types.FeaturePath.from_proto(feature.path)
            if path in sketches and feature.HasField("num_stats"):
                self._draw(feature.num_stats, sketches[path], accumulator[path].numeric_stats.num_nan)
        return result

    def _draw(self, stats: statistics_pb2.NumericStatistics, sketch: Any, nans: int) -> None:
        fine = _points(sketch, _STANDARD_QUANTILES * _PER_STANDARD_QUANTILE)
        stats.median = quantiles_util.find_median(fine[0])
        standard = equal_widths(quantile_bins(*fine), stats.min, stats.max, self._spec.histogram_buckets)
        quantiles = quantile_bins(*_points(sketch, self._spec.quantile_buckets))
        for kind, bins in ((_STANDARD, standard), (_QUANTILES, quantiles)):
            histogram = stats.histograms.add(type=kind, num_nan=nans)
            for low, high, count in zip(*(bound.tolist() for bound in bins), strict=True):
                histogram.buckets.add(low_value=low, high_value=high, sample_count=count)


def _has_finite_values(known: Any) -> bool:
    return bool(-math.inf < known.min <= known.max < math.inf)


def _points(sketch: Any, buckets: int) -> tuple[Any, Any]:
    points, ranks = sketch.GetQuantilesAndCumulativeWeights(buckets)
    return points.flatten().to_numpy(zero_copy_only=False), ranks.flatten().to_numpy(zero_copy_only=False)


class _Values(stats_generator.CombinerStatsGenerator):
    """Top values, rank histogram and number of uniques of text, all exact: as TFDV's own Beam transform counts them."""

    def __init__(self, spec: StatsSpec) -> None:
        super().__init__("HeadraceValues", None)
        self._spec = spec

    def create_accumulator(self) -> dict[Any, list[pa.Table]]:
        return {}

    def add_input(self, accumulator: dict[Any, list[pa.Table]], examples: pa.RecordBatch) -> dict[Any, list[pa.Table]]:
        for path, array, _ in arrow_util.enumerate_arrays(examples, None, enumerate_leaves_only=True):
            while pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
                array = array.flatten()
            if arrow_util.is_binary_like(array.type):
                accumulator.setdefault(path, []).append(count_values(array))
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
            feature = result.features.add(path=path.to_proto())
            self._fill(feature.string_stats, merge_counts(tables), path.steps()[0] in self._spec.identifiers)
        return result

    def _fill(self, stats: statistics_pb2.StringStatistics, counts: pa.Table, identifier: bool) -> None:
        stats.unique = counts.num_rows
        limit = IDENTIFIER_RANK_VALUES if identifier else self._spec.rank_values
        top = top_counts(counts, max(limit, self._spec.top_values))
        values = [_text(value) for value in top["value"].to_pylist()]
        for rank, (value, count) in enumerate(zip(values, top["count"].to_pylist(), strict=True)):
            if rank < self._spec.top_values:
                stats.top_values.add(value=value, frequency=count)
            if rank < limit:
                stats.rank_histogram.buckets.add(low_rank=rank, high_rank=rank, label=value, sample_count=count)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return tfdv.constants.NON_UTF8_PLACEHOLDER
