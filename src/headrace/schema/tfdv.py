"""A schema from statistics, what people declared, and the schema of before (imports TFDV).

no schema of before   infer it from the statistics       then declare
freeze                the schema of before               then declare
widen                 ... and features and values of the statistics that are new to it, then declare
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from headrace.errors import DataError
from headrace.outputs import whole_file
from headrace.schema.declarations import Declarations
from headrace.schema.declare import clear_domain, declare
from headrace.schema.describe import describe
from headrace.schema.diff import Change, changes

Statistics = statistics_pb2.DatasetFeatureStatisticsList

FILE_NAME = "schema.pbtxt"
"""What stock SchemaGen names its schema."""


@dataclass(frozen=True, kw_only=True)
class Curated:
    """A schema, what changed from the one before, and what `freeze` kept out that `widen` would have let in."""

    schema: schema_pb2.Schema
    diff: tuple[Change, ...]
    pending: tuple[Change, ...]


def curate(
    statistics: Statistics | Sequence[Statistics],
    declarations: Declarations,
    before: schema_pb2.Schema | None = None,
) -> Curated:
    """The schema that holds from now on. Without a schema of before, everything in it is a change.

    Args:
        statistics: of the rows, or of several splits of them: the schema then holds for all.
        declarations: what people know.
        before: the schema of before.

    Raises:
        UsageError: declared features that the schema has not, or constraints that their type can't have.
        DataError: the statistics are of no rows, so nothing can be inferred.
    """
    splits = [statistics] if isinstance(statistics, statistics_pb2.DatasetFeatureStatisticsList) else list(statistics)
    if before is None:
        inferred = _infer(splits[0])
        for split in splits[1:]:
            _widen(inferred, split, declarations)
        declare(inferred, declarations)
        return Curated(schema=inferred, diff=changes(None, describe(inferred)), pending=())
    wide = _copy(before)
    for split in splits:
        _widen(wide, split, declarations)
    declare(wide, declarations)
    if declarations.policy == "widen":
        return Curated(schema=wide, diff=changes(describe(before), describe(wide)), pending=())
    frozen = _copy(before)
    declare(frozen, declarations)
    pending = changes(describe(frozen), describe(wide))
    return Curated(schema=frozen, diff=changes(describe(before), describe(frozen)), pending=pending)


def write_schema(schema: schema_pb2.Schema, out_dir: str) -> str:
    """Writes `out_dir/schema.pbtxt` and returns its path."""
    path = os.path.join(out_dir, FILE_NAME)
    with whole_file(path) as staging, open(staging, "w", encoding="utf-8") as file:
        file.write(text_format.MessageToString(schema, as_utf8=True))
    return path


def read_schema(path: str) -> schema_pb2.Schema:
    """A schema in text format.

    Raises:
        DataError: the file is not there or is no schema.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return text_format.Parse(file.read(), schema_pb2.Schema())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise DataError(f"{path}: expected a TFMD schema in text format: {error}") from error


def whole(statistics: Statistics) -> Statistics:
    """The statistics of all rows alone, without slices; TFDV's functions take no others.

    Raises:
        DataError: there are none, or they are of no rows.
    """
    named = {dataset.name: dataset for dataset in statistics.datasets}
    first = named.get(tfdv.constants.DEFAULT_SLICE_KEY) or (statistics.datasets[0] if statistics.datasets else None)
    if first is None or not first.num_examples:
        raise DataError("the statistics are of no rows: expected those of at least one; see what ingest turned away")
    alone = statistics_pb2.DatasetFeatureStatisticsList()
    alone.datasets.add().CopyFrom(first)
    return alone


def _infer(statistics: Statistics) -> schema_pb2.Schema:
    alone = whole(statistics)
    schema = tfdv.infer_schema(alone, infer_feature_shape=True)
    strings = _string_stats(alone)
    for feature in schema.feature:
        # Statistics that list fewer values than there are would close the domain on those that they list.
        stats = strings.get(feature.name)
        if stats is not None and len(stats.rank_histogram.buckets) < stats.unique:
            clear_domain(schema, feature)
    return schema


def _widen(schema: schema_pb2.Schema, statistics: Statistics, declarations: Declarations) -> None:
    inferred = _infer(statistics)
    known = {feature.name: feature for feature in schema.feature}
    domains = {domain.name: domain for domain in schema.string_domain}
    inferred_domains = {domain.name: domain for domain in inferred.string_domain}
    strings = _string_stats(whole(statistics))
    for feature in inferred.feature:
        if feature.name not in known:
            schema.feature.add().CopyFrom(feature)
            if feature.domain in inferred_domains and feature.domain not in domains:
                schema.string_domain.add().CopyFrom(inferred_domains[feature.domain])
        elif feature.name in strings and feature.name not in declarations.vocabularies:
            old = known[feature.name]
            domain = domains.get(old.domain) or (old.string_domain if old.HasField("string_domain") else None)
            if domain is not None:
                seen = {bucket.label for bucket in strings[feature.name].rank_histogram.buckets}
                domain.value.extend(sorted(seen - set(domain.value)))


def _string_stats(statistics: Statistics) -> dict[str, Any]:
    return {
        feature.path.step[0]: feature.string_stats
        for feature in statistics.datasets[0].features
        if feature.HasField("string_stats")
    }


def _copy(schema: schema_pb2.Schema) -> schema_pb2.Schema:
    copied = schema_pb2.Schema()
    copied.CopyFrom(schema)
    return copied
