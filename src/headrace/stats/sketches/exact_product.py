"""Products of matrices whose bits depend on the numbers alone.

    x.T @ y   rows 0..2047: digits of x and y as whole numbers, multiplied and added without rounding
              rows 2048.. : likewise, and added

NumPy leaves products to BLAS, which adds in another order if an array begins at another address, if another thread is
busy, or on another processor; then the last bits differ. Sums of whole numbers below 2^53 are exact in any order, so
each number is cut into digits of 20 bits, as in Ozaki and others: Error-free transformations of matrix multiplication
(2012). The remainder is below 2^-58 of the largest number of a column in a block.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_BLOCK_ROWS = 2_048
_BITS = 20
_DIGITS = 3
# 2 x 20 bits of a product and 11 of the number of rows make 51: no sum is rounded.


def product(x: Floats, y: Floats) -> Floats:
    """`x.T @ y` of finite numbers (n x j, n x k): j x k."""
    total = np.zeros((x.shape[1], y.shape[1]))
    for start in range(0, len(x), _BLOCK_ROWS):
        (xs, x_exponents), (ys, y_exponents) = (_digits(each[start : start + _BLOCK_ROWS]) for each in (x, y))
        block = np.zeros_like(total)
        for order in reversed(range(_DIGITS)):
            # Smallest first: the digits whose places add up to `order`.
            for place in range(order + 1):
                block += np.ldexp(xs[place].T @ ys[order - place], -_BITS * (order + 2))
        total += np.ldexp(block, x_exponents[:, None] + y_exponents)
    return total


def _digits(numbers: Floats) -> tuple[list[Floats], npt.NDArray[np.int32]]:
    # numbers = 2^exponents * (digit 0 * 2^-20 + digit 1 * 2^-40 + ...); digits are whole, at most 2^20.
    exponents = np.frexp(np.abs(numbers).max(axis=0, initial=0.0))[1]
    remainder, digits = np.ldexp(numbers, -exponents), []
    for _ in range(_DIGITS):
        remainder = np.ldexp(remainder, _BITS)
        digits.append(np.rint(remainder))
        remainder -= digits[-1]
    return digits, exponents
