"""Rules checked on the rows of Parquet shards, or on statistics.

rule  distance_km / (time_s / 3600.0) < 45, nulls pass
rows  (10, 3000) -> 12 km/h true;  (42, 60) -> false;  (5, null) -> null   ->   1 of 3 rows, such as distance_km=42, ...
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from headrace.duckdb_engine import first_row, identifier
from headrace.schema.codes import RULE_BROKEN, RULE_NOT_CHECKED, WORDS
from headrace.schema.column_types import shown
from headrace.schema.expressions import columns_of
from headrace.schema.faults import ALLOWED, SchemaFault
from headrace.schema.offending_rows import SHOWN, write
from headrace.schema.row_views import ROWS, Connection, over_types
from headrace.schema.rules import Rule
from headrace.values import ColumnType

SQL_TYPES = {"BYTES": "VARCHAR", "INT": "BIGINT", "FLOAT": "FLOAT"}
MEASURES = ("mean", "std_dev", "min", "median", "max", "zeros", "unique", "avg_length", "missing", "missing_share")
"""The measures of a feature that a rule over statistics may use; null where the feature has no such measure."""


def rule_faults(rules: Iterable[Rule], kinds: Mapping[str, str]) -> list[str]:
    """What is wrong with rules for features of these SQL types.

    A rule that reads a feature that does not exist, or is neither true nor false, could never be checked.
    """
    faults = []
    measures = f"STRUCT({', '.join(f'{identifier(measure)} DOUBLE' for measure in MEASURES)})"
    for rule in rules:
        known = dict(kinds) if rule.over == "rows" else {**dict.fromkeys(kinds, measures), "num_examples": "BIGINT"}
        lower = {name.lower() for name in known}
        missing = sorted(name for name in columns_of(rule.expression) if name.lower() not in lower)
        if missing:
            faults.append(f"rule {rule.name!r} reads {', '.join(missing)}; there are: {', '.join(sorted(known))}")
            continue
        with over_types(known) as connection:
            if fault := _type_fault(connection, rule):
                faults.append(f"rule {rule.name!r}: {fault}")
    return faults


def check_rows(
    connection: Connection,
    rule: Rule,
    *,
    types: Mapping[str, ColumnType] | None = None,
    out_dir: str | None = None,
    file_name: str = "",
) -> SchemaFault | None:
    """The fault of the rows that break a rule, None if no row does; writes these rows if `out_dir` is given.

    `types`: what features are, to show their values.
    """
    if fault := _type_fault(connection, rule):
        return not_checked(rule, fault)
    broken = f"(({rule.expression}\n) IS NOT TRUE)" if rule.nulls == "fail" else f"(({rule.expression}\n) IS FALSE)"
    try:
        rows, of = first_row(connection, f"SELECT count(*) FILTER (WHERE {broken}), count(*) FROM {ROWS}")
        if not rows:
            return None
        columns = sorted(columns_of(rule.expression))
        shown = ", ".join(map(identifier, columns))
        some = (
            connection.execute(f"SELECT {shown} FROM {ROWS} WHERE {broken} LIMIT {SHOWN}").fetchall() if columns else []
        )
        if out_dir:
            write(connection, broken, os.path.join(out_dir, file_name), source=ROWS)
    except duckdb.Error as error:
        return not_checked(rule, str(error))
    kinds = [(types or {}).get(name) for name in columns]
    pairs = [
        ", ".join(f"{name}={_shown(value, kind)}" for name, value, kind in zip(columns, row, kinds, strict=True))
        for row in some
    ]
    return SchemaFault(
        feature=rule.name,
        code=RULE_BROKEN,
        reason=WORDS[RULE_BROKEN],
        detail=rule.expression,
        severity=ALLOWED if rows / of <= rule.allowed_share else rule.severity,
        rows=int(rows),
        of=int(of),
        examples=tuple(f"({pair})" for pair in dict.fromkeys(pairs)),
    )


def check_statistics(connection: Connection, rule: Rule, num_examples: int) -> SchemaFault | None:
    """The fault of statistics that break a rule, None if the rule holds."""
    if fault := _type_fault(connection, rule):
        return not_checked(rule, fault)
    try:
        (holds,) = first_row(connection, f"SELECT ({rule.expression}\n) FROM {ROWS}")
        columns = sorted(columns_of(rule.expression))
        shown = ", ".join(map(identifier, columns))
        values = first_row(connection, f"SELECT {shown} FROM {ROWS}") if columns else ()
    except duckdb.Error as error:
        return not_checked(rule, str(error))
    if holds or (holds is None and rule.nulls == "pass"):
        return None
    return SchemaFault(
        feature=rule.name,
        code=RULE_BROKEN,
        reason=WORDS[RULE_BROKEN],
        detail=rule.expression,
        severity=rule.severity,
        of=num_examples,
        examples=tuple(f"{name}: {_measured(value)}" for name, value in zip(columns, values, strict=True)),
    )


def not_checked(rule: Rule, why: str) -> SchemaFault:
    """The fault of a rule that can't be checked, which is not a pass."""
    return SchemaFault(
        feature=rule.name,
        code=RULE_NOT_CHECKED,
        reason=WORDS[RULE_NOT_CHECKED],
        detail=f"{rule.expression}: {why}",
        severity="ERROR",
    )


def measures(dataset: Any) -> dict[str, dict[str, float | None]]:
    """The `MEASURES` of each feature of TFMD's `DatasetFeatureStatistics`."""
    return {".".join(f.path.step) or f.name: _of(f, int(dataset.num_examples)) for f in dataset.features}


def _of(feature: Any, num_examples: int) -> dict[str, float | None]:
    found: dict[str, float | None] = dict.fromkeys(MEASURES)
    kind = feature.WhichOneof("stats")
    if kind is None:
        return found
    stats = getattr(feature, kind)
    missing = num_examples - int(stats.common_stats.num_non_missing)
    found |= {"missing": missing, "missing_share": missing / num_examples if num_examples else None}
    if kind == "num_stats" and stats.common_stats.tot_num_values:
        names = {"mean": "mean", "std_dev": "std_dev", "min": "min", "median": "median", "max": "max"}
        found |= {name: getattr(stats, field) for name, field in (names | {"zeros": "num_zeros"}).items()}
    elif kind == "string_stats":
        found |= {"unique": stats.unique, "avg_length": stats.avg_length}
    return found


def _type_fault(connection: Connection, rule: Rule) -> str:
    try:
        ((_, kind, *_),) = connection.execute(f"DESCRIBE SELECT ({rule.expression}\n) AS holds FROM {ROWS}").fetchall()
    except duckdb.Error as error:
        return str(error).split("\n\n")[0]
    return "" if kind == "BOOLEAN" else f"it is of type {kind}: expected one that is true or false"


def _measured(value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"{value:,}"
    return ", ".join(f"{name} {part:.6g}" for name, part in value.items() if part is not None)


def _shown(value: Any, kind: ColumnType | None) -> str:
    return "null" if value is None else shown(value, kind)


def types_of_columns(schema: Any, type_names: Mapping[str, str]) -> dict[str, str]:
    """SQL types of the features of a schema as expressions see them, as far as the schema declares them."""
    kinds = {}
    for feature in schema.feature:
        kind = SQL_TYPES.get(type_names[feature.name])
        if kind:
            kinds[feature.name] = f"{kind}[]" if _is_list(feature) else kind
    return kinds


def lists_of(schema: Any) -> Sequence[str]:
    """Features that may have several values in a row."""
    return [feature.name for feature in schema.feature if _is_list(feature)]


def _is_list(feature: Any) -> bool:
    if feature.HasField("value_count"):
        return feature.value_count.max != 1
    if feature.HasField("shape"):
        return any(dimension.size != 1 for dimension in feature.shape.dim)
    return False
