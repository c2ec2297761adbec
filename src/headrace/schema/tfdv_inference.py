"""Schemas inferred from statistics by TFDV, and what in them differs from a schema that is kept (imports TFDV)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import tensorflow_data_validation as tfdv
from tensorflow_data_validation import constants
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from headrace.errors import DataError
from headrace.schema.declarations import TRAINING
from headrace.schema.feature_protos import clear_domain
from headrace.schema.protos import copied

PLACEHOLDERS = (constants.NON_UTF8_PLACEHOLDER, constants.LARGE_BYTES_PLACEHOLDER)
"""What TFDV's statistics list in place of values that are not UTF-8, or too long."""

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


def whole(statistics: Statistics) -> Statistics:
    """The statistics of all rows alone, without slices, which TFDV's functions do not take.

    Raises:
        DataError: there are no statistics, or they are of no rows.
    """
    named = {dataset.name: dataset for dataset in statistics.datasets}
    first = named.get(tfdv.constants.DEFAULT_SLICE_KEY) or (statistics.datasets[0] if statistics.datasets else None)
    if first is None or not first.num_examples:
        raise DataError(
            "the statistics are of no rows: expected those of at least one; see the ledgers of Ingest (rejected, "
            "withheld) and LabelJoin (immature, excluded)"
        )
    alone = statistics_pb2.DatasetFeatureStatisticsList()
    alone.datasets.add().CopyFrom(first)
    return alone


def has_rows(statistics: Statistics) -> bool:
    """Whether any of its data sets has rows."""
    return any(dataset.num_examples for dataset in statistics.datasets)


def infer(splits: Sequence[Statistics]) -> schema_pb2.Schema:
    """The schema that TFDV infers from all splits; no domain is closed on a list of values that was cut."""
    first, *others = splits
    schema = tfdv.infer_schema(first, infer_feature_shape=True)
    for other in others:
        schema = tfdv.update_schema(schema, other)
    # Statistics that list fewer values than there are would close the domain on the listed ones.
    cut = {
        name
        for split in (first, *others)
        for name, stats in _string_stats(split).items()
        if len(stats.rank_histogram.buckets) < stats.unique or len(_values(stats)) < len(stats.rank_histogram.buckets)
    }
    for feature in schema.feature:
        if feature.name in cut:
            clear_domain(schema, feature)
    return schema


def widen(schema: schema_pb2.Schema, inferred: schema_pb2.Schema, splits: Sequence[Statistics]) -> None:
    """Adds new features, and new values of vocabularies, to a schema.

    Declared vocabularies must be declared again afterwards, which removes the values that are added to them here.
    """
    known = {feature.name: feature for feature in schema.feature}
    domains = {domain.name: domain for domain in schema.string_domain}
    inferred_domains = {domain.name: domain for domain in inferred.string_domain}
    seen: dict[str, set[str]] = {}
    for split in splits:
        for name, stats in _string_stats(split).items():
            seen.setdefault(name, set()).update(_values(stats))
    for feature in inferred.feature:
        if feature.name not in known:
            schema.feature.add().CopyFrom(feature)
            if feature.domain in inferred_domains and feature.domain not in domains:
                schema.string_domain.add().CopyFrom(inferred_domains[feature.domain])
            continue
        old = known[feature.name]
        domain = domains.get(old.domain) or (old.string_domain if old.HasField("string_domain") else None)
        if domain is not None:
            domain.value.extend(sorted(seen.get(feature.name, set()) - set(domain.value)))


def propose(kept: schema_pb2.Schema, inferred: schema_pb2.Schema, splits: Sequence[Statistics]) -> schema_pb2.Schema:
    """The schema with all changes that would make the data conform.

    TFDV gives up on a feature whose type changed, and on one that the data of training need not have: these are
    corrected.
    """
    wide = copied(kept)
    for split in splits:
        wide = tfdv.update_schema(wide, split)
    found = {feature.name: feature for feature in inferred.feature}
    before = {feature.name: feature for feature in kept.feature}
    for feature in wide.feature:
        old, new = before.get(feature.name), found.get(feature.name)
        if old is not None and new is not None and old.type != new.type:
            clear_domain(wide, feature)
            feature.CopyFrom(new)
            for field in ("in_environment", "not_in_environment"):
                getattr(feature, field).extend(getattr(old, field))
            _add_domain(wide, inferred, new)
        elif old is not None and new is None and TRAINING in old.not_in_environment:
            feature.CopyFrom(old)
    domains = {domain.name: set(domain.value) for domain in kept.string_domain}
    for domain in wide.string_domain:
        values = [one for one in domain.value if one not in PLACEHOLDERS or one in domains.get(domain.name, ())]
        del domain.value[:]
        domain.value.extend(values)
    return wide


def _add_domain(schema: schema_pb2.Schema, source: schema_pb2.Schema, feature: schema_pb2.Feature) -> None:
    if feature.domain and not any(domain.name == feature.domain for domain in schema.string_domain):
        schema.string_domain.extend(domain for domain in source.string_domain if domain.name == feature.domain)


def _values(stats: Any) -> set[str]:
    """The values that are listed; what TFDV lists in place of bytes that are not text is not one of them."""
    return {bucket.label for bucket in stats.rank_histogram.buckets} - set(PLACEHOLDERS)


def _string_stats(statistics: Statistics) -> dict[str, Any]:
    return {
        feature.path.step[0]: feature.string_stats
        for feature in statistics.datasets[0].features
        if feature.HasField("string_stats")
    }
