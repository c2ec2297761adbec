"""What conversions must give, one value at a time, in Python's own numbers, decimals and times."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
from arrow_columns import DAY_NS, FIRST_NS, LAST_NS, Day, Instant, Length, OfDay

FAULT = "fault"
INT64 = range(-(2**63), 2**63)


EXACT_BELOW = {"float16": 2**11, "halffloat": 2**11, "float": 2**24, "double": 2**53}
"""The least whole number that another one becomes, as a float."""


def integer(value: Any, stored: str) -> object:
    """The whole number; a float must be one that no other whole number is rounded to."""
    if isinstance(value, (bool, int)):
        return int(value) if value in INT64 else FAULT
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < EXACT_BELOW[stored] else FAULT
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and int(value) in INT64 else FAULT
    return FAULT


def real(value: Any) -> object:
    if isinstance(value, (bool, int)):
        return float(value) if int(float(value)) == value else FAULT
    return float(value) if isinstance(value, (float, Decimal)) else FAULT


def boolean(value: Any) -> object:
    number = isinstance(value, (bool, int, float))
    return bool(value) if number and value in (0, 1) else FAULT


def text(value: Any) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    try:
        return value.decode() if isinstance(value, bytes) else FAULT
    except UnicodeDecodeError:
        return FAULT


def time_us(value: Any) -> object:
    ns = value.ns if isinstance(value, Instant) else value.ms * 10**6 if isinstance(value, Day) else None
    return FAULT if ns is None or ns % 1000 or not FIRST_NS <= ns <= LAST_NS else ns // 1000


def day(value: Any) -> object:
    us = time_us(value)
    return FAULT if us == FAULT or us * 1000 % DAY_NS else us * 1000 // DAY_NS  # type: ignore[operator]


def duration_us(value: Any) -> object:
    if isinstance(value, (Length, OfDay)):
        return FAULT if value.ns % 1000 or value.ns // 1000 not in INT64 else value.ns // 1000
    return FAULT


def time_of_day_us(value: Any) -> object:
    return duration_us(value) if isinstance(value, OfDay) else FAULT


def decimal(value: Any, stored: str) -> object:
    if isinstance(value, float):
        found = integer(value, stored)
        return FAULT if found == FAULT else Decimal(int(value))
    return Decimal(value) if isinstance(value, (bool, int, Decimal)) else FAULT


def key(value: Any, stored: str) -> object:
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bool, int, float, Decimal)):
        return integer(value, stored)
    if isinstance(value, (Instant, Day)):
        return time_us(value)
    return duration_us(value)


def feature(value: Any, scale: int) -> object:
    """The single value of a feature."""
    if isinstance(value, (bool, int)) or (isinstance(value, Decimal) and scale <= 0):
        return integer(value, "")
    if isinstance(value, (float, Decimal)):
        with np.errstate(over="ignore"):
            narrow = float(np.float32(float(value)))
        return FAULT if math.isinf(narrow) and not math.isinf(float(value)) else narrow
    if isinstance(value, bytes):
        return value
    return time_us(value) if isinstance(value, (Instant, Day)) else duration_us(value)
