"""From text to values, by kind, in DuckDB: the rules. A value that is not of its kind gets a reason, never a guess.

    integer    "12" -> 12         "1.5", "1_000", "0x1F" -> bad_integer        "9223372036854775808" -> integer_overflow
    float      "1.5e3" -> 1500.0  "nan", "inf", "1e400", "1,5" -> bad_float
    boolean    "true", "Yes", "1" -> 1      "maybe" -> bad_boolean
    timestamp  "2026-03-03T07:00:00.5+02:00" -> 1772514000500000     "yesterday", "2026-02-30" -> bad_timestamp
    duration   "03:40:32" -> 13232.0        "40:32" -> 2432.0        "1:75" -> bad_duration
    quantity   "1,300 ft" in m -> 396.24    "13,00 ft" -> bad_quantity         "3 bananas" -> unknown_unit

Blanks around a value do not count, except in text. DuckDB's own casts are too kind (1.5 becomes 2, 1_000 becomes 1000),
so each rule first says what a value looks like.
"""

from __future__ import annotations

from dataclasses import dataclass

from headrace.ingest.fields import EPOCH_UNITS, Field

WHOLE = r"^[+-]?[0-9]+$"
DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
# Thousands in groups of three, or no grouping at all.
GROUPED = r"^([+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*(.*)$"
MOMENT = (
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
class Rule:
    """SQL over a text `x` (already trimmed, null if missing): its value, and the reason where there is none."""

    value: str
    reason: str


def rule(field: Field, x: str) -> Rule:
    """How the text in SQL expression `x` becomes a value of the kind of `field` (not for a quantity or text)."""
    if field.kind == "integer":
        value = f"CASE WHEN regexp_matches({x}, '{WHOLE}') THEN TRY_CAST({x} AS BIGINT) END"
        reason = f"CASE WHEN regexp_matches({x}, '{WHOLE}') THEN 'integer_overflow' ELSE 'bad_integer' END"
        return Rule(value=value, reason=reason)
    if field.kind == "float":
        return Rule(value=_decimal(x), reason="'bad_float'")
    if field.kind == "boolean":
        value = f"CASE WHEN lower({x}) IN {TRUE} THEN 1::BIGINT WHEN lower({x}) IN {FALSE} THEN 0::BIGINT END"
        return Rule(value=value, reason="'bad_boolean'")
    if field.kind == "duration":
        return Rule(value=_duration(x), reason="'bad_duration'")
    return Rule(value=_moment(field, x), reason="'bad_timestamp'")


def _decimal(x: str) -> str:
    number = f"TRY_CAST({x} AS DOUBLE)"
    return f"CASE WHEN regexp_matches({x}, '{DECIMAL}') AND isfinite({number}) THEN {number} END"


def _duration(x: str) -> str:
    def part(group: int) -> str:
        return f"coalesce(TRY_CAST(regexp_extract({x}, '{CLOCK}', {group}) AS DOUBLE), 0)"

    clock = f"{part(1)} * 3600 + {part(2)} * 60 + {part(3)}"
    return f"CASE WHEN regexp_matches({x}, '{CLOCK}') THEN {clock} ELSE {_decimal(x)} END"


def _moment(field: Field, x: str) -> str:
    if not field.formats:
        return _iso(x, field.zone)
    return "coalesce(" + ", ".join(_by_format(x, item, field.zone) for item in field.formats) + ")"


def _by_format(x: str, item: str, zone: str) -> str:
    if item in EPOCH_UNITS:
        scale = {"s": 1_000_000, "ms": 1_000, "us": 1}[item]
        number = f"TRY_CAST({x} AS DECIMAL(38, 9))"
        return f"CASE WHEN regexp_matches({x}, '{DECIMAL}') THEN TRY_CAST(round({number} * {scale}) AS BIGINT) END"
    parsed = f"try_strptime({x}, {literal(item)})"
    return f"epoch_us({parsed})" if "%z" in item or "%Z" in item else _in_zone(parsed, zone)


def _iso(x: str, zone: str) -> str:
    naive = f"TRY_CAST(regexp_extract({x}, '{MOMENT}', 1) AS TIMESTAMP)"
    # 24:00 is the next day to DuckDB, and year 0 is BC: neither is what people write.
    sane = f"regexp_matches({x}, '{MOMENT}') AND substr({x}, 12, 2) <> '24' AND substr({x}, 1, 4) <> '0000'"
    offset = f"regexp_extract({x}, '{MOMENT}', 2)"
    digits = f"regexp_replace(substr({offset}, 2), ':', '')"
    minutes = f"(TRY_CAST(left({digits}, 2) AS BIGINT) * 60 + coalesce(TRY_CAST(substr({digits}, 3) AS BIGINT), 0))"
    sign = f"CASE WHEN left({offset}, 1) = '-' THEN -1 ELSE 1 END"
    shifted = f"epoch_us({naive}) - {sign} * {minutes} * 60000000"
    return (
        f"CASE WHEN NOT ({sane}) THEN NULL WHEN {offset} = '' THEN {_in_zone(naive, zone)} "
        f"WHEN {offset} IN ('Z', 'z') THEN epoch_us({naive}) ELSE {shifted} END"
    )


def _in_zone(naive: str, zone: str) -> str:
    if zone == "UTC":
        return f"epoch_us({naive})"
    # ICU moves a time that was skipped forward by the hour, but takes the second of a doubled one's two hours. The
    # first is the one that the offset of the day before leads to.
    name = literal(zone)
    last = f"timezone({name}, {naive})"
    first = f"timezone({name}, {naive} - INTERVAL 24 HOUR) + INTERVAL 24 HOUR"
    return f"epoch_us(CASE WHEN timezone({name}, {first}) = {naive} THEN {first} ELSE {last} END)"


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"
