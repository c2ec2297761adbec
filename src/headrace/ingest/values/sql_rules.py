"""From text to values, by kind, in DuckDB: the rules. A value that is not of its kind gets a reason, never a guess.

    integer    "12" -> 12         "1.5", "1_000", "0x1F" -> bad_integer        "9223372036854775808" -> integer_overflow
    float      "1.5e3" -> 1500.0  "nan", "inf", "1e400", "1,5" -> bad_float
    boolean    "true", "Yes", "1" -> 1      "maybe" -> bad_boolean
    duration   "03:40:32" -> 13232.0        "40:32" -> 2432.0        "1:75" -> bad_duration
    quantity   "1,300 ft" in m -> 396.24    "13,00 ft" -> bad_quantity         "3 bananas" -> unknown_unit

Blanks around a value are ignored, except in text. DuckDB's own casts are too lenient (1.5 becomes 2, 1_000 becomes
1000), so each rule first checks what a value looks like.
"""

from __future__ import annotations

from dataclasses import dataclass

from headrace.ingest.values.value_rule import ValueRule

WHOLE = r"^[+-]?[0-9]+$"
DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
# Thousands in groups of three, or no grouping at all.
GROUPED = r"^([+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*(.*)$"
CLOCK = r"^(?:(\d+):)?([0-5]?\d):([0-5]\d(?:\.\d+)?)$"
NOT_FINITE = r"^[+-]?(?i:nan|inf|infinity)$"
TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")

EXPECTED = {
    "bad_integer": "expected a whole number",
    "integer_overflow": "expected a whole number of at most 64 bits",
    "bad_float": "expected a finite number with a decimal",
    "bad_boolean": "expected true or false",
    "bad_timestamp": "expected a time",
    "bad_date": "expected a date",
    "bad_time_of_day": "expected a time of day",
    "beyond_years": "expected a time in the years 1 to 9999 (is it counted in another unit?)",
    "below_us": "expected whole microseconds (finer='floor' takes the one before)",
    "no_such_local_time": "expected a time that clocks of the zone show; they skip this one",
    "ambiguous_local_time": "expected a time that clocks of the zone show once; write its offset",
    "beyond_float32": "expected at most 3.4e38, as Examples hold floats of 32 bits",
    "bad_duration": "expected a duration such as 03:40:32, 40:32 or seconds",
    "bad_quantity": "expected a number with a unit",
    "unknown_unit": "expected another unit",
    "missing_required": "expected a value, as it is required",
    "below_minimum": "expected at least",
    "above_maximum": "expected at most",
}


@dataclass(frozen=True, kw_only=True)
class SqlRule:
    """SQL over a text `x` (already trimmed, null if missing): its value, and the reason where there is none."""

    value: str
    reason: str


def sql_rule(rule: ValueRule, x: str, *, not_finite: bool = False) -> SqlRule:
    """How the text in SQL expression `x` becomes a value of the kind of `rule`: of integer, float, boolean, duration.

    `not_finite`: NaN and infinity are floats.
    """
    if rule.kind == "integer":
        value = f"CASE WHEN regexp_matches({x}, '{WHOLE}') THEN TRY_CAST({x} AS BIGINT) END"
        reason = f"CASE WHEN regexp_matches({x}, '{WHOLE}') THEN 'integer_overflow' ELSE 'bad_integer' END"
        return SqlRule(value=value, reason=reason)
    if rule.kind == "float":
        value = _decimal(x)
        if not_finite:
            value = f"CASE WHEN regexp_matches({x}, '{NOT_FINITE}') THEN TRY_CAST({x} AS DOUBLE) ELSE {value} END"
        return SqlRule(value=value, reason="'bad_float'")
    if rule.kind == "boolean":
        value = f"CASE WHEN lower({x}) IN {TRUE} THEN 1::BIGINT WHEN lower({x}) IN {FALSE} THEN 0::BIGINT END"
        return SqlRule(value=value, reason="'bad_boolean'")
    return SqlRule(value=_duration(x), reason="'bad_duration'")


def _decimal(x: str) -> str:
    number = f"TRY_CAST({x} AS DOUBLE)"
    return f"CASE WHEN regexp_matches({x}, '{DECIMAL}') AND isfinite({number}) THEN {number} END"


def _duration(x: str) -> str:
    def part(group: int) -> str:
        return f"coalesce(TRY_CAST(regexp_extract({x}, '{CLOCK}', {group}) AS DOUBLE), 0)"

    clock = f"{part(1)} * 3600 + {part(2)} * 60 + {part(3)}"
    return f"CASE WHEN regexp_matches({x}, '{CLOCK}') THEN {clock} ELSE {_decimal(x)} END"
