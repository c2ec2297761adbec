"""Which rows an anomaly affects, as SQL over the rows as they are stored, every feature a list.

INT_TYPE_SMALL_INT of heart_rate, int_domain { min: 30 }   ->   a row with a value v < 30
FEATURE_TYPE_LOW_FRACTION_PRESENT of pace                  ->   a row without a value
MEANING_BROKEN of day, time_domain as %Y-%m-%d             ->   a row with a value that is not written so
COMPARATOR_L_INFTY_HIGH of city                            ->   none: it is not a fault of single rows
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headrace.duckdb_engine import first_row, identifier, literal, literals
from headrace.schema.codes import MEANING_BROKEN
from headrace.schema.column_types import shown, type_of
from headrace.schema.meanings import TEXT, wrong_value
from headrace.schema.row_views import LISTS, Connection
from headrace.values import ColumnType

SHOWN = 5
"""Offending values that a fault lists."""


@dataclass(frozen=True, kw_only=True)
class Offence:
    """Conditions in SQL: `row` holds for an offending row; `value`, if any, for an offending value `v` of `column`.

    `type`: what the values are, where the schema says it.
    """

    row: str
    column: str = ""
    value: str = ""
    type: ColumnType | None = None


def offence(code: str, name: str, schema: Any, kinds: Mapping[str, str]) -> Offence | None:
    """The condition for an offending row; None if the anomaly is not a fault of single rows.

    Args:
        code: the anomaly type.
        name: the feature.
        schema: TFMD's `Schema`.
        kinds: SQL type of each stored feature.
    """
    feature = next((one for one in schema.feature if one.name == name), None)
    if feature is None:
        pair = _pairs(schema).get(name)
        if pair is not None and set(pair[1]) | {pair[0]} <= set(kinds):
            return _paired(code, *pair)
    if name not in kinds:
        return None
    column = identifier(name)
    if row := _row(code, column, feature):
        return Offence(row=row)
    value = _value(code, feature, schema, is_text=kinds[name].startswith("BLOB"))
    if value is None:
        return None
    row = f"len(list_filter({column}, lambda v: {value})) > 0"
    return Offence(row=row, column=column, value=value, type=None if feature is None else type_of(feature))


def measure(connection: Connection, found: Offence) -> tuple[int, tuple[str, ...]]:
    """The number of offending rows, and the most frequent offending values, at most `SHOWN`."""
    (rows,) = first_row(connection, f"SELECT count(*) FROM {LISTS} WHERE {found.row}")
    if not found.value:
        return int(rows), ()
    values = connection.execute(
        f"SELECT v FROM (SELECT unnest({found.column}) AS v FROM {LISTS}) WHERE {found.value} "
        f"GROUP BY v ORDER BY count(*) DESC, v LIMIT {SHOWN}"
    ).fetchall()
    return int(rows), tuple(_shown(value, found.type) for (value,) in values)


def write(connection: Connection, condition: str, path: str, source: str = LISTS) -> None:
    """Writes the rows of `source` for which `condition` holds as Parquet."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    connection.execute(
        f"COPY (SELECT * FROM {source} WHERE {condition}) TO {literal(os.path.abspath(path))} (FORMAT parquet)"
    )


def _shown(value: Any, kind: ColumnType | None) -> str:
    return shown(value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value, kind)


def _row(code: str, column: str, feature: Any) -> str:
    if code in ("FEATURE_TYPE_LOW_FRACTION_PRESENT", "FEATURE_TYPE_LOW_NUMBER_PRESENT", "FEATURE_TYPE_NOT_PRESENT"):
        return f"{column} IS NULL"
    if code == "FEATURE_TYPE_HIGH_NUMBER_VALUES" and feature is not None and feature.value_count.max:
        return f"len({column}) > {feature.value_count.max}"
    if code == "FEATURE_TYPE_LOW_NUMBER_VALUES" and feature is not None:
        return f"len({column}) < {feature.value_count.min}"
    if code == "INVALID_FEATURE_SHAPE" and feature is not None:
        size = 1
        for dimension in feature.shape.dim:
            size *= dimension.size
        return f"({column} IS NULL OR len({column}) <> {size})"
    return ""


def _value(code: str, feature: Any, schema: Any, *, is_text: bool) -> str | None:
    if code in ("UNEXPECTED_DATA_TYPE", "SCHEMA_NEW_COLUMN", "DOMAIN_INVALID_FOR_TYPE", "SEMANTIC_DOMAIN_UPDATE"):
        return "true"
    if code == "ENUM_TYPE_INVALID_UTF8":
        return f"{TEXT} IS NULL" if is_text else None
    if feature is None:
        return None
    if code == "ENUM_TYPE_UNEXPECTED_STRING_VALUES":
        return _none_of(vocabulary(feature, schema)) if is_text else None
    if code == "BOOL_TYPE_UNEXPECTED_STRING":
        return _none_of([feature.bool_domain.true_value, feature.bool_domain.false_value])
    if code == MEANING_BROKEN:
        return wrong_value(feature, is_text=is_text)
    if code == "MAX_IMAGE_BYTE_SIZE_EXCEEDED":
        return f"octet_length(v) > {feature.image_domain.max_image_byte_size}"
    fixed = {
        "BOOL_TYPE_BIG_INT": "v > 1",
        "BOOL_TYPE_SMALL_INT": "v < 0",
        "BOOL_TYPE_UNEXPECTED_FLOAT": "v NOT IN (0, 1)",
        "FLOAT_TYPE_HAS_NAN": "isnan(v)",
        "FLOAT_TYPE_HAS_INF": "isinf(v)",
        "FLOAT_TYPE_STRING_NOT_FLOAT": f"try_cast({TEXT} AS DOUBLE) IS NULL",
        "INT_TYPE_NOT_INT_STRING": f"NOT coalesce(regexp_full_match({TEXT}, '[+-]?[0-9]+'), false)",
    }
    if code in fixed:
        return fixed[code]
    for kind, sql, domain in (("INT", "BIGINT", feature.int_domain), ("FLOAT", "FLOAT", feature.float_domain)):
        number = f"try_cast({TEXT} AS {sql})" if is_text else "v"
        for side, sign, bound in (("SMALL", "<", domain.min), ("BIG", ">", domain.max)):
            if code == f"{kind}_TYPE_{side}_{kind}":
                real = f" AND NOT isnan({number})" if kind == "FLOAT" else ""
                return f"({number} {sign} CAST({literal(repr(bound))} AS {sql}){real})"
    return None


def vocabulary(feature: Any, schema: Any) -> list[str]:
    """The values of a feature's string domain."""
    if feature.HasField("string_domain"):
        return list(feature.string_domain.value)
    return [value for domain in schema.string_domain if domain.name == feature.domain for value in domain.value]


def _none_of(values: list[str]) -> str:
    listed = literals(values) or "NULL"
    return f"({TEXT} IS NULL OR {TEXT} NOT IN ({listed}))"


def _pairs(schema: Any) -> dict[str, tuple[str, list[str]]]:
    # Sparse or weighted feature -> the feature of its values, and those of its indices or weights.
    pairs = {one.name: (one.value_feature.name, [i.name for i in one.index_feature]) for one in schema.sparse_feature}
    for one in getattr(schema, "weighted_feature", ()):
        pairs[one.name] = (".".join(one.feature.step), [".".join(one.weight_feature.step)])
    return pairs


def _paired(code: str, value: str, others: list[str]) -> Offence | None:
    v, rest = identifier(value), [identifier(other) for other in others]

    def any_of(form: str) -> str:
        return "(" + " OR ".join(form.format(v=v, o=other) for other in rest) + ")"

    kind = code.split("_FEATURE_")[-1]
    rows = {
        "MISSING_VALUE": f"{v} IS NULL AND {any_of('{o} IS NOT NULL')}",
        "MISSING_INDEX": f"{v} IS NOT NULL AND {any_of('{o} IS NULL')}",
        "MISSING_WEIGHT": f"{v} IS NOT NULL AND {any_of('{o} IS NULL')}",
        "LENGTH_MISMATCH": any_of("coalesce(len({v}), 0) <> coalesce(len({o}), 0)"),
    }
    return Offence(row=rows[kind]) if kind in rows else None


def file_names(found: list[tuple[str, str]]) -> Iterator[str]:
    """For each feature and code a file name for its offending rows: distinct, and without special characters."""
    seen: dict[str, int] = {}
    for feature, code in found:
        name = f"{''.join(c if c.isalnum() or c in '-_' else '_' for c in feature) or 'all'}.{code}"
        seen[name] = seen.get(name, 0) + 1
        yield f"{name}.parquet" if seen[name] == 1 else f"{name}.{seen[name]}.parquet"
