"""Exact sums over ranges of rows, whatever the order of the rows and whatever other rows there are.

    values  1e16  1.0  -1e16  0.1        range of all four  ->  1.1        NumPy's prefix sums say 0.1 or 2.1

A value is split into digits of base 2**32 at fixed places: digit j counts multiples of 2**(32 j). Running sums of
digits are whole numbers in int64, so the difference of two of them is the exact sum of a range, digit by digit, at a
cost that does not depend on the length of the range. Digits are added up as float64 at the end, the lowest first, all
of one sign: the result is within 0.51 units in the last place of the exact sum, and depends on that sum alone. A bucket
has fewer than 2**29 rows.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from headrace.keyed.columns import Ints
from headrace.keyed.event_faults import EventError

Floats = npt.NDArray[np.float64]

_BITS = 32
_MASK = (1 << _BITS) - 1
_MANTISSA = 53


class RangeSums:
    """Running sums of `values`, int64 or finite float64, from which the sum of any range is the difference of two."""

    def __init__(self, values: Ints | Floats) -> None:
        of_digit = _digits(values)
        self._whole = values.dtype == np.int64
        self._running = {}
        for place, digits in sorted(of_digit.items()):
            if digits.any():
                self._running[place] = np.concatenate([np.zeros(1, np.int64), np.cumsum(digits)])

    def sums(self, starts: Ints, ends: Ints) -> Ints | Floats:
        """The sum of each range `starts` (included) to `ends`: int64 of whole numbers, else float64.

        Raises:
            EventError: a sum of whole numbers leaves int64.
        """
        return self._integers(starts, ends) if self._whole else self.floats(starts, ends)

    def floats(self, starts: Ints, ends: Ints) -> Floats:
        """The sums as float64.

        Raises:
            EventError: a sum is larger than any float of 64 bits.
        """
        places = {place: running[ends] - running[starts] for place, running in self._running.items()}
        if not places:
            return np.zeros(len(starts))
        low, high = min(places), max(places)
        zeros = np.zeros(len(starts), np.int64)
        digits = np.stack([places.get(place, zeros) for place in range(low, high + 1)] + [zeros])
        negative = _carry(digits.copy())[-1] < 0
        digits = _carry(np.where(negative, -digits, digits))
        total = np.zeros(len(starts))
        with np.errstate(over="ignore"):
            for place, digit in zip(range(low, high + 2), digits, strict=True):
                total += np.ldexp(digit.astype(np.float64), _BITS * place)
        if np.isinf(total).any():
            words = "the sum is beyond 1.8e308, which no float of 64 bits holds: scale the column in Ingest"
            raise EventError(words, int(np.flatnonzero(np.isinf(total))[0]))
        return np.where(negative, -total, total)

    def _integers(self, starts: Ints, ends: Ints) -> Ints:
        zeros = np.zeros(1, np.int64)
        low, high = (
            running[ends] - running[starts] if len(running) > 1 else np.zeros(len(starts), np.int64)
            for running in (self._running.get(0, zeros), self._running.get(1, zeros))
        )
        high = high + (low >> _BITS)
        beyond = np.flatnonzero((high < -(1 << 31)) | (high >= 1 << 31))
        if len(beyond):
            exact = (int(high[beyond[0]]) << _BITS) | int(low[beyond[0]] & _MASK)
            words = f"the sum is {exact:,}, which does not fit 64 bits: declare the column as a float in Ingest"
            raise EventError(words, int(beyond[0]))
        return (high << _BITS) | (low & _MASK)


def _digits(values: Ints | Floats) -> dict[int, Ints]:
    """Of floats: value = mantissa * 2**exponent, the mantissa whole and below 2**53: it spans three digits at most."""
    if values.dtype == np.int64:
        whole = values.astype(np.int64, copy=False)
        return {0: whole & _MASK, 1: whole >> _BITS}
    fraction, exponent = np.frexp(values)
    mantissa = np.abs(np.ldexp(fraction, _MANTISSA)).astype(np.int64)
    sign = np.where(values < 0, -1, 1)
    exponent = exponent.astype(np.int64) - _MANTISSA
    place = exponent >> 5
    shift = exponent & 31
    low, high = (mantissa & _MASK) << shift, (mantissa >> _BITS) << shift
    parts = (low & _MASK, (low >> _BITS) + (high & _MASK), high >> _BITS)
    digits: dict[int, Ints] = {}
    for first in np.unique(place[mantissa != 0]).tolist():
        here = place == first
        for step, part in enumerate(parts):
            at = digits.setdefault(first + step, np.zeros(len(values), np.int64))
            at[here] += (part * sign)[here]
    return digits


def _carry(digits: Ints) -> Ints:
    """Brings all digits into 0 .. 2**32 - 1, in place, but for the last, which keeps the sign."""
    for lower, upper in itertools.pairwise(digits):
        upper += lower >> _BITS
        lower &= _MASK
    return digits
