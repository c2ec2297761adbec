"""Columns as keys, by which rows of two tables meet: equal values are equal keys, whatever either table stores them as.

    int32 7, int64 7, uint64 7, 7.0, decimal 7.00, dictionary 7    ->  number 7          "7"        ->  text b"7"
    "a", b"a", large_string "a", dictionary "a"                    ->  text b"a"         b"\\xff"    ->  text b"\\xff"
    date 2026-03-03, timestamp[s] 2026-03-03 00:00                 ->  time 1772496000000000
    uint64 2^64 - 1                                                ->  fault, not the number -1
    123.5, 2^53 as a float                                         ->  fault: keys are whole, and exact

A key does not depend on other values of its column, so that two files can be put in buckets apart from each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from headrace.values.column_type import ColumnType, Kind
from headrace.values.converted import Column, Converted, Reason, Wrong, all_wrong, convert, wrong_type
from headrace.values.numbers import BEYOND_INT64, FRACTION, exact_below, whole_numbers
from headrace.values.of_arrow import innermost, of_arrow
from headrace.values.times import durations_us, times_of_day_us, times_us

Family = Literal["number", "text", "time", "time_of_day", "duration", "blank", "none"]
"""What a key can be compared with: keys of two families never meet, but for `blank`, which has no value."""

_FAMILIES: dict[Kind, Family] = {
    "integer": "number", "real": "number", "decimal": "number", "boolean": "number", "quantity": "number",
    "text": "text", "category": "text", "identifier": "text", "bytes": "text", "time": "time", "date": "time",
    "time_of_day": "time_of_day", "duration": "duration", "blank": "blank",
}  # fmt: skip

FRACTIONAL_KEY = Reason(
    code=FRACTION.code,
    words="has a fraction, and keys are whole numbers, text or times",
    cure="join by another column, or store this one as text",
)
BEYOND_KEY = Reason(
    code=BEYOND_INT64.code,
    words="does not fit a signed integer of 64 bits",
    cure="store the key as text in both tables",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Keys(Converted):
    """Keys of one family: int64 numbers or microseconds, or binary text."""

    family: Family


def keys(column: Column, declared: ColumnType | None = None) -> Keys:
    """The column as keys; `declared` says that whole numbers are times, dates or durations, and what they count."""
    family = family_of(column.type, declared)
    found: Converted
    if family == "number":
        limit = exact_below(column.type)
        found = convert(column, lambda values: _numbers(values, limit), pa.int64())
    elif family == "time":
        found = times_us(column, declared)
    elif family == "time_of_day":
        found = times_of_day_us(column, declared)
    elif family == "duration":
        found = durations_us(column, declared)
    else:
        found = convert(column, _bytes, pa.binary())
    return Keys(values=found.values, faults=found.faults, family=family)


def family_of(stored: pa.DataType, declared: ColumnType | None = None) -> Family:
    """What keys of an Arrow type, single or in lists as Examples hold them, can be compared with."""
    kind = of_arrow(innermost(stored))
    # Identifiers, categories and booleans may be stored as numbers: how they are stored decides what they can equal.
    if declared is not None and declared.kind in ("time", "date", "time_of_day", "duration") and kind.is_number:
        kind = declared
    return _FAMILIES.get(kind.kind, "none")


def families_meet(left: Family, right: Family) -> bool:
    """Whether keys of both can be equal; blank ones meet nothing and harm nothing."""
    return "none" not in (left, right) and (left == right or "blank" in (left, right))


def _numbers(values: pa.Array, limit: float) -> tuple[pa.Array, Wrong]:
    found, wrong = whole_numbers(values, limit)
    return found, [(_OF_KEYS.get(reason.code, reason), mask) for reason, mask in wrong]


def _bytes(values: pa.Array) -> tuple[pa.Array, Wrong]:
    if pa.types.is_string(values.type) or pa.types.is_binary(values.type):
        return values.cast(pa.binary()), []
    return all_wrong(values, pa.binary(), wrong_type(of_arrow(values.type), "keys", "join by another column"))


_OF_KEYS = {FRACTION.code: FRACTIONAL_KEY, BEYOND_INT64.code: BEYOND_KEY}
