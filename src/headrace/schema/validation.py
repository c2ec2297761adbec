"""Whether data conform to a schema: TFDV's anomalies, the rows they affect, and the rules of the schema.

statistics, schema                  a fault for each of TFDV's reasons; affected rows as far as statistics show them
... and examples (Parquet)          exact numbers of rows, offending values; rules over rows
... and a directory for rows        the offending rows of each fault, as Parquet
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from headrace.duckdb_engine import column_types, first_row
from headrace.errors import UsageError
from headrace.schema.affected_rows import affected_rows
from headrace.schema.codes import RULE_BROKEN, WORDS
from headrace.schema.column_types import types_in
from headrace.schema.exact_bounds import UndecidedBound, undecided_bounds
from headrace.schema.expressions import columns_of
from headrace.schema.faults import SchemaFault, apply_checks
from headrace.schema.meanings import meaning_faults, not_all_checked, possible_meaning_faults, unknown_meanings
from headrace.schema.offending_rows import file_names, measure, offence, write
from headrace.schema.row_views import LISTS, Connection, over_rows, over_statistics
from headrace.schema.rule_checks import check_rows, check_statistics, lists_of, measures, not_checked
from headrace.schema.rules import Check, Rule, from_tags

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

    from headrace.schema.tfdv_inference import Statistics

logger = logging.getLogger("headrace.schema")


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
    """Every way in which all rows together do not conform, sorted by feature and code. Slices are not validated.

    Args:
        statistics: of the rows.
        schema: what they should conform to, with its rules and checks.
        environment: one of the schema's, such as `TRAINING` or `SERVING`.
        previous: statistics of the previous span, for the drift comparators of the schema as TFDV applies them; the
            skew check does more.
        serving: statistics of what was served, for its skew comparators, likewise.
        examples: Parquet shards of the rows; without them rules over rows can't be checked, which is a fault.
        rows_dir: directory for the offending rows: `FEATURE.CODE.parquet`, `RULE.RULE_BROKEN.parquet`.
        rules: whether to check the rules.

    Raises:
        UsageError: the schema has no such environment; `rows_dir` without `examples`; TFDV is not installed.
        DataError: the statistics are of no rows, or the examples can't be read.
    """
    try:
        from headrace.schema.tfdv_anomalies import anomalies
        from headrace.schema.tfdv_inference import whole
    except ModuleNotFoundError as error:
        raise UsageError(f"validating needs TFDV: pip install 'headrace[stats]' ({error})") from error

    if environment is not None and environment not in schema.default_environment:
        has = ", ".join(schema.default_environment) or "none"
        raise UsageError(f"the schema has no environment {environment!r}; it has: {has}")
    if rows_dir is not None and not examples:
        raise UsageError("offending rows (rows_dir) are taken from examples: give examples as well")
    alone = whole(statistics)
    given = {"previous_statistics": previous, "serving_statistics": serving}
    sides = {name: whole(side) for name, side in given.items() if side is not None}
    (dataset,) = alone.datasets
    found = [_with_affected_rows(fault, dataset, schema) for fault in anomalies(alone, schema, environment, sides)]
    undecided = list(undecided_bounds(dataset, schema))
    found = [fault for fault in found if (fault.feature, fault.code) not in {(u.feature, u.code) for u in undecided}]
    applicable = _applicable_rules(schema, environment) if rules else []
    broken = _over_statistics(dataset, [rule for rule in applicable if rule.over == "statistics"])
    over = [rule for rule in applicable if rule.over == "rows"]
    if examples:
        with over_rows(examples, lists=lists_of(schema), out_dir=rows_dir) as connection:
            found = _with_exact_rows(connection, found, schema, rows_dir)
            possible = _only_rows_decide(dataset, schema, undecided)
            found += [one for one in _with_exact_rows(connection, possible, schema, rows_dir) if one.rows]
            found += unknown_meanings(dataset, schema)
            names = file_names([(rule.name, RULE_BROKEN) for rule in over])
            broken += [
                check_rows(connection, rule, types=types_in(schema), out_dir=rows_dir, file_name=name)
                for rule, name in zip(over, names, strict=True)
            ]
    else:
        found += [*meaning_faults(dataset, schema), *unknown_meanings(dataset, schema)]
        found += [not_all_checked(one.feature, one.words, int(dataset.num_examples)) for one in undecided]
        broken += [not_checked(rule, "no examples were given to check it on") for rule in over]
    found += [fault for fault in broken if fault is not None]
    checks = from_tags(Check, schema.annotation.tag)
    faults = sorted(apply_checks(found, checks), key=lambda fault: (fault.feature, fault.code))
    logger.info(
        "validated against the schema",
        extra={"rows": int(dataset.num_examples), "faults": dict(Counter(fault.severity for fault in faults))},
    )
    return faults


def _over_statistics(
    dataset: statistics_pb2.DatasetFeatureStatistics, rules: Sequence[Rule]
) -> list[SchemaFault | None]:
    if not rules:
        return []
    num_examples = int(dataset.num_examples)
    with over_statistics(measures(dataset), num_examples) as connection:
        return [check_statistics(connection, rule, num_examples) for rule in rules]


def _applicable_rules(schema: schema_pb2.Schema, environment: str | None) -> list[Rule]:
    # A rule that reads a feature which this environment does not have does not apply to it.
    absent = {
        feature.name
        for feature in schema.feature
        if environment in feature.not_in_environment
        or (environment and feature.in_environment and environment not in feature.in_environment)
    }
    return [rule for rule in from_tags(Rule, schema.annotation.tag) if not columns_of(rule.expression) & absent]


def _only_rows_decide(
    dataset: statistics_pb2.DatasetFeatureStatistics, schema: schema_pb2.Schema, undecided: Sequence[UndecidedBound]
) -> list[SchemaFault]:
    """The faults that there are if a row has them."""
    beyond = [
        SchemaFault(feature=one.feature, code=one.code, reason=WORDS[one.code], severity="ERROR") for one in undecided
    ]
    return [*possible_meaning_faults(dataset, schema), *beyond]


def _with_affected_rows(
    fault: SchemaFault, dataset: statistics_pb2.DatasetFeatureStatistics, schema: schema_pb2.Schema
) -> SchemaFault:
    stats = next((f for f in dataset.features if (".".join(f.path.step) or f.name) == fault.feature), None)
    feature = next((feature for feature in schema.feature if feature.name == fault.feature), None)
    num_examples = int(dataset.num_examples)
    rows, about, examples = affected_rows(fault.code, stats, feature, schema, num_examples)
    return replace(fault, rows=rows, about=about, examples=examples, of=num_examples)


def _with_exact_rows(
    connection: Connection, faults: list[SchemaFault], schema: schema_pb2.Schema, rows_dir: str | None
) -> list[SchemaFault]:
    kinds = column_types(connection, LISTS)
    (count,) = first_row(connection, f"SELECT count(*) FROM {LISTS}")
    names = file_names([(fault.feature, fault.code) for fault in faults])
    found = []
    for fault, name in zip(faults, names, strict=True):
        condition = offence(fault.code, fault.feature, schema, kinds)
        if condition is None:
            found.append(fault)
            continue
        rows, values = measure(connection, condition)
        if rows_dir is not None and rows:
            write(connection, condition.row, os.path.join(rows_dir, name))
        found.append(replace(fault, rows=rows, of=int(count), about=False, examples=values))
    return found
