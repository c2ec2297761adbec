"""When floats of different precision are the same number.

    text   float32 of it      float64 of it           plainly     by same_reals
    0.1    0.100000001490..   0.1000000000000000055   unequal     same

Law: for every decimal text of up to 15 digits, the float32 and the float64 that read it are the same. So are NaN and
NaN, 0 and -0. Floats of one precision are the same only if they are equal; and a float32 and a float64 are never the
same if the float64 rounds, and its shortest decimal rounds, to another float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.values.arrow import array
from headrace.values.numbers import EXACT_BELOW

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]


def same_reals(left: Numbers, right: Numbers) -> Bools:
    """Whether numbers of two sides, one by one, are the same at the precision of the narrower.

    Both are floats or integers of any width. Integers are compared with integers and with floats of 64 bits exactly,
    and with narrower floats as these hold them.
    """
    if left.dtype.kind not in "f" or right.dtype.kind not in "f":
        return _with_integers(left, right)
    narrow, wide = (left, right) if left.dtype.itemsize <= right.dtype.itemsize else (right, left)
    with np.errstate(over="ignore"):  # what rounds to infinity is told apart below
        same = (narrow == wide.astype(narrow.dtype)) | (np.isnan(narrow) & np.isnan(wide))
    if narrow.dtype == wide.dtype:
        found: Bools = same
        return found
    # Rounding is not finite where it leaves the range: that 1e300 rounds to infinity does not make it infinite.
    same &= np.isfinite(narrow) | ~np.isfinite(wide)
    if narrow.dtype == np.float32:
        rest = np.flatnonzero(~same & np.isfinite(narrow) & np.isfinite(wide))
        same[rest] = narrow[rest] == _read_anew(wide[rest])
    return same


def widened(values: Numbers) -> npt.NDArray[np.float64]:
    """float32 as the float64 of its shortest decimal: 0.1 for the float32 that reads 0.1.

    Law: for every decimal text of up to 6 digits, `widened` of its float32 is its float64. Other floats stay.
    """
    if values.dtype == np.float16:
        values = values.astype(np.float32)
    if values.dtype != np.float32:
        return values.astype(np.float64)
    found: npt.NDArray[np.float64] = array(values).cast(pa.string()).cast(pa.float64()).to_numpy()
    return found


def _read_anew(wide: Numbers) -> Numbers:
    # Rounding twice, to float64 and then to float32, can miss the float32 that reading the text gives at once.
    return array(wide.astype(np.float64)).cast(pa.string()).cast(pa.float32()).to_numpy()


def _exactly(found: Bools, floats: Numbers, whole: Numbers) -> None:
    """Clears what was `found` equal as floats and is not as whole numbers, which may be from 2^53 on."""
    large = np.flatnonzero(found & (np.abs(floats) >= EXACT_BELOW))
    if len(large):
        given, exact = floats[large], whole[large]
        beyond = given >= float(np.iinfo(whole.dtype).max)  # which is rounded up to a number that does not fit
        found[large] = ~beyond & (np.where(beyond, 0.0, given).astype(whole.dtype) == exact)


def _with_integers(left: Numbers, right: Numbers) -> Bools:
    if left.dtype.kind == "f" or right.dtype.kind == "f":
        floats, whole = (left, right) if left.dtype.kind == "f" else (right, left)
        found: Bools = floats == whole.astype(floats.dtype)
        if floats.dtype == np.float64:
            _exactly(found, floats, whole)
        return found
    if {left.dtype.kind, right.dtype.kind} == {"i", "u"}:
        # NumPy would compare them as floats.
        signed, unsigned = (left, right) if left.dtype.kind == "i" else (right, left)
        return (signed >= 0) & (signed.astype(np.uint64) == unsigned.astype(np.uint64))
    return left == right
