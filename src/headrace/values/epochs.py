"""Numbers as text that count from 1970 on, in a declared unit, as whole microseconds: exactly, or with what is wrong.

s    "1772521200", "1772521200.5", "1.7725212e9"     us    "1772521200000000"
ms   "1772521200000"                                 ns    "1772521200000000000"
ns   "1772521200000000500"     finer: 500 ns are below a microsecond
us   "1772521200000000000"     beyond: in the year 58,138, so it is counted in another unit
"""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pyarrow as pa

from headrace.values.arrow import array, compute
from headrace.values.choose import choose
from headrace.values.column_type import FIRST_US, LAST_US, Resolution
from headrace.values.time_formats import Bools, Ints, Moments

_DIGITS = {"s": 6, "ms": 3, "us": 0}
_WHOLE = r"^(?P<sign>[+-]?)(?P<a>[0-9]*)(?:\.(?P<b>[0-9]{{0,{digits}}})(?P<c>[0-9]*))?$"
# Of nanoseconds the last three digits are below a microsecond.
_NANOS = r"^(?P<sign>[+-]?)(?P<a>[0-9]*?)(?P<b>[0-9]{0,3})(?:\.(?P<c>[0-9]*))?$"
_EXPONENT = r"^[+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})[eE][+-]?[0-9]{1,2}$"


def read_epoch(text: pa.Array, unit: Resolution) -> Moments:
    """Each text that is a number of `unit` since 1970, also with a fraction or an exponent; null is not."""
    parts = compute.extract_regex(
        _without_exponent(text), _NANOS if unit == "ns" else _WHOLE.format(digits=_DIGITS[unit])
    )
    sign, whole, part, rest = (compute.fill_null(compute.struct_field(parts, [place]), "") for place in range(4))
    lengths = [compute.binary_length(one).to_numpy(zero_copy_only=False) for one in (whole, part, rest)]
    found = parts.is_valid().to_numpy(zero_copy_only=False) & (sum(lengths) > 0)
    whole = compute.utf8_ltrim(whole, "0")
    short = compute.binary_length(whole).to_numpy(zero_copy_only=False) <= 18
    count = _number(whole, found & short)
    far = found & ~short
    if unit == "ns":
        finer = _any_digit(part) | _any_digit(rest)
        moment = count
    else:
        digits = _DIGITS[unit]
        far |= count > LAST_US // 10**digits + 1
        moment = np.where(far, 0, count) * 10**digits + _number(compute.utf8_rpad(part, digits, "0"), found)
        finer = _any_digit(rest)
    finer &= found
    negative = compute.equal(sign, "-").to_numpy(zero_copy_only=False)
    # Toward the past, also before 1970.
    moment = np.where(negative, -moment - finer, moment)
    beyond = far | (found & ((moment < FIRST_US) | (moment > LAST_US)))
    return Moments(
        moment_us=np.where(found & ~beyond, moment, 0),
        written=found,
        zoned=found,
        finer=finer & ~beyond,
        beyond=beyond,
    )


def _without_exponent(text: pa.Array) -> pa.Array:
    if not compute.any(compute.match_substring_regex(text, "[eE]")).as_py():
        return text
    values = [
        format(Decimal(one), "f") if one is not None and re.match(_EXPONENT, one) else one for one in text.to_pylist()
    ]
    return array(values, pa.string())


def _number(text: pa.Array, which: Bools) -> Ints:
    there = which & (compute.binary_length(text).to_numpy(zero_copy_only=False) > 0)
    numbers: Ints = choose(array(there), text, "0").cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _any_digit(text: pa.Array) -> Bools:
    found: Bools = compute.match_substring_regex(text, "[1-9]").to_numpy(zero_copy_only=False)
    return found
