"""TFDV's basic statistics, with histograms computed in whole arrays and as many quantiles as asked for."""

from __future__ import annotations

import math
from typing import Any

import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics.generators import basic_stats_generator
from tensorflow_data_validation.utils import quantiles_util
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from headrace.stats.sketches.histograms import Floats, equal_widths, quantile_bins
from headrace.stats.sketches.weighted_quantiles import WeightedQuantiles
from headrace.stats.spec.nested import Override
from headrace.stats.spec.stats_spec import StatsSpec
from headrace.stats.tfdv.options import histograms_of, weights_of

_STANDARD_QUANTILES = 10
_PER_STANDARD_QUANTILE = 100
# TFDV computes the median and the buckets of equal width from 1,000 quantiles by default; so they are the same here.

_STANDARD = statistics_pb2.Histogram.STANDARD
_QUANTILES = statistics_pb2.Histogram.QUANTILES


class Basic(basic_stats_generator.BasicStatsGenerator):
    """TFDV's generator. In slices it keeps a few weighted points: TFDV's sketch takes 85 KB a feature and slice."""

    def __init__(self, spec: StatsSpec, schema: schema_pb2.Schema | None, *, sliced: bool) -> None:
        super().__init__(
            schema=schema,
            example_weight_map=weights_of(spec),
            num_values_histogram_buckets=spec.valency_buckets,
            num_histogram_buckets=spec.histogram_buckets,
            num_quantiles_histogram_buckets=_STANDARD_QUANTILES,
            epsilon=spec.quantile_error,
            feature_config=histograms_of(spec),
        )
        self._spec = spec
        if sliced:
            # Finer than asked: the buckets of equal width are computed from the same points.
            self._make_quantiles_sketch_fn = lambda: WeightedQuantiles(spec.quantile_error / 4)

    def extract_output(self, accumulator: Any) -> statistics_pb2.DatasetFeatureStatistics:
        sketches = {}
        for path, known in accumulator.items():
            numbers = known.numeric_stats
            if _has_finite_values(numbers) and numbers.quantiles_summary is not None:
                # Without a sketch TFDV computes no histograms. Features with infinities are left to its own rules.
                weighted = numbers.weighted_quantiles_summary if numbers.has_weights else None
                sketches[path] = (numbers.quantiles_summary, weighted, numbers.num_nan)
                numbers.quantiles_summary = None
                if numbers.has_weights:
                    numbers.weighted_quantiles_summary = None
        result = super().extract_output(accumulator)
        for feature in result.features:
            path = tfdv.types.FeaturePath.from_proto(feature.path)
            if path in sketches and feature.HasField("num_stats"):
                sketch, weighted, nans = sketches[path]
                stats, override = feature.num_stats, self._spec.override_of(path.steps()[0])
                self._add_histograms(stats, sketch, nans, (stats.min, stats.max), override)
                if weighted is not None:
                    self._add_histograms(stats.weighted_numeric_stats, weighted, nans, (stats.min, stats.max), override)
        return result

    def _add_histograms(
        self, stats: Any, sketch: Any, nans: int, ends: tuple[float, float], override: Override
    ) -> None:
        fine = _points(sketch, _STANDARD_QUANTILES * _PER_STANDARD_QUANTILE)
        if not len(fine[1]) or not fine[1][-1] > 0:
            return  # all weights are 0
        stats.median = quantiles_util.find_median(fine[0])
        buckets = override.histogram_buckets or self._spec.histogram_buckets
        standard = equal_widths(quantile_bins(*fine), *ends, buckets)
        quantiles = quantile_bins(*_points(sketch, override.quantile_buckets or self._spec.quantile_buckets))
        for kind, bins in ((_STANDARD, standard), (_QUANTILES, quantiles)):
            histogram = stats.histograms.add(type=kind, num_nan=nans)
            for low, high, count in zip(*(bound.tolist() for bound in bins), strict=True):
                histogram.buckets.add(low_value=low, high_value=high, sample_count=count)


def _has_finite_values(known: Any) -> bool:
    return bool(-math.inf < known.min <= known.max < math.inf)


def _points(sketch: Any, buckets: int) -> tuple[Floats, Floats]:
    points, ranks = sketch.GetQuantilesAndCumulativeWeights(buckets)
    return points.flatten().to_numpy(zero_copy_only=False), ranks.flatten().to_numpy(zero_copy_only=False)
