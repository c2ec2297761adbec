"""When floats of different precision are the same number."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from headrace.values import same_reals, widened


def written(digits: int) -> st.SearchStrategy[str]:
    mantissa = st.integers(-(10**digits) + 1, 10**digits - 1)
    return st.tuples(mantissa, st.integers(-digits, 5)).map(lambda pair: str(Decimal(pair[0]).scaleb(pair[1])))


def read(text: str, kind: type) -> np.ndarray:
    return np.array([text]).astype(kind)


@given(written(15))
def test_the_floats_of_32_and_64_bits_that_read_one_decimal_are_the_same(text: str) -> None:
    assert same_reals(np.array([np.float32(text)]), np.array([np.float64(text)]))[0]
    assert same_reals(np.array([np.float64(text)]), np.array([np.float32(text)]))[0]


@given(written(6))
def test_widened_is_the_float64_of_the_text_that_a_float32_was_read_from(text: str) -> None:
    assert widened(np.array([np.float32(text)]))[0] == np.float64(text)


@given(st.floats(width=16))
def test_a_float_of_16_bits_is_widened_as_the_one_of_32_that_it_is(narrow: float) -> None:
    found = widened(np.array([narrow], np.float16))
    assert found.dtype == np.float64
    assert found.astype(np.float32).tobytes() == np.array([narrow], np.float32).tobytes() or np.isnan(narrow)


@given(st.floats(width=32), st.floats())
def test_a_float32_is_the_same_as_a_float64_only_if_that_rounds_to_it(narrow: float, wide: float) -> None:
    same = bool(same_reals(np.array([narrow], np.float32), np.array([wide]))[0])
    if np.isnan(narrow) or np.isnan(wide):
        assert same == (np.isnan(narrow) and np.isnan(wide))
    elif np.isinf(narrow) or np.isinf(wide):
        assert same == (narrow == wide)
    elif same:
        with np.errstate(over="ignore"):
            assert abs(float(np.float32(wide)) - narrow) <= abs(np.spacing(np.float32(narrow)))


@given(st.lists(st.tuples(st.floats(), st.floats())))
def test_floats_of_one_precision_are_the_same_only_if_equal(pairs: list[tuple[float, float]]) -> None:
    left, right = np.array([a for a, _ in pairs], float), np.array([b for _, b in pairs], float)
    assert same_reals(left, right).tolist() == [a == b or (a != a and b != b) for a, b in pairs]


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**64 - 1))
def test_integers_are_compared_exactly_whatever_their_sign(signed: int, unsigned: int) -> None:
    assert bool(same_reals(np.array([signed], np.int64), np.array([unsigned], np.uint64))[0]) == (signed == unsigned)
    wrapped = np.array([-1], np.int64)
    assert not same_reals(wrapped, wrapped.view(np.uint64))[0]


@given(st.one_of(st.integers(2**53 - 9, 2**54), st.integers(-(2**63), 2**63 - 1)), st.integers(-300, 300))
def test_integers_are_compared_with_floats_of_64_bits_exactly(whole: int, near: int) -> None:
    wide = float(whole + near)
    for kind in (np.int64, np.uint64):
        if whole >= 0 or kind is np.int64:
            sides = np.array([whole], kind), np.array([wide])
            assert same_reals(*sides)[0] == same_reals(*sides[::-1])[0] == (int(wide) == whole)


def test_1e300_is_not_infinity() -> None:
    assert not same_reals(np.array([np.inf], np.float32), np.array([1e300]))[0]


def test_a_float32_that_reading_the_text_twice_would_miss_is_the_same() -> None:
    # The float64 of this text is half-way between two floats of 32 bits, the text itself is not.
    text = "1.51586726815367e-06"
    at_once = pa.array([text]).cast(pa.float32()).to_numpy()
    wide = np.array([np.float64(text)])
    assert at_once[0] != wide.astype(np.float32)[0]
    assert same_reals(at_once, wide)[0]


def test_only_nan_is_the_same_as_nan() -> None:
    for narrow in (np.float32, np.float64):
        left, right = np.array([np.nan, np.nan, 1.0, np.inf], narrow), np.array([np.nan, 1.0, np.nan, np.nan])
        assert same_reals(left, right).tolist() == same_reals(right, left).tolist() == [True, False, False, False]
