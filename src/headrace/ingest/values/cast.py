"""Columns of text to columns of values, with a reason for each value that is not what was declared.

The rules are in `sql_rules`, which run in DuckDB, and `written_times`. A column in which every value is plain (nearly
all are) takes a shorter way through Arrow's casts, which must agree with the rules wherever it succeeds; where a value
is doubtful, it gives up. Columns that have the same rule are typed as one.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import partial
from types import MappingProxyType
from typing import Any, cast

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.duckdb_engine import connected, flat, literal
from headrace.ingest.values.sql_rules import GROUPED, sql_rule
from headrace.ingest.values.typed import Typed
from headrace.ingest.values.value_rule import TEXTS, ValueRule
from headrace.ingest.values.written_numbers import plain_numbers
from headrace.ingest.values.written_times import KINDS as TIMED
from headrace.ingest.values.written_times import typed_times
from headrace.times.local_time import to_utc
from headrace.units import conversion
from headrace.values.batches import Batch, batches, joined
from headrace.values.choose import choose
from headrace.values.column_type import FIRST_US, LAST_US

PROBE_ROWS = 256
US_OF = {"s": 1_000_000, "ms": 1_000, "us": 1}
NS_PER_US = 1_000
REALS = ("float", "duration", "quantity")
"""Kinds that Examples hold as floats of 32 bits."""
TYPES: dict[str, pa.DataType] = {
    "integer": pa.int64(),
    "boolean": pa.int64(),
    "timestamp": pa.int64(),
    "date": pa.int64(),
    "time_of_day": pa.int64(),
    "float": pa.float64(),
    "duration": pa.float64(),
    "quantity": pa.float64(),
    "text": pa.string(),
    "category": pa.string(),
    "identifier": pa.string(),
}


def type_columns(
    texts: Mapping[str, pa.Array],
    rules: Sequence[ValueRule],
    read: Mapping[str, pa.Array] = MappingProxyType({}),
    *,
    not_finite: bool = False,
) -> dict[str, Typed]:
    """The typed column of each rule from its column of text, both by the name of the rule. No kind may be `observed`.

    `read` holds the values, by name, of columns whose text was read already. `not_finite`: NaN and infinity are numbers
    of kind float, as in a source that has them as such.
    """
    rule_of = {rule.name: rule for rule in rules}
    done = {name: _within(Typed(values=values, reasons=None), rule_of[name]) for name, values in read.items()}
    doubtful: list[Batch[str]] = []
    for names in _alike([rule for rule in rules if rule.name not in done]):
        for batch in batches({name: texts[name] for name in names}):
            rule, odd = rule_of[batch.names[0]], dict[str, pa.Array]()
            present = batch.of(_present(batch.values, rule))
            for part, values in present.read(partial(plain_values, rule=rule, not_finite=not_finite)):
                if values is None:
                    odd[part.names[0]] = part.values
                else:
                    done.update(_by_column(part, Typed(values=values, reasons=None), rule))
            if odd:
                doubtful.append(joined(odd))
    for size in sorted({len(batch.values) for batch in doubtful}):  # a query has columns of one length
        same = {batch.names[0]: batch for batch in doubtful if len(batch.values) == size}
        given = {name: batch.values for name, batch in same.items()}
        judged = values_by_rule(given, [rule_of[name] for name in same], not_finite=not_finite)
        for name, batch in same.items():
            done.update(_by_column(batch, judged[name], rule_of[name]))
    return {rule.name: done[rule.name] for rule in rules}


_DECIDE = operator.attrgetter(*(one.name for one in fields(ValueRule) if one.name not in ("name", "default")))
"""The settings of a rule that decide what a text becomes."""


def _alike(rules: Iterable[ValueRule]) -> Iterable[list[str]]:
    """The names of the rules by which texts become the same values."""
    groups: dict[object, list[str]] = {}
    for rule in rules:
        groups.setdefault(_DECIDE(rule), []).append(rule.name)
    return groups.values()


def _by_column(batch: Batch[str], typed: Typed, rule: ValueRule) -> Iterator[tuple[str, Typed]]:
    """The typed columns of a batch, of which all values were typed as those of one column."""
    whole = _within(typed, rule)
    if whole.reasons is None:
        yield from ((name, Typed(values=values, reasons=None)) for name, values in batch.split(whole.values))
        return
    for (name, values), (_, reasons) in zip(batch.split(whole.values), batch.split(whole.reasons), strict=True):
        yield name, Typed(values=values, reasons=reasons if reasons.null_count < len(reasons) else None)


def _present(text: pa.Array, rule: ValueRule) -> pa.Array:
    """`text` without what means missing; numbers with a decimal point and without marks."""
    if rule.is_plain:
        return null_missing(text, rule.missing)
    return plain_numbers(null_missing(pc.utf8_trim(text, characters=" \t"), rule.missing), rule)


def null_missing(text: pa.Array, missing: Sequence[str]) -> pa.Array:
    """`text` with null in place of every value that means missing."""
    for token in missing:
        found = pc.equal(text, pa.scalar(token))
        if pc.any(found).as_py():
            text = choose(found, pa.scalar(None, pa.string()), text)
    return text


def present_floats(text: pa.Array, values: pa.Array, rule: ValueRule) -> pa.Array:
    """`values`, which `text` says in words, without those that mean missing (NaN, where the rule says so)."""
    return choose(null_missing(text, rule.missing).is_valid(), values, pa.scalar(None, values.type))


def plain_values(text: pa.Array, rule: ValueRule, *, not_finite: bool = False) -> pa.Array | None:
    """The values if all of them are written plainly; None if any is doubtful, and the rules must judge."""
    if rule.kind in TEXTS:
        return text
    try:
        if rule.kind == "integer":
            return _plain_integers(text)
        if rule.kind == "boolean":
            return _plain_booleans(text)
        if rule.kind == "float":
            numbers = parsed(text, pa.float64())
            # NaN is written as such; infinity may also be what 1e400 becomes.
            doubtful = pc.is_inf(numbers) if not_finite else pc.invert(pc.is_finite(numbers))
            return None if pc.any(doubtful).as_py() else numbers
        if rule.kind == "timestamp" and not rule.formats:
            return _plain_instants(text, rule)
        if rule.kind == "timestamp" and len(rule.formats) == 1:
            return _plain_counts(text, rule.formats[0])
    except pa.ArrowInvalid:
        return None
    return None


def _plain_counts(text: pa.Array, unit: str) -> pa.Array | None:
    """Whole numbers of a unit since 1970 as microseconds of the years 1 to 9999."""
    if unit not in (*US_OF, "ns") or (counts := _plain_integers(text)) is None:
        return None
    if unit == "ns":
        moments = pc.divide(counts, pa.scalar(NS_PER_US, pa.int64()))
        whole = pc.all(pc.equal(pc.multiply(moments, pa.scalar(NS_PER_US, pa.int64())), counts)).as_py()
    else:
        moments, whole = pc.multiply_checked(counts, pa.scalar(US_OF[unit], pa.int64())), True
    return _in_years(moments) if whole is not False else None


def _in_years(moments: pa.Array) -> pa.Array | None:
    """The moments if all of them are in the years 1 to 9999."""
    low, high = (bound.as_py() for bound in pc.min_max(moments).values())
    return moments if low is None or (low >= FIRST_US and high <= LAST_US) else None


def _plain_integers(text: pa.Array) -> pa.Array | None:
    numbers = parsed(text, pa.int64())
    # Arrow reads 0x1F as 31: only what is written back the same way is plain.
    same = pc.all(pc.equal(numbers.cast(pa.string()), text)).as_py()
    return None if same is False else numbers


def _plain_booleans(text: pa.Array) -> pa.Array | None:
    numbers = pc.index_in(text, pa.array(["false", "true"]))  # as JSON writes them, each at its number
    return numbers.cast(pa.int64()) if numbers.null_count == text.null_count else None


def _plain_instants(text: pa.Array, rule: ValueRule) -> pa.Array | None:
    # Arrow knows a year 0, and hours without minutes.
    colon = pc.equal(pc.utf8_slice_codeunits(text, 13, 14), pa.scalar(":"))
    minutes = pc.or_(colon, pc.equal(lengths(text), pa.scalar(10, pa.int32())))
    if pc.all(minutes).as_py() is False or pc.any(pc.starts_with(text, "0000")).as_py():
        return None
    try:
        return _in_years(parsed(text, pa.timestamp("us", "UTC")).cast(pa.int64()))
    except pa.ArrowInvalid:
        found = to_utc(parsed(text, pa.timestamp("us")).cast(pa.int64()), rule.zone, rule.ambiguous)
        return _in_years(found.utc) if found.skipped is None else None


def parsed(text: pa.Array, kind: pa.DataType) -> pa.Array:
    """Arrow's own reading of text, all or nothing.

    Raises:
        ArrowInvalid: some value can't be read.
    """
    # Arrow makes an error for each value that it can't read, and most columns that fail do so at once.
    for count in (1, PROBE_ROWS):
        if len(text) > count:
            text.slice(0, count).cast(kind)
    return text.cast(kind)


def lengths(text: pa.Array) -> pa.Array:
    """The number of bytes of each text, int32."""
    return cast("Any", pc).binary_length(text)  # which the stubs give arrays of known types alone


def values_by_rule(
    texts: Mapping[str, pa.Array], rules: Sequence[ValueRule], *, not_finite: bool = False
) -> dict[str, Typed]:
    """Values and reasons by the rules, for `texts` by rule name in which missing is null already."""
    judged = {rule.name: _times(texts[rule.name], rule) for rule in rules if rule.kind in TIMED}
    rules = [rule for rule in rules if rule.kind not in TIMED]
    if not rules:
        return judged
    table = pa.table([texts[rule.name] for rule in rules], names=[f"c{i}" for i in range(len(rules))])
    with connected() as connection:
        connection.register("given", table)
        trimmed = ", ".join(_trimmed(rule, f"c{i}") for i, rule in enumerate(rules))
        judges = [_judged(rule, i, not_finite) for i, rule in enumerate(rules)]
        result = connection.execute(
            f"SELECT {', '.join(judges)} FROM (SELECT {trimmed} FROM given)"
        ).fetch_arrow_table()
        for i, rule in enumerate(rules):
            if rule.kind == "quantity":
                judged[rule.name] = _quantities(connection, flat(result.column(f"c{i}")), rule)
            else:
                judged[rule.name] = _typed(result.column(f"v{i}"), result.column(f"r{i}"), rule)
    return judged


def _times(text: pa.Array, rule: ValueRule) -> Typed:
    return typed_times(null_missing(pc.utf8_trim(text, characters=" \t"), rule.missing), rule)


def _trimmed(rule: ValueRule, column: str) -> str:
    trimmed = f"trim({column}, ' \t')"
    # Where the text is no longer as it was written, what means missing is null already.
    tokens = ", ".join(literal(token) for token in rule.missing) if rule.is_plain else ""
    return f"CASE WHEN {trimmed} IN ({tokens}) THEN NULL ELSE {trimmed} END AS {column}" if tokens else (
        f"{trimmed} AS {column}")  # fmt: skip


def _judged(rule: ValueRule, i: int, not_finite: bool) -> str:
    if rule.kind == "quantity":
        return f"c{i}"
    judge = sql_rule(rule, f"c{i}", not_finite=not_finite)
    return f"{judge.value} AS v{i}, CASE WHEN c{i} IS NOT NULL AND v{i} IS NULL THEN {judge.reason} END AS r{i}"


def _quantities(connection: duckdb.DuckDBPyConnection, text: pa.Array, rule: ValueRule) -> Typed:
    connection.register("quantity", pa.table({"x": text}))
    parts = f"SELECT x, regexp_extract(x, '{GROUPED}', 1) AS n, regexp_extract(x, '{GROUPED}', 2) AS u FROM quantity"
    number = "TRY_CAST(replace(n, ',', '') AS DOUBLE)"
    numbered = f"SELECT x, CASE WHEN isfinite({number}) THEN {number} END AS n, u FROM ({parts})"
    units = [
        row[0] for row in connection.execute(f"SELECT DISTINCT u FROM ({numbered}) WHERE n IS NOT NULL").fetchall()
    ]
    target = rule.unit or ""
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
    return _typed(result.column("v"), result.column("r"), rule)


def _typed(values: pa.ChunkedArray, reasons: pa.ChunkedArray, rule: ValueRule) -> Typed:
    one = flat(values).cast(TYPES[rule.kind])
    return Typed(values=one, reasons=flat(reasons) if reasons.null_count < len(reasons) else None)


def _within(typed: Typed, rule: ValueRule) -> Typed:
    """Zero as missing, the range and presence, on values that are of their kind."""
    values, reasons = typed.values, typed.reasons
    if rule.zero_is_missing:
        values = choose(pc.equal(values, pa.scalar(0)).fill_null(False), pa.scalar(None, values.type), values)
    at_fault: list[tuple[Any, str]] = []
    if rule.kind in REALS and (beyond := beyond_float32(values)) is not None:
        at_fault.append((beyond, "beyond_float32"))
    if rule.minimum is not None:
        # NaN is not at least anything.
        at_fault.append(
            (pc.invert(pc.greater_equal(values, pa.scalar(rule.minimum))).fill_null(False), "below_minimum")
        )
    if rule.maximum is not None:
        at_fault.append((pc.invert(pc.less_equal(values, pa.scalar(rule.maximum))).fill_null(False), "above_maximum"))
    if rule.required:
        at_fault.append((values.is_null(), "missing_required"))
    for found, code in at_fault:
        if pc.any(found).as_py():
            before = reasons if reasons is not None else pa.nulls(len(values), pa.string())
            reasons = choose(pc.and_(found, before.is_null()), code, before)
    return Typed(values=values, reasons=reasons)


def beyond_float32(values: pa.Array) -> pa.Array | None:
    """Which numbers would become infinite as a float of 32 bits, as infinity itself is one already; None: none."""
    numbers = values.to_numpy(zero_copy_only=False)  # NaN where there is none
    with np.errstate(over="ignore"):
        infinite = np.isinf(numbers.astype(np.float32))
    return pa.array(infinite & ~np.isinf(numbers)) if infinite.any() else None
