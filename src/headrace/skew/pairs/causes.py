"""What may explain that the values of one feature differ between training and serving.

    training 5.0 6.1 4.8    serving 8.047 9.817 7.725    ->  "a constant factor of 1.60934 (miles -> km, ...)"
    training "Oslo " "Rome"  serving "oslo" "rome"       ->  "differ by case or blanks only"

The simplest cause that explains at least `SHARE` of the mismatches is named.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from headrace.skew.hints.unit_change import FACTORS
from headrace.skew.profiles.profile import Floats
from headrace.values.column_type import PER_SECOND, Resolution
from headrace.values.show import show_duration
from headrace.words import number

SHARE = 0.9
FEWEST = 5
"""Mismatches that there must be for a cause to be looked for."""
CLOSE = 1e-3
"""Relative error within which a factor or offset holds: served values are often rounded."""
FLOAT_DIGITS = 17
LAST_BITS = 4 * 2.0**-23

_HOUR_UNITS = ((1e17, 3.6e12), (1e14, 3.6e9), (1e11, 3.6e6), (1e8, 3.6e3))
"""Smallest time since 1970 in ns, us, ms and s, and how many of the unit are an hour."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def numeric_cause(a: Floats, b: Floats, *, whole: bool = False) -> str:
    """The cause of mismatches between numbers `a` (training) and `b` (serving); empty if none is found.

    `whole`: both sides are stored as whole numbers, of which no digit is lost.
    """
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < max(FEWEST, SHARE * len(a)):
        return _never_a_number(a, b)
    a, b = a[known], b[known]
    precision = () if whole else (_last_bits, _rounded)
    others = (_sign, _default, _capped, _since_1970, _hours, _factor, _offset, _affine)
    with np.errstate(over="ignore", invalid="ignore"):  # the largest floats are further apart than a float can say
        return next((words for guess in (_digits, *precision, *others) if (words := guess(a, b))), "")


def time_cause(a: Ints, b: Ints, unit: Resolution) -> str:
    """The cause of mismatches between times or lengths of time `a` (training) and `b` (serving), counted in a unit."""
    per_second = PER_SECOND[unit]
    for words, seconds in (("seconds", 1), ("minutes", 60), ("hours", 3_600), ("days", 86_400)):
        step = seconds * per_second
        for side, cut, exact in (("serving", b, a), ("training", a, b)):
            if _mostly(cut == exact // step * step):
                return f"{side} is cut to whole {words}"
    shifts = b - a
    shift = int(np.median(shifts))
    if not shift or not _mostly(np.abs(shifts - shift) <= CLOSE * abs(shift)):
        return ""
    hours = shift / (3_600 * per_second)
    if _is_of_zones(hours):
        return f"shifted by {hours:+.4g} hours"
    return f"shifted by {show_duration(shift, unit)}"


def _is_of_zones(hours: float) -> bool:
    # Clocks of two zones are quarters of hours apart.
    return bool(abs(hours * 4 - round(hours * 4)) < 0.01 and abs(hours) > 0.24)


def _never_a_number(a: Floats, b: Floats) -> str:
    for values, side in ((b, "serving"), (a, "training")):
        if np.mean(~np.isfinite(values)) >= SHARE:
            return f"{side} has NaN or infinity"
    return ""


def _mostly(holds: Bools) -> bool:
    return bool(np.mean(holds) >= SHARE)


def _digits(a: Floats, b: Floats) -> str:
    return "differ in digits beyond 2^53, which are lost where a number goes through a float" if _mostly(a == b) else ""


def _last_bits(a: Floats, b: Floats) -> str:
    if _mostly(np.abs(a - b) <= LAST_BITS * np.maximum(np.abs(a), np.abs(b))):
        return "differ in the last bits only, as float32 does from float64"
    return ""


def _rounded(a: Floats, b: Floats) -> str:
    for side, rounded, exact in (("serving", b, a), ("training", a, b)):
        for decimals in range(6):
            off = np.abs(np.round(exact, decimals) - rounded) <= LAST_BITS * np.maximum(np.abs(rounded), 1)
            if _mostly(off) and np.ptp(exact):
                return f"{side} is rounded to {decimals} decimals"
        if _mostly(np.trunc(exact) == rounded) and np.ptp(exact):
            return f"{side} is cut to whole numbers"
    return ""


def _sign(a: Floats, b: Floats) -> str:
    return "the sign is reversed" if _mostly(a == -b) else ""


def _default(a: Floats, b: Floats) -> str:
    for side, values, other in (("serving", b, a), ("training", a, b)):
        value = _usual(values)
        inside = value == 0 or other.min() <= value <= other.max() or value in (-1, -999, 999, 9999, -9999)
        if inside and _mostly(values == value) and len(np.unique(other)) > 2:
            return f"{side} has the default {number(value)} in place of values"
    return ""


def _capped(a: Floats, b: Floats) -> str:
    for side, values, other in (("serving", b, a), ("training", a, b)):
        value = _usual(values)
        if _mostly(values == value) and len(np.unique(other)) > 2:
            if np.all(other >= value):
                return f"{side} is capped at {number(value)}"
            if np.all(other <= value):
                return f"{side} is at least {number(value)}"
            return f"{side} has the constant {number(value)}"
    return ""


def _usual(values: Floats) -> float:
    found, counts = np.unique(values, return_counts=True)
    return float(found[np.argmax(counts)])


def _since_1970(a: Floats, b: Floats) -> str:
    size = float(np.median(np.abs(a)))
    hour = next((hour for least, hour in _HOUR_UNITS if size >= least), None)
    if hour is None:
        return ""
    shift = float(np.median(b - a))
    hours = shift / hour
    if _mostly(np.abs(b - a - shift) <= CLOSE * hour) and _is_of_zones(hours):
        return f"shifted by {hours:+.4g} hours"
    return ""


def _hours(a: Floats, b: Floats) -> str:
    # Hours of the day: 23 and 1 are two hours apart.
    of_day = all(np.all((v == np.floor(v)) & (v >= 0) & (v <= 23)) for v in (a, b))
    if not of_day or len(np.unique(a)) < 6:
        return ""
    apart = np.mod(b - a, 24)
    shift = _usual(apart)
    if shift and _mostly(apart == shift):
        return f"hours of the day, shifted by {shift if shift <= 12 else shift - 24:+g} hours"
    return ""


def _factor(a: Floats, b: Floats) -> str:
    known = a != 0
    if known.sum() < FEWEST or len(np.unique(a)) < 3:
        return ""
    factor = float(np.median(b[known] / a[known]))
    if not factor or abs(factor - 1) <= CLOSE or not _mostly(np.abs(b - factor * a) <= CLOSE * np.abs(b)):
        return ""
    factor = float(np.sum(b * a) / np.sum(a * a)) if np.isfinite(np.sum(a * a)) else factor
    unit = next((f" ({words})" for value, words in FACTORS if abs(factor / value - 1) <= CLOSE), "")
    return f"a constant factor of {factor:.6g}{unit}"


def _offset(a: Floats, b: Floats) -> str:
    offset = float(np.median(b - a))
    if not offset or len(np.unique(a)) < 3:
        return ""
    slack = CLOSE * abs(offset) + LAST_BITS * np.maximum(np.abs(a), np.abs(b))
    if not _mostly(np.abs(b - a - offset) <= slack):
        return ""
    kelvin = " (degrees C -> K)" if abs(offset - 273.15) < 0.01 else ""
    return f"a constant offset of {offset:+.6g}{kelvin}"


def _affine(a: Floats, b: Floats) -> str:
    low, high = np.argmin(a), np.argmax(a)
    if a[low] == a[high] or len(np.unique(a)) < 4:
        return ""
    factor = (b[high] - b[low]) / (a[high] - a[low])
    offset = b[low] - factor * a[low]
    if not factor or not _mostly(np.abs(b - (factor * a + offset)) <= CLOSE * max(float(np.ptp(b)), 1e-300)):
        return ""
    known = {(1.8, 32.0): " (degrees C -> F)", (1 / 1.8, -32 / 1.8): " (degrees F -> C)"}
    unit = next((w for (f, o), w in known.items() if abs(factor - f) < 0.01 and abs(offset - o) < 0.5), "")
    return f"serving is {factor:.4g} x training {offset:+.4g}{unit}"


def text_cause(a: Sequence[object], b: Sequence[object]) -> str:
    """The cause of mismatches where a side is text or a list; empty if none is found."""
    pairs = list(zip(a, b, strict=True))
    if len(pairs) < FEWEST:
        return ""
    for words, explains in _TEXT_CAUSES:
        if sum(explains(x, y) for x, y in pairs) >= SHARE * len(pairs):
            return words
    for side, values, other in (("serving", b, a), ("training", a, b)):
        (value, count), *_ = Counter(map(repr, values)).most_common(1)
        if count >= SHARE * len(pairs) and len(set(map(repr, other))) > 2:
            return f"{side} has the default {value} in place of values"
    return ""


def swapped(served: Sequence[object], trained: Sequence[object]) -> bool:
    """Whether the values of a feature in serving are those of another feature in training."""
    equal = sum(x == y for x, y in zip(served, trained, strict=True))
    return len(served) >= FEWEST and equal >= SHARE * len(served) and len(set(map(repr, served))) > 2


def _as_number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, (int, float, str)) else None
    except ValueError:
        return None


def _same_number(x: object, y: object) -> bool:
    a, b = _as_number(x), _as_number(y)
    return isinstance(x, str) != isinstance(y, str) and a is not None and b is not None and _near(a, b)


def _near(a: float, b: float) -> bool:
    return abs(a - b) <= LAST_BITS * max(abs(a), abs(b))


def _same_but_blanks_and_case(x: object, y: object) -> bool:
    return _is_text(x, y) and "".join(str(x).split()).casefold() == "".join(str(y).split()).casefold()


def _cut(x: object, y: object) -> bool:
    return isinstance(x, (str, list)) and isinstance(y, (str, list)) and type(x) is type(y) and x[: len(y)] == y


def _same_number_as_text(x: object, y: object) -> bool:
    a, b = _as_number(x), _as_number(y)
    if not _is_text(x, y) or a is None or b is None:
        return False
    # Of more digits than a float holds, each counts.
    return _near(a, b) if max(len(str(x)), len(str(y))) <= FLOAT_DIGITS else Decimal(str(x)) == Decimal(str(y))


def _reordered(x: object, y: object) -> bool:
    return isinstance(x, list) and isinstance(y, list) and Counter(map(repr, x)) == Counter(map(repr, y))


def _misread(x: object, y: object) -> bool:
    if not _is_text(x, y):
        return False
    return str(x).encode().decode("latin-1") == y or str(y).encode().decode("latin-1") == x


def _is_text(x: object, y: object) -> bool:
    return isinstance(x, str) and isinstance(y, str)


def _same_text_in_another_form(x: object, y: object) -> bool:
    return _is_text(x, y) and unicodedata.normalize("NFC", str(x)) == unicodedata.normalize("NFC", str(y))


def _same_but_zeros_in_front(x: object, y: object) -> bool:
    return _is_text(x, y) and str(x).isdigit() and str(y).isdigit() and str(x).lstrip("0") == str(y).lstrip("0")


_TEXT_CAUSES = (
    ("the same numbers, as text on one side", _same_number),
    ("the same text in another Unicode form (NFC and NFD)", _same_text_in_another_form),
    ("the same digits, with zeros in front on one side", _same_but_zeros_in_front),
    ("differ by case or blanks only", _same_but_blanks_and_case),
    ("the same values in another order", _reordered),
    ("UTF-8 was read as Latin-1 on one side", _misread),
    ("the same numbers, written differently", _same_number_as_text),
    ("serving is cut off", _cut),
    ("training is cut off", lambda x, y: _cut(y, x)),
)
