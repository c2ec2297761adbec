"""Columns of text to columns of values, with a reason for each value that is not what was declared.

The rules are in `kinds` and run in DuckDB. A column in which every value is plain (nearly all are) takes a shorter way
through Arrow's casts, which must agree with the rules wherever it succeeds: where any value is doubtful, it gives up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from headrace.duckdb_engine import connected, flat, literal
from headrace.ingest.spec.fields import EPOCH_UNITS, Field
from headrace.ingest.values.sql_rules import GROUPED, rule
from headrace.times.local_time import to_utc
from headrace.units import conversion

PROBE_ROWS = 256
US_OF = {"s": 1_000_000, "ms": 1_000, "us": 1}
TYPES = {
    "integer": pa.int64(),
    "boolean": pa.int64(),
    "timestamp": pa.int64(),
    "float": pa.float64(),
    "duration": pa.float64(),
    "quantity": pa.float64(),
    "text": pa.string(),
    "category": pa.string(),
}


@dataclass(frozen=True, kw_only=True)
class Typed:
    """Values of one field, and a reason code for each that is at fault; `reasons` is None if none is."""

    values: pa.Array
    reasons: pa.Array | None


def type_columns(
    texts: Mapping[str, pa.Array], fields: Sequence[Field], read: Mapping[str, pa.Array] = MappingProxyType({})
) -> dict[str, Typed]:
    """The typed column of each field, by name, from the text columns, by path. No field may be `observed`.

    `read` holds the values, by name, of fields whose text was read already.
    """
    done = {name: Typed(values=values, reasons=None) for name, values in read.items()}
    left = [field for field in fields if field.name not in done]
    present = {field.name: _present(texts[field.path], field) for field in left}
    doubtful = []
    for field in left:
        values = plain_values(present[field.name], field)
        if values is None:
            doubtful.append(field)
        else:
            done[field.name] = Typed(values=values, reasons=None)
    if doubtful:
        done.update(values_by_rule({field.name: present[field.name] for field in doubtful}, doubtful))
    return {field.name: _within(done[field.name], field) for field in fields}


def _present(text: pa.Array, field: Field) -> pa.Array:
    """`text` without what means missing, its decimal mark a point."""
    if field.decimal == ".":
        return nulled(text, field.missing)
    text = nulled(pc.utf8_trim(text, characters=" \t"), field.missing)
    # Marks of decimals and of thousands change places; a line break can't stand in a number, so it can hold one.
    for old, new in ((".", "\n"), (",", "."), ("\n", ",")):
        text = pc.replace_substring(text, old, new)
    return text


def nulled(text: pa.Array, missing: Sequence[str]) -> pa.Array:
    """`text` with null in place of every value that means missing."""
    for token in missing:
        found = pc.equal(text, token)
        if pc.any(found).as_py():
            text = pc.if_else(found, pa.scalar(None, pa.string()), text)
    return text


def plain_values(text: pa.Array, field: Field) -> pa.Array | None:
    """The values if all of them are written plainly; None if any is doubtful, and the rules must judge."""
    if field.kind in ("text", "category"):
        return text
    try:
        if field.kind == "integer":
            numbers = parsed(text, pa.int64())
            # Arrow reads 0x1F as 31: only what is written back the same way is plain.
            same = pc.all(pc.equal(numbers.cast(pa.string()), text)).as_py()
            return None if same is False else numbers
        if field.kind == "float":
            numbers = parsed(text, pa.float64())
            finite = pc.all(pc.is_finite(numbers)).as_py()
            return None if finite is False else numbers
        if field.kind == "timestamp" and not field.formats:
            return _plain_moments(text, field.zone)
        if field.kind == "timestamp" and len(field.formats) == 1 and field.formats[0] in EPOCH_UNITS:
            numbers = plain_values(text, replace(field, kind="integer", formats=()))
            scale = pa.scalar(US_OF[field.formats[0]], pa.int64())
            return None if numbers is None else pc.multiply_checked(numbers, scale)
    except pa.ArrowInvalid:
        return None
    return None


def _plain_moments(text: pa.Array, zone: str) -> pa.Array | None:
    # Arrow knows a year 0, and hours without minutes.
    minutes = pc.or_(pc.equal(pc.utf8_slice_codeunits(text, 13, 14), ":"), pc.equal(pc.binary_length(text), 10))
    if pc.all(minutes).as_py() is False or pc.any(pc.starts_with(text, "0000")).as_py():
        return None
    try:
        return parsed(text, pa.timestamp("us", "UTC")).cast(pa.int64())
    except pa.ArrowInvalid:
        return to_utc(parsed(text, pa.timestamp("us")).cast(pa.int64()), zone)


def parsed(text: pa.Array, kind: pa.DataType) -> pa.Array:
    """Arrow's own reading of text, all or nothing.

    Raises:
        ArrowInvalid: some value can't be read.
    """
    # Arrow makes an error for each value that it can't read, and most columns that fail do so at once.
    text.slice(0, PROBE_ROWS).cast(kind)
    return text.cast(kind)


def values_by_rule(texts: Mapping[str, pa.Array], fields: Sequence[Field]) -> dict[str, Typed]:
    """Values and reasons by the rules, for `texts` by field name in which missing is null already."""
    table = pa.table([texts[field.name] for field in fields], names=[f"c{i}" for i in range(len(fields))])
    with connected() as connection:
        connection.register("given", table)
        trimmed = ", ".join(_trimmed(field, f"c{i}") for i, field in enumerate(fields))
        inner = ", ".join(
            f"c{i}" if fields[i].kind == "quantity" else _judged(fields[i], i) for i in range(len(fields))
        )
        sql = f"SELECT {inner} FROM (SELECT {trimmed} FROM given)"
        result = connection.execute(sql).fetch_arrow_table()
        judged = {}
        for i, field in enumerate(fields):
            if field.kind == "quantity":
                judged[field.name] = _quantities(connection, flat(result.column(f"c{i}")), field)
            else:
                judged[field.name] = _typed(result.column(f"v{i}"), result.column(f"r{i}"), field)
                if f"l{i}" in result.column_names:
                    values = _zoned(judged[field.name].values, flat(result.column(f"l{i}")), field.zone)
                    judged[field.name] = replace(judged[field.name], values=values)
    return judged


def _zoned(values: pa.Array, local: pa.Array, zone: str) -> pa.Array:
    shown = pc.if_else(local, values, pa.scalar(None, values.type))
    return pc.if_else(pc.fill_null(local, False), to_utc(shown, zone), values)


def _trimmed(field: Field, column: str) -> str:
    trimmed = f"trim({column}, ' \t')"
    # With a decimal comma the text is no longer as it was written, and what means missing is null already.
    tokens = ", ".join(literal(token) for token in field.missing) if field.decimal == "." else ""
    return f"CASE WHEN {trimmed} IN ({tokens}) THEN NULL ELSE {trimmed} END AS {column}" if tokens else (
        f"{trimmed} AS {column}")  # fmt: skip


def _judged(field: Field, i: int) -> str:
    judge = rule(field, f"c{i}")
    local = f", {judge.local} AS l{i}" if judge.local else ""
    return f"{judge.value} AS v{i}{local}, CASE WHEN c{i} IS NOT NULL AND v{i} IS NULL THEN {judge.reason} END AS r{i}"


def _quantities(connection: duckdb.DuckDBPyConnection, text: pa.Array, field: Field) -> Typed:
    connection.register("quantity", pa.table({"x": text}))
    parts = f"SELECT x, regexp_extract(x, '{GROUPED}', 1) AS n, regexp_extract(x, '{GROUPED}', 2) AS u FROM quantity"
    number = "TRY_CAST(replace(n, ',', '') AS DOUBLE)"
    numbered = f"SELECT x, CASE WHEN isfinite({number}) THEN {number} END AS n, u FROM ({parts})"
    units = [
        row[0] for row in connection.execute(f"SELECT DISTINCT u FROM ({numbered}) WHERE n IS NOT NULL").fetchall()
    ]
    target = field.unit or ""
    # What goes on with a digit is a number that is not one, such as 13,00: pint would multiply.
    sane = {unit: not unit or unit[0] not in "0123456789,.+-" for unit in units}
    factors = {unit: (conversion(unit, target) if unit else (1.0, 0.0)) if sane[unit] else None for unit in units}
    table = pa.table({
        "u": pa.array(list(factors), pa.string()),
        "factor": pa.array([pair[0] if pair else None for pair in factors.values()], pa.float64()),
        "shift": pa.array([pair[1] if pair else None for pair in factors.values()], pa.float64()),
    })  # fmt: skip
    connection.register("factors", table)
    result = connection.execute(
        f"SELECT n * factor + shift AS v, CASE WHEN x IS NULL OR v IS NOT NULL THEN NULL WHEN n IS NULL "
        f"OR regexp_matches(q.u, '^[0-9,.+-]') THEN 'bad_quantity' ELSE 'unknown_unit' END AS r "
        f"FROM (SELECT *, row_number() OVER () AS place FROM ({numbered})) q LEFT JOIN factors USING (u) ORDER BY place"
    ).fetch_arrow_table()
    return _typed(result.column("v"), result.column("r"), field)


def _typed(values: pa.ChunkedArray, reasons: pa.ChunkedArray, field: Field) -> Typed:
    one = flat(values).cast(TYPES[field.kind])
    return Typed(values=one, reasons=flat(reasons) if reasons.null_count < len(reasons) else None)


def _within(typed: Typed, field: Field) -> Typed:
    """Zero as missing, the range and presence, on values that are of their kind."""
    values, reasons = typed.values, typed.reasons
    none = pa.scalar(None, values.type)
    if field.zero_is_missing:
        values = pc.if_else(pc.fill_null(pc.equal(values, 0), False), none, values)
    at_fault = []
    if field.minimum is not None:
        at_fault.append((pc.fill_null(pc.less(values, field.minimum), False), "below_minimum"))
    if field.maximum is not None:
        at_fault.append((pc.fill_null(pc.greater(values, field.maximum), False), "above_maximum"))
    if field.required:
        at_fault.append((values.is_null(), "missing_required"))
    for found, code in at_fault:
        if pc.any(found).as_py():
            before = reasons if reasons is not None else pa.nulls(len(values), pa.string())
            reasons = pc.if_else(pc.and_(found, before.is_null()), code, before)
    return Typed(values=values, reasons=reasons)
