"""From text to values, by kind, in DuckDB: the rules. A value that is not of its kind gets a reason, never a guess.

    integer    "12" -> 12         "1.5", "1_000", "0x1F" -> bad_integer        "9223372036854775808" -> integer_overflow
    float      "1.5e3" -> 1500.0  "nan", "inf", "1e400", "1,5" -> bad_float
    boolean    "true", "Yes", "1" -> 1      "maybe" -> bad_boolean
    timestamp  "2026-03-03T07:00:00.5+02:00" -> 1772514000500000     "yesterday", "2026-02-30" -> bad_timestamp
    duration   "03:40:32" -> 13232.0        "40:32" -> 2432.0        "1:75" -> bad_duration
    quantity   "1,300 ft" in m -> 396.24    "13,00 ft" -> bad_quantity         "3 bananas" -> unknown_unit

Blanks around a value are ignored, except in text. DuckDB's own casts are too lenient (1.5 becomes 2, 1_000 becomes
1000), so each rule first checks what a value looks like.
"""

from __future__ import annotations

from dataclasses import dataclass

from headrace.duckdb_engine import literal
from headrace.ingest.values.value_rule import EPOCH_UNITS, ValueRule

WHOLE = r"^[+-]?[0-9]+$"
DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
# Thousands in groups of three, or no grouping at all.
GROUPED = r"^([+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*(.*)$"
INSTANT = (
    r"^(\d{4}-\d{2}-\d{2}(?:[T ][0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)?)(?:\d*)\s*"
    r"(Z|z|[+-]\d{2}(?::?\d{2})?)?$"
)
CLOCK = r"^(?:(\d+):)?([0-5]?\d):([0-5]\d(?:\.\d+)?)$"
TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")

EXPECTED = {
    "bad_integer": "expected a whole number",
    "integer_overflow": "expected a whole number of at most 64 bits",
    "bad_float": "expected a finite number with a decimal",
    "bad_boolean": "expected true or false",
    "bad_timestamp": "expected a time",
    "bad_duration": "expected a duration such as 03:40:32, 40:32 or seconds",
    "bad_quantity": "expected a number with a unit",
    "unknown_unit": "expected another unit",
    "missing_required": "expected a value, as it is required",
    "below_minimum": "expected at least",
    "above_maximum": "expected at most",
}


@dataclass(frozen=True, kw_only=True)
class SqlRule:
    """SQL over a text `x` (already trimmed, null if missing): its value, and the reason where there is none.

    `local` is SQL for whether the value is what a clock in the zone of the rule shows, so that it is not yet in UTC.
    """

    value: str
    reason: str
    local: str | None = None


def sql_rule(rule: ValueRule, x: str) -> SqlRule:
    """How the text in SQL expression `x` becomes a value of the kind of `rule` (not for a quantity or text)."""
    if rule.kind == "integer":
        value = f"CASE WHEN regexp_matches({x}, '{WHOLE}') THEN TRY_CAST({x} AS BIGINT) END"
        reason = f"CASE WHEN regexp_matches({x}, '{WHOLE}') THEN 'integer_overflow' ELSE 'bad_integer' END"
        return SqlRule(value=value, reason=reason)
    if rule.kind == "float":
        return SqlRule(value=_decimal(x), reason="'bad_float'")
    if rule.kind == "boolean":
        value = f"CASE WHEN lower({x}) IN {TRUE} THEN 1::BIGINT WHEN lower({x}) IN {FALSE} THEN 0::BIGINT END"
        return SqlRule(value=value, reason="'bad_boolean'")
    if rule.kind == "duration":
        return SqlRule(value=_duration(x), reason="'bad_duration'")
    return _instant(rule, x)


def _decimal(x: str) -> str:
    number = f"TRY_CAST({x} AS DOUBLE)"
    return f"CASE WHEN regexp_matches({x}, '{DECIMAL}') AND isfinite({number}) THEN {number} END"


def _duration(x: str) -> str:
    def part(group: int) -> str:
        return f"coalesce(TRY_CAST(regexp_extract({x}, '{CLOCK}', {group}) AS DOUBLE), 0)"

    clock = f"{part(1)} * 3600 + {part(2)} * 60 + {part(3)}"
    return f"CASE WHEN regexp_matches({x}, '{CLOCK}') THEN {clock} ELSE {_decimal(x)} END"


def _instant(rule: ValueRule, x: str) -> SqlRule:
    ways = [_by_format(x, item) for item in rule.formats] or [_iso(x)]
    value = "coalesce(" + ", ".join(value for value, _ in ways) + ")"
    local = "CASE " + " ".join(f"WHEN {value} IS NOT NULL THEN {local}" for value, local in ways) + " END"
    return SqlRule(value=value, reason="'bad_timestamp'", local=local if rule.zone != "UTC" else None)


def _by_format(x: str, item: str) -> tuple[str, str]:
    if item in EPOCH_UNITS:
        return _epoch(x, item), "false"
    # DuckDB computes with the offset itself: no database of zones is asked.
    has_offset = "%z" in item.replace("%%", "")
    return f"epoch_us(try_strptime({x}, {literal(item)}))", "false" if has_offset else "true"


def _epoch(x: str, unit: str) -> str:
    digits = {"s": 6, "ms": 3, "us": 0}[unit]
    # A decimal of 18 digits is many times as fast as one of 38, and exact for every time that people write. Whole part
    # and fraction are scaled apart: together they would need more digits.
    short = rf"^[+-]?[0-9]{{1,{18 - digits}}}(\.[0-9]{{0,9}})?$"
    number = f"CASE WHEN regexp_matches({x}, '{short}') THEN CAST({x} AS DECIMAL(18, {digits})) END"
    whole = f"CAST(trunc({number}) AS BIGINT)"
    fraction = f"CAST(({number} - trunc({number})) * {10**digits} AS BIGINT)"
    long = f"round(TRY_CAST({x} AS DECIMAL(38, 9)) * {10**digits})"
    return (
        f"coalesce({whole} * {10**digits} + {fraction}, "
        f"CASE WHEN regexp_matches({x}, '{DECIMAL}') THEN TRY_CAST({long} AS BIGINT) END)"
    )


def _iso(x: str) -> tuple[str, str]:
    naive = f"TRY_CAST(regexp_extract({x}, '{INSTANT}', 1) AS TIMESTAMP)"
    # 24:00 is the next day to DuckDB, and year 0 is BC: neither is what people write.
    sane = f"regexp_matches({x}, '{INSTANT}') AND substr({x}, 12, 2) <> '24' AND substr({x}, 1, 4) <> '0000'"
    offset = f"regexp_extract({x}, '{INSTANT}', 2)"
    digits = f"regexp_replace(substr({offset}, 2), ':', '')"
    minutes = f"(TRY_CAST(left({digits}, 2) AS BIGINT) * 60 + coalesce(TRY_CAST(substr({digits}, 3) AS BIGINT), 0))"
    sign = f"CASE WHEN left({offset}, 1) = '-' THEN -1 ELSE 1 END"
    shifted = f"epoch_us({naive}) - {sign} * {minutes} * 60000000"
    value = (
        f"CASE WHEN NOT ({sane}) THEN NULL WHEN {offset} IN ('', 'Z', 'z') THEN epoch_us({naive}) ELSE {shifted} END"
    )
    return value, f"{offset} = ''"
