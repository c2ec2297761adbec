"""A schema from statistics, what people declared, and the schema of before (imports TFDV).

no schema of before   infer it from the statistics       then declare
freeze                the schema of before               then declare
widen                 ... and features and values of the statistics that are new to it, then declare
propose               the schema of before               then declare; beside it, what would make the data conform
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from headrace.errors import DataError
from headrace.schema.declarations import Declarations
from headrace.schema.declare import TRAINING, clear_domain, declare
from headrace.schema.describe import describe
from headrace.schema.diff import Change, changes
from headrace.schema.protos import FILE_NAME, copied, read_schema, write_schema

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList

__all__ = ["FILE_NAME", "Curated", "curate", "read_schema", "whole", "write_schema"]


@dataclass(frozen=True, kw_only=True)
class Curated:
    """A schema, what changed from the one before, and what was kept out.

    Under `freeze`, `pending` is what `widen` would have let in; under `propose`, it is what `proposed` would change.
    """

    schema: schema_pb2.Schema
    diff: tuple[Change, ...]
    pending: tuple[Change, ...]
    proposed: schema_pb2.Schema | None = None


def curate(
    statistics: Statistics | Sequence[Statistics],
    declarations: Declarations,
    before: schema_pb2.Schema | None = None,
) -> Curated:
    """The schema that holds from now on. Without a schema of before, everything in it is a change.

    Args:
        statistics: of the rows, or of several splits of them: the schema then holds for all that have rows.
        declarations: what people know.
        before: the schema of before.

    Raises:
        UsageError: declared features that the schema has not, or constraints that their type can't have.
        DataError: the statistics are of no rows, so nothing can be inferred.
    """
    given = [statistics] if isinstance(statistics, statistics_pb2.DatasetFeatureStatisticsList) else list(statistics)
    splits = [whole(split) for split in given if _has_rows(split)] or [whole(split) for split in given]
    inferred = _infer(splits)
    if before is None:
        declare(inferred, declarations)
        return Curated(schema=inferred, diff=changes(None, describe(inferred)), pending=())
    kept = copied(before)
    declare(kept, declarations)
    wide = _proposed(kept, inferred, splits) if declarations.policy == "propose" else copied(before)
    if declarations.policy != "propose":
        _widen(wide, inferred, splits)
    declare(wide, declarations)
    if declarations.policy == "widen":
        return Curated(schema=wide, diff=changes(describe(before), describe(wide)), pending=())
    pending = changes(describe(kept), describe(wide))
    diff = changes(describe(before), describe(kept))
    proposed = wide if declarations.policy == "propose" else None
    return Curated(schema=kept, diff=diff, pending=pending, proposed=proposed)


def whole(statistics: Statistics) -> Statistics:
    """The statistics of all rows alone, without slices; TFDV's functions take no others.

    Raises:
        DataError: there are none, or they are of no rows.
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


def _has_rows(statistics: Statistics) -> bool:
    return any(dataset.num_examples for dataset in statistics.datasets)


def _infer(splits: Sequence[Statistics]) -> schema_pb2.Schema:
    first, *others = splits
    schema = tfdv.infer_schema(first, infer_feature_shape=True)
    for other in others:
        schema = tfdv.update_schema(schema, other)
    # Statistics that list fewer values than there are would close the domain on those that they list.
    cut = {
        name
        for split in (first, *others)
        for name, stats in _string_stats(split).items()
        if len(stats.rank_histogram.buckets) < stats.unique
    }
    for feature in schema.feature:
        if feature.name in cut:
            clear_domain(schema, feature)
    return schema


def _widen(schema: schema_pb2.Schema, inferred: schema_pb2.Schema, splits: Sequence[Statistics]) -> None:
    # Vocabularies that are declared are declared again afterwards: what is added to them here does not stay.
    known = {feature.name: feature for feature in schema.feature}
    domains = {domain.name: domain for domain in schema.string_domain}
    inferred_domains = {domain.name: domain for domain in inferred.string_domain}
    seen: dict[str, set[str]] = {}
    for split in splits:
        for name, stats in _string_stats(split).items():
            seen.setdefault(name, set()).update(bucket.label for bucket in stats.rank_histogram.buckets)
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


def _proposed(kept: schema_pb2.Schema, inferred: schema_pb2.Schema, splits: Sequence[Statistics]) -> schema_pb2.Schema:
    # TFDV gives up a feature whose type changed, and one that these environments need not have: these are put right.
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
            _domain_of(wide, inferred, new)
        elif old is not None and new is None and TRAINING in old.not_in_environment:
            feature.CopyFrom(old)
    return wide


def _domain_of(schema: schema_pb2.Schema, source: schema_pb2.Schema, feature: schema_pb2.Feature) -> None:
    if feature.domain and not any(domain.name == feature.domain for domain in schema.string_domain):
        schema.string_domain.extend(domain for domain in source.string_domain if domain.name == feature.domain)


def _string_stats(statistics: Statistics) -> dict[str, Any]:
    return {
        feature.path.step[0]: feature.string_stats
        for feature in statistics.datasets[0].features
        if feature.HasField("string_stats")
    }
