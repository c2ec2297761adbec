"""Whether data conform to a schema (imports TFDV): TFDV's verdict, how many rows and which, and the schema's rules.

statistics, schema                a fault for each of TFDV's reasons, rows as far as statistics tell
... and examples (Parquet)        rows exactly, offending values; rules over rows
... and a place for rows          the offending rows of each fault, as Parquet
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from headrace.errors import UsageError
from headrace.schema.codes import WORDS
from headrace.schema.counted import counted
from headrace.schema.engine import LISTS, Engine, over_rows, over_statistics
from headrace.schema.expressions import columns_of
from headrace.schema.faults import SchemaFault, judged
from headrace.schema.offending import file_names, measure, offence, write
from headrace.schema.rule_checks import check_rows, check_statistics, lists_of, measures, not_checked
from headrace.schema.rules import Check, Rule, from_tags
from headrace.schema.tfdv import Statistics, whole

BATCH = 100
"""Features that TFDV validates at once."""


def validate(
    statistics: Statistics,
    schema: schema_pb2.Schema,
    *,
    environment: str | None = None,
    previous: Statistics | None = None,
    serving: Statistics | None = None,
    examples: Sequence[str] | None = None,
    rows_dir: str | None = None,
    rules: bool = True,
) -> list[SchemaFault]:
    """Every way in which the rows as a whole do not conform, by feature and code. Slices are not looked at.

    Args:
        statistics: of the rows.
        schema: what they should conform to, with its rules and checks.
        environment: such as `TRAINING` or `SERVING`, one of the schema's.
        previous: of the span before, for the schema's drift comparators as TFDV takes them; the skew check does more.
        serving: of what was served, for its skew comparators, likewise.
        examples: Parquet shards of the rows; without them rules over rows can't be checked, which is a fault.
        rows_dir: where the offending rows go: `FEATURE.CODE.parquet`, `RULE.RULE_BROKEN.parquet`.
        rules: whether rules are looked at.

    Raises:
        UsageError: the schema has no such environment; rows are wanted and no examples given.
        DataError: the statistics are of no rows, or the examples can't be read.
    """
    if environment is not None and environment not in schema.default_environment:
        has = ", ".join(schema.default_environment) or "none"
        raise UsageError(f"the schema has no environment {environment!r}; it has: {has}")
    if rows_dir is not None and not examples:
        raise UsageError("offending rows are wanted, and there are no examples to take them from: give examples")
    dataset = whole(statistics)
    sides = {
        name: whole(side)
        for name, side in (("previous_statistics", previous), ("serving_statistics", serving))
        if side is not None
    }
    found = []
    for anomalies in _by_batches(dataset, schema, environment, sides):
        found += [fault for info in anomalies.anomaly_info.items() for fault in _faults(*info)]
        found += _faults("", anomalies.dataset_anomaly_info)
    found = [_counted(fault, dataset.datasets[0], schema) for fault in found]
    wanted = _rules(schema, environment) if rules else []
    broken = _over_statistics(dataset.datasets[0], [rule for rule in wanted if rule.over == "statistics"])
    over = [rule for rule in wanted if rule.over == "rows"]
    if examples:
        with over_rows(examples, lists=lists_of(schema), out_dir=rows_dir) as engine:
            found = _looked_up(engine, found, schema, rows_dir)
            names = file_names([(rule.name, "RULE_BROKEN") for rule in over])
            broken += [
                check_rows(engine, rule, out_dir=rows_dir, file_name=name)
                for rule, name in zip(over, names, strict=True)
            ]
    else:
        broken += [not_checked(rule, "no examples were given to look at") for rule in over]
    found += [fault for fault in broken if fault is not None]
    checks = from_tags(Check, schema.annotation.tag)
    return sorted(judged(found, checks), key=lambda fault: (fault.feature, fault.code))


def _by_batches(
    dataset: Statistics, schema: schema_pb2.Schema, environment: str | None, sides: Mapping[str, Statistics]
) -> Iterator[anomalies_pb2.Anomalies]:
    """TFDV's anomalies, `BATCH` features at a time: its time grows with the square of their number."""
    has = [feature.path.step[0] if feature.path.step else feature.name for feature in dataset.datasets[0].features]
    names = list(dict.fromkeys([feature.name for feature in schema.feature] + has))
    if len(names) <= BATCH or schema.sparse_feature or schema.weighted_feature:  # these stand across features
        yield tfdv.validate_statistics(dataset, schema, environment=environment, **sides)
        return
    for start in range(0, len(names), BATCH):
        batch = set(names[start : start + BATCH])
        part = schema_pb2.Schema()
        part.CopyFrom(schema)
        del part.feature[:]
        part.feature.extend(feature for feature in schema.feature if feature.name in batch)
        if start:
            part.ClearField("dataset_constraints")
        stats = {name: _of_features(side, batch) for name, side in sides.items()}
        yield tfdv.validate_statistics(_of_features(dataset, batch), part, environment=environment, **stats)


def _of_features(statistics: Statistics, names: AbstractSet[str]) -> Statistics:
    (whole_data,) = statistics.datasets
    features = [f for f in whole_data.features if (f.path.step[0] if f.path.step else f.name) in names]
    found = statistics_pb2.DatasetFeatureStatisticsList()
    found.datasets.add(
        name=whole_data.name,
        num_examples=whole_data.num_examples,
        weighted_num_examples=whole_data.weighted_num_examples,
        features=features,
    )
    return found


def _over_statistics(
    dataset: statistics_pb2.DatasetFeatureStatistics, rules: Sequence[Rule]
) -> list[SchemaFault | None]:
    if not rules:
        return []
    of = int(dataset.num_examples)
    with over_statistics(measures(dataset), of) as engine:
        return [check_statistics(engine, rule, of) for rule in rules]


def _rules(schema: schema_pb2.Schema, environment: str | None) -> list[Rule]:
    # A rule that reads what this environment has not is not for it.
    absent = {
        feature.name
        for feature in schema.feature
        if environment in feature.not_in_environment
        or (environment and feature.in_environment and environment not in feature.in_environment)
    }
    return [rule for rule in from_tags(Rule, schema.annotation.tag) if not columns_of(rule.expression) & absent]


def _faults(feature: str, info: anomalies_pb2.AnomalyInfo) -> list[SchemaFault]:
    severity = anomalies_pb2.AnomalyInfo.Severity.Name(info.severity)
    name = ".".join(info.path.step) or feature
    return [
        SchemaFault(
            feature=name,
            code=(code := anomalies_pb2.AnomalyInfo.Type.Name(reason.type)),
            reason=WORDS.get(code, "an anomaly"),
            detail=reason.description or reason.short_description,
            severity=severity,
        )
        for reason in info.reason
    ]


def _counted(
    fault: SchemaFault, dataset: statistics_pb2.DatasetFeatureStatistics, schema: schema_pb2.Schema
) -> SchemaFault:
    stats = next((f for f in dataset.features if (".".join(f.path.step) or f.name) == fault.feature), None)
    feature = next((feature for feature in schema.feature if feature.name == fault.feature), None)
    of = int(dataset.num_examples)
    rows, about, examples = counted(fault.code, stats, feature, schema, of)
    return replace(fault, rows=rows, about=about, examples=examples, of=of)


def _looked_up(
    engine: Engine, faults: list[SchemaFault], schema: schema_pb2.Schema, rows_dir: str | None
) -> list[SchemaFault]:
    kinds = {row[0]: row[1] for row in engine.execute(f"DESCRIBE {LISTS}").fetchall()}
    (of,) = engine.execute(f"SELECT count(*) FROM {LISTS}").fetchone()
    names = file_names([(fault.feature, fault.code) for fault in faults])
    found = []
    for fault, name in zip(faults, names, strict=True):
        what = offence(fault.code, fault.feature, schema, kinds)
        if what is None:
            found.append(fault)
            continue
        rows, values = measure(engine, what)
        if rows_dir is not None and rows:
            write(engine, what.row, os.path.join(rows_dir, name))
        found.append(replace(fault, rows=rows, of=int(of), about=False, examples=values))
    return found
