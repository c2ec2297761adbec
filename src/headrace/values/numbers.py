"""Columns as whole numbers, floats, decimals and booleans: exactly, or with a fault for each value that can't be.

integers  [7.0, "7"]                ->  7, fault: wrong_type          [2^63 as uint64]  ->  fault: beyond_int64
          [2^53 as a float]         ->  fault: inexact, since 2^53 + 1 is the same float
reals     [7, 2^53 + 1]             ->  7.0, fault: inexact           [NaN, inf]        ->  NaN, inf: not missing
decimals  [1.50 as decimal128, 7]   ->  1.50, 7.00
booleans  [true, 1, 0.0, 2]         ->  true, true, false, fault: not_boolean
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.values.arrow import array, compute, opened
from headrace.values.converted import (
    Bools,
    Column,
    Converted,
    Reason,
    Wrong,
    all_wrong,
    convert,
    valid,
    without,
    wrong_type,
)
from headrace.values.of_arrow import innermost, of_arrow

Floats = npt.NDArray[np.float64]

LEAST, MOST = int(np.iinfo(np.int64).min), int(np.iinfo(np.int64).max)
EXACT_BELOW = 2.0**53
"""From here on, a float64 stands for several whole numbers."""
EXACT_POWERS = 22
"""10 to this power is the greatest power of ten that float64 holds exactly."""

BEYOND_INT64 = Reason(
    code="beyond_int64", words="does not fit a signed integer of 64 bits", cure="store them as text, or as floats"
)
FRACTION = Reason(
    code="fraction", words="is no whole number", cure="round them where they are made, or declare the column as real"
)
NOT_FINITE = Reason(
    code="not_finite",
    words="is NaN or infinite",
    cure="store what is unknown as missing, or declare the column as real",
)
INEXACT = Reason(
    code="inexact",
    words="would lose digits as a float of 64 bits (whole numbers are exact up to 2^53)",
    cure="declare the column as integer or identifier, or store it as text",
)
INEXACT_FLOAT = Reason(
    code="inexact",
    words="is a float so large that neighbouring whole numbers are the same float",
    cure="store it as an integer or as text where it is made: digits may have been lost already",
)
NOT_BOOLEAN = Reason(
    code="not_boolean", words="is neither 0 nor 1", cure="declare the column as integer, or map its values to 0 and 1"
)


def integers(column: Column) -> Converted:
    """Whole numbers as int64: of integers, booleans, and of floats and decimals without a fraction.

    A float from 2^53 on (2^24 of 32 bits, 2^11 of 16 bits) is a fault: other whole numbers become the same float.
    """
    limit = exact_below(column.type)
    return convert(column, lambda values: whole_numbers(values, limit), pa.int64())


def reals(column: Column) -> Converted:
    """Numbers as float64: floats as they are (NaN and infinity too), whole numbers that float64 holds, booleans as 0
    and 1, decimals as the float nearest to them, which is what reading their text gives.
    """
    return convert(column, _reals, pa.float64())


def booleans(column: Column) -> Converted:
    """Booleans, and numbers that are 0 or 1, as Examples hold booleans."""
    return convert(column, _booleans, pa.bool_())


def decimals(column: Column, scale: int | None = None) -> Converted:
    """Exact decimals with `scale` digits after the point: by default as many as the column is stored with.

    Integers have none by default. Floats that are whole are decimals as well; others are not exact ones.
    """
    digits = scale if scale is not None else _scale_of(column)
    limit = exact_below(column.type)
    return convert(column, lambda values: _decimals(values, digits, limit), pa.decimal256(76, digits))


@dataclass(frozen=True, kw_only=True)
class RealCounts:
    """How many values of a column of floats are which; they add up to the rows."""

    finite: int
    nan: int
    infinite: int
    missing: int


def count_reals(values: pa.ChunkedArray | pa.Array) -> RealCounts:
    """Counts what is finite, NaN, infinite and missing in float64, such as `reals` gives."""
    missing = values.null_count
    nan = int(compute.sum(compute.is_nan(values)).as_py() or 0)
    infinite = int(compute.sum(compute.is_inf(values)).as_py() or 0)
    return RealCounts(finite=len(values) - missing - nan - infinite, nan=nan, infinite=infinite, missing=missing)


def as_reals(values: pa.Array) -> Floats:
    """The values that a conversion gave (numbers, times, dates, decimals) as the nearest floats, NaN where missing.

    To sort and to put into bins: neighbours beyond 2^53 may become one.
    """
    kind = values.type
    if pa.types.is_date32(kind):
        values = opened(values).view(pa.int32())
    floats = nearest_floats(values) if pa.types.is_decimal(kind) else filled(values, np.float64)
    return np.where(valid(values), floats, np.nan)


def filled(values: pa.Array, kind: npt.DTypeLike = None) -> npt.NDArray[Any]:
    """Numbers as NumPy has them, or as a `kind` of NumPy, 0 where they are null."""
    found: npt.NDArray[Any] = compute.fill_null(values, pa.scalar(0, values.type)).to_numpy(zero_copy_only=False)
    return found if kind is None else found.astype(kind, copy=False)


def whole_numbers(values: pa.Array, limit: float = EXACT_BELOW) -> tuple[pa.Array, Wrong]:
    """A plain array of numbers as int64, and what is wrong: the conversion of `integers`.

    Floats from `limit` on are none, which is `exact_below` of how the column is stored.
    """
    kind = values.type
    if pa.types.is_boolean(kind) or kind == pa.int64():
        return values.cast(pa.int64()), []
    if kind == pa.uint64():
        beyond = filled(values, np.uint64) > np.uint64(MOST)
        return without(values, beyond).cast(pa.int64()), [(BEYOND_INT64, beyond)]
    if pa.types.is_floating(kind):
        return _whole_floats(values, limit)
    if pa.types.is_decimal(kind):
        return _whole_decimals(values)
    return all_wrong(values, pa.int64(), _not(values, "whole numbers", "integer"))


def _whole_floats(values: pa.Array, limit: float) -> tuple[pa.Array, Wrong]:
    floats = filled(values, np.float64)
    not_finite = ~np.isfinite(floats)
    sane = np.where(not_finite, 0.0, floats)
    fraction = sane != np.floor(sane)
    beyond = (sane < -(2.0**63)) | (sane >= 2.0**63)
    inexact = (np.abs(sane) >= limit) & ~beyond
    wrong = not_finite | fraction | beyond | inexact
    whole = np.where(wrong, 0.0, floats).astype(np.int64)
    found = array(whole, mask=wrong | ~valid(values))
    return found, [
        (NOT_FINITE, not_finite),
        (FRACTION, fraction & ~beyond),
        (INEXACT_FLOAT, inexact),
        (BEYOND_INT64, beyond),
    ]


def exact_below(stored: pa.DataType) -> float:
    """The least whole number > 0 that another one is rounded to, in floats of a type."""
    inner = innermost(stored)
    return 2.0**11 if pa.types.is_float16(inner) else 2.0**24 if pa.types.is_float32(inner) else EXACT_BELOW


def _whole_decimals(values: pa.Array) -> tuple[pa.Array, Wrong]:
    try:
        return values.cast(pa.int64()), []
    except pa.ArrowInvalid:
        pass  # some value has a fraction or does not fit: Python finds out which
    given = values.to_pylist()
    whole = [None if one is None or one != one.to_integral_value() else int(one) for one in given]
    fraction = np.array([one is not None and new is None for one, new in zip(given, whole, strict=True)], bool)
    beyond = np.array([one is not None and not LEAST <= one <= MOST for one in whole], bool)
    found = array([None if far else one for one, far in zip(whole, beyond, strict=True)], pa.int64())
    return found, [(FRACTION, fraction), (BEYOND_INT64, beyond)]


def _reals(values: pa.Array) -> tuple[pa.Array, Wrong]:
    kind = values.type
    if pa.types.is_boolean(kind):
        return values.cast(pa.int8()).cast(pa.float64()), []
    if pa.types.is_floating(kind):
        return values.cast(pa.float64()), []
    if pa.types.is_integer(kind):
        whole = filled(values)
        floats = whole.astype(np.float64)
        limit = 2.0**63 if kind == pa.int64() else 2.0**64
        fits = floats < limit
        inexact = ~fits | (np.where(fits, floats, 0.0).astype(whole.dtype) != whole)
        return array(floats, mask=inexact | ~valid(values)), [(INEXACT, inexact)]
    if pa.types.is_decimal(kind):
        return array(nearest_floats(values), mask=~valid(values)), []
    return all_wrong(values, pa.float64(), _not(values, "numbers", "real"))


def nearest_floats(values: pa.Array) -> Floats:
    """For each decimal the nearest float64, as reading its text gives; 0 for null."""
    scale = values.type.scale
    if pa.types.is_decimal128(values.type) and 0 <= scale <= EXACT_POWERS:
        unscaled = unscaled_floats(values)
        # Both are exact in float64, so their quotient is rounded once, to the nearest.
        if unscaled is not None:
            found: Floats = unscaled / 10.0**scale
            return found
    return np.array([0.0 if one is None else float(one) for one in values.to_pylist()], np.float64)


def unscaled_floats(values: pa.Array) -> Floats | None:
    """The digits of decimals as whole numbers, 0 for null; None if any has more than float64 holds exactly."""
    buffer = values.buffers()[1]
    if buffer is None or not len(values):
        return np.zeros(len(values))
    words = np.frombuffer(memoryview(buffer), "<i8")[2 * values.offset : 2 * (values.offset + len(values))].reshape(
        -1, 2
    )
    there = valid(values)
    low, high = np.where(there, words[:, 0], 0), np.where(there, words[:, 1], 0)
    small = (high == (low >> 63)) & (low >= -(2**53)) & (low <= 2**53)
    return low.astype(np.float64) if small.all() else None


def _booleans(values: pa.Array) -> tuple[pa.Array, Wrong]:
    kind = values.type
    if pa.types.is_boolean(kind):
        return values, []
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return all_wrong(values, pa.bool_(), _not(values, "true and false, or 0 and 1", "boolean"))
    numbers = filled(values)
    other = (numbers != 0) & (numbers != 1)
    return array(numbers == 1, mask=other | ~valid(values)), [(NOT_BOOLEAN, other)]


def _scale_of(column: Column) -> int:
    kind = innermost(column.type)
    return kind.scale if pa.types.is_decimal(kind) else 0


def _decimals(values: pa.Array, scale: int, limit: float) -> tuple[pa.Array, Wrong]:
    to = pa.decimal256(76, scale)
    kind = values.type
    nothing: Bools = np.zeros(len(values), bool)
    if pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        whole, wrong = whole_numbers(values, limit)
        return _decimals(whole, scale, limit)[0], wrong
    if not (pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        return all_wrong(values, to, _not(values, "decimals", "decimal"))
    try:
        if pa.types.is_integer(kind):
            values = values.cast(pa.decimal128(20, 0))
        return values.cast(to), []
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        pass  # some value has more digits than fit, or there is no such cast
    found: list[Decimal | None] = []
    wrong_rows = nothing.copy()
    for row, value in enumerate(values.to_pylist()):
        fits = value is None or _fits(value, scale)
        found.append(value if fits else None)
        wrong_rows[row] = not fits
    reason = Reason(
        code="beyond_decimal",
        words=f"does not fit a decimal of 76 digits, {scale} of them after the point",
        cure="declare the column as real or text",
    )
    return array(found, to), [(reason, wrong_rows)]


def _fits(value: Decimal, scale: int) -> bool:
    _, digits, exponent = value.as_tuple()
    whole = int("".join(map(str, digits)) or "0")
    if not whole:
        return True
    power = int(exponent) + scale
    if power < 0:
        return whole % 10**-power == 0 and whole // 10**-power < 10**76
    return whole * 10**power < 10**76


def _not(values: pa.Array, expected: str, word: str) -> Reason:
    return wrong_type(of_arrow(values.type), expected, f"declare the column as {word} in Ingest, or leave it out here")
