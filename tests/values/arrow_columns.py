"""Columns of every Arrow type, in every layout, beside their values as Python objects: what the laws are checked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
EPOCH = datetime(1970, 1, 1)
FIRST_NS = (datetime(1, 1, 1) - EPOCH) // timedelta(microseconds=1) * 1000
LAST_NS = (datetime(9999, 12, 31, 23, 59, 59, 999_999) - EPOCH) // timedelta(microseconds=1) * 1000 + 999
DAY_NS = 86_400 * 10**9


@dataclass(frozen=True)
class Instant:
    """Nanoseconds since 1970."""

    ns: int


@dataclass(frozen=True)
class Day:
    """Milliseconds since 1970: whole days but for a date64 that is none."""

    ms: int


@dataclass(frozen=True)
class Length:
    """Nanoseconds."""

    ns: int


@dataclass(frozen=True)
class OfDay:
    """Nanoseconds since midnight."""

    ns: int


@dataclass(frozen=True)
class Nested:
    """A value that is none of the plain ones."""

    value: object


@dataclass(frozen=True)
class Stored:
    """An Arrow type: how to draw what it stores, and what that means."""

    name: str
    type: pa.DataType
    draw: st.SearchStrategy[Any]
    array: Callable[[list[Any]], pa.Array]
    meaning: Callable[[Any], object]


@dataclass(frozen=True)
class Sample:
    """A column, and its values as Python objects: None where it is missing."""

    stored: Stored
    layout: str
    column: pa.ChunkedArray
    values: list[object]


def whole(bits: int, signed: bool) -> st.SearchStrategy[int]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    edges = [one for one in (0, 1, 7, 2**53, 2**53 + 1, 1_772_521_200, low, high) if low <= one <= high]
    return st.one_of(st.sampled_from(edges), st.integers(low, high))


def by_view(kind: pa.DataType, storage: pa.DataType) -> Callable[[list[Any]], pa.Array]:
    return lambda raw: pa.array(raw, storage).view(kind)


def direct(kind: pa.DataType) -> Callable[[list[Any]], pa.Array]:
    return lambda raw: pa.array(raw, kind)


def half_floats(raw: list[Any]) -> pa.Array:
    floats = np.array([0 if one is None else one for one in raw], np.float16)
    return pa.array(floats, mask=np.array([one is None for one in raw], bool))


def decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    most = 10**precision - 1
    small = min(most, 10**6)
    unscaled = st.one_of(st.integers(-most, most), st.integers(-small, small))
    return unscaled.map(lambda one: Decimal(one).scaleb(-scale, _WIDE))


def _wide() -> Any:
    from decimal import Context

    return Context(prec=100)


_WIDE = _wide()
TEXT = st.text(max_size=4).map(lambda text: text.encode("utf-8", "ignore").decode())
BYTES = st.one_of(st.binary(max_size=4), TEXT.map(str.encode))
MOMENTS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-(10**6), 10**6), st.sampled_from([0, 1_772_521_200]))


def _stored() -> Iterator[Stored]:
    for bits in (8, 16, 32, 64):
        for signed in (True, False):
            kind = getattr(pa, f"{'' if signed else 'u'}int{bits}")()
            yield Stored(str(kind), kind, whole(bits, signed), direct(kind), lambda one: one)
    yield Stored("bool", pa.bool_(), st.booleans(), direct(pa.bool_()), lambda one: one)
    for width, kind in ((32, pa.float32()), (64, pa.float64())):
        draw = st.one_of(st.floats(width=width), st.integers(-9, 9).map(float))
        yield Stored(str(kind), kind, draw, direct(kind), lambda one: one)
    draw = st.one_of(st.floats(width=16), st.integers(-9, 9).map(float))
    yield Stored("float16", pa.float16(), draw, half_floats, lambda one: one)
    for kind in (
        pa.decimal128(5, 2),
        pa.decimal128(38, 0),
        pa.decimal128(38, 10),
        pa.decimal128(4, -2),
        pa.decimal256(60, 3),
    ):
        yield Stored(str(kind), kind, decimals(kind.precision, kind.scale), direct(kind), lambda one: one)
    for unit in NS:
        for zone in (None, "UTC", "Europe/Berlin"):
            kind = pa.timestamp(unit, zone)
            yield Stored(str(kind), kind, MOMENTS, by_view(kind, pa.int64()), lambda one, n=NS[unit]: Instant(one * n))
        kind = pa.duration(unit)
        yield Stored(str(kind), kind, MOMENTS, by_view(kind, pa.int64()), lambda one, n=NS[unit]: Length(one * n))
        wide = unit in ("us", "ns")
        kind = pa.time64(unit) if wide else pa.time32(unit)
        draw = st.integers(0, DAY_NS // NS[unit] - 1)
        storage = pa.int64() if wide else pa.int32()
        yield Stored(str(kind), kind, draw, by_view(kind, storage), lambda one, n=NS[unit]: OfDay(one * n))
    days = st.one_of(st.integers(-(2**31), 2**31 - 1), st.integers(-1000, 30_000))
    yield Stored("date32", pa.date32(), days, by_view(pa.date32(), pa.int32()), lambda one: Day(one * 86_400_000))
    ms = st.one_of(days.map(lambda one: one * 86_400_000), MOMENTS)
    yield Stored("date64", pa.date64(), ms, by_view(pa.date64(), pa.int64()), Day)
    for kind in (pa.string(), pa.large_string()):
        yield Stored(str(kind), kind, TEXT, direct(kind), str.encode)
    for kind in (pa.binary(), pa.large_binary()):
        yield Stored(str(kind), kind, BYTES, direct(kind), lambda one: one)
    three = pa.binary(3)
    yield Stored("fixed_size_binary", three, st.binary(min_size=3, max_size=3), direct(three), lambda one: one)
    for name in ("string_view", "binary_view"):
        if hasattr(pa, name):
            kind = getattr(pa, name)()
            text = name == "string_view"
            yield Stored(name, kind, TEXT if text else BYTES, direct(kind), str.encode if text else lambda one: one)
    struct = pa.struct([("a", pa.int64())])
    yield Stored("struct", struct, st.just({"a": 1}), direct(struct), Nested)
    kind = pa.map_(pa.string(), pa.int64())
    yield Stored("map", kind, st.just([("a", 1)]), direct(kind), Nested)
    kind = pa.list_(pa.int64())
    yield Stored("list of several", kind, st.just([1, 2]), direct(kind), Nested)
    kind = pa.list_(pa.int64(), 2)
    yield Stored("fixed_size_list", kind, st.just([1, 2]), direct(kind), Nested)
    kind = pa.list_(pa.list_(pa.int64()))
    yield Stored("list of lists", kind, st.just([[1], [2]]), direct(kind), Nested)
    kind = pa.month_day_nano_interval()
    yield Stored("interval", kind, st.just(pa.MonthDayNano([1, 2, 3])), direct(kind), Nested)


STORED = list(_stored())
EVERY: st.SearchStrategy[Stored] = st.sampled_from(STORED)
LAYOUTS = ("one array", "chunked", "sliced", "dictionary", "list of one", "large list of one", "empty list for null")


@st.composite
def samples(draw: st.DrawFn, stored: st.SearchStrategy[Stored] = EVERY) -> Sample:
    """Up to 6 values of any type in any layout."""
    kind = draw(stored)
    raw = draw(st.lists(st.one_of(st.none(), kind.draw), max_size=6))
    layout = draw(st.sampled_from(LAYOUTS))
    values = [None if one is None else kind.meaning(one) for one in raw]
    column = laid_out(kind.array, raw, layout)
    return Sample(kind, layout, column, values)


def laid_out(array: Callable[[list[Any]], pa.Array], raw: list[Any], layout: str) -> pa.ChunkedArray:
    plain = array(raw)
    nested = pa.types.is_nested(plain.type) or pa.types.is_fixed_size_list(plain.type)
    if layout == "chunked":
        middle = len(raw) // 2
        return pa.chunked_array([array(raw[:middle]), array([]), array(raw[middle:])], plain.type)
    if layout == "sliced":
        return pa.chunked_array([array([*raw[:1], *raw, *raw[:1]]).slice(min(1, len(raw)), len(raw))])
    if layout == "dictionary" and not nested and not isinstance(plain, pa.ExtensionArray):
        codes = pa.array([None if one is None else place for place, one in enumerate(raw)], pa.int32())
        try:
            return pa.chunked_array([pa.DictionaryArray.from_arrays(codes, plain)])
        except pa.ArrowNotImplementedError:
            return pa.chunked_array([plain])
    if "list" in layout and not nested:
        empty = layout == "empty list for null"
        there = np.array([one is not None for one in raw], bool)
        ends = np.concatenate([[0], np.cumsum(there)]).astype(np.int64)
        kept = array([one for one in raw if one is not None])
        wide = layout == "large list of one"
        offsets = pa.array(ends, pa.int64() if wide else pa.int32(), mask=None if empty else np.append(~there, False))
        return pa.chunked_array([(pa.LargeListArray if wide else pa.ListArray).from_arrays(offsets, kept)])
    return pa.chunked_array([plain])
