"""A `StatsSpec` as TFDV's own options."""

from __future__ import annotations

import tensorflow_data_validation as tfdv
from tensorflow_data_validation.utils.example_weight_map import ExampleWeightMap
from tensorflow_metadata.proto.v0 import schema_pb2

from headrace.stats.spec.stats_spec import StatsSpec


def options(spec: StatsSpec, schema: schema_pb2.Schema | None = None) -> tfdv.StatsOptions:
    """The same statistics as `tfdv.StatsOptions`, for stock components and TFDV's own functions.

    Slices by conditions, `exclude`, `crosses`, `mutual_information` and overrides other than weights and histograms are
    not in it: TFDV has no options for them.
    """
    values = {name: override for name, override in spec.overrides.items() if override.weight}
    found = tfdv.StatsOptions(
        schema=schema_with_categories(spec, schema),
        feature_allowlist=list(spec.features) or None,
        label_feature=spec.label or None,
        weight_feature=spec.weight or None,
        per_feature_weight_override={tfdv.types.FeaturePath([name]): o.weight for name, o in values.items()} or None,
        num_top_values=spec.top_values,
        num_rank_histogram_buckets=spec.rank_values,
        frequency_threshold=spec.frequency_threshold,
        weighted_frequency_threshold=spec.weighted_frequency_threshold,
        num_values_histogram_buckets=spec.valency_buckets,
        num_histogram_buckets=spec.histogram_buckets,
        num_quantiles_histogram_buckets=spec.quantile_buckets,
        epsilon=spec.quantile_error,
        sample_rate=spec.sample_rate if spec.sample_rate < 1 else None,
        enable_semantic_domain_stats=spec.semantic_domains,
        semantic_domain_stats_sample_rate=spec.semantic_sample_rate if spec.semantic_sample_rate < 1 else None,
        vocab_paths=dict(spec.vocabularies) or None,
    )
    found.per_feature_stats_config = histograms_of(spec)
    return found


def weights_of(spec: StatsSpec) -> ExampleWeightMap:
    """The feature that weights the rows for each feature."""
    return ExampleWeightMap(
        weight_feature=spec.weight or None,
        per_feature_override={
            tfdv.types.FeaturePath([name]): override.weight
            for name, override in spec.overrides.items()
            if override.weight
        }
        or None,
    )


def histograms_of(spec: StatsSpec) -> tfdv.types.PerFeatureStatsConfig:
    """Which features get histograms."""
    without = [tfdv.types.FeaturePath([name]) for name, override in spec.overrides.items() if not override.histograms]
    return tfdv.types.PerFeatureStatsConfig(without, tfdv.types.PerFeatureStatsConfig.EXCLUDE)


def schema_with_categories(spec: StatsSpec, schema: schema_pb2.Schema | None = None) -> schema_pb2.Schema | None:
    """The schema, with the features that the specification declares categorical; None if there is neither."""
    categorical = [name for name, override in spec.overrides.items() if override.categorical]
    if not categorical:
        return schema
    extended = schema_pb2.Schema()
    if schema is not None:
        extended.CopyFrom(schema)
    known = {feature.name: feature for feature in extended.feature}
    for name in categorical:
        feature = known[name] if name in known else extended.feature.add(name=name, type=schema_pb2.INT)
        feature.int_domain.is_categorical = True
    return extended
