"""Columns as text that says each value in full: read by the rules of text, it is the same value again.

timestamp[ms, UTC]  2026-03-03T07:00     2026-03-03 07:00:00.000000Z      decimal  1.50     1.50
date                2026-03-03           2026-03-03                       float    NaN      NaN
time32              08:30                08:30:00.000000                  list     [7]      7
duration            90.5 s               90.500000                        list     [7, 8]   [7,8]

Of lists with several values, structs and maps it is JSON. What can't be written exactly (bytes that are not UTF-8, a
part below a microsecond, the year 10000) is a fault.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from headrace.values.arrow import array, compute, nulls, scale_of
from headrace.values.choose import choose
from headrace.values.converted import Column, Converted, Wrong, all_wrong, convert_as_stored, wrong_type
from headrace.values.json_texts import json_of_list, json_texts
from headrace.values.numbers import filled, unscaled_floats
from headrace.values.of_arrow import is_list, of_arrow
from headrace.values.plain import list_lengths, plain, unwrapped
from headrace.values.texts import plain_texts
from headrace.values.times import lengths_us, moments

_NOT_FINITE = (("nan", "NaN"), ("inf", "Infinity"), ("-inf", "-Infinity"))
"""As Arrow writes such floats, and as Python, JSON and pandas do."""


def written(column: Column) -> Converted:
    """The values as text, of a column of any type; of unions and intervals all rows are at fault."""
    return convert_as_stored(column, _written, pa.string())


def written_json(column: Column) -> Converted:
    """The values as JSON, `null` where they are missing. Numbers stay numbers; times and the like are texts."""
    return convert_as_stored(column, lambda values: json_texts(values, plain_written), pa.string())


def _written(values: pa.Array) -> tuple[pa.Array, Wrong]:
    values = unwrapped(values)
    if is_list(values.type):
        several = list_lengths(values) > 1
        if several.any():
            found, wrong = json_of_list(values, plain_written)
            single, odd = _written(values.take(array(np.arange(len(values)), mask=several)))
            return choose(array(several), found, single), [
                *((one, mask & several) for one, mask in wrong),
                *odd,
            ]
        single, nested = plain(values)
        if nested is not None and nested.any():  # a list of one list
            found, wrong = json_of_list(values, plain_written)
            return choose(array(list_lengths(values) > 0), found, pa.scalar(None, pa.string())), wrong
        return _written(single)
    if pa.types.is_struct(values.type) or pa.types.is_map(values.type):
        found, wrong = json_texts(values, plain_written)
        return choose(values.is_valid(), found, pa.scalar(None, pa.string())), wrong
    return plain_written(plain(values)[0])


def plain_written(values: pa.Array) -> tuple[pa.Array, Wrong]:
    """A plain array of single values as text, and what is wrong: the conversion of `written`."""
    kind = of_arrow(values.type)
    if kind.kind == "real":
        return _reals(values), []
    if kind.kind == "decimal":
        return _decimals(values), []
    if kind.kind in ("time", "date"):
        found, wrong = moments(values, None, None, "refuse")
        if kind.kind == "date" and not pa.types.is_date64(values.type):
            return values.cast(pa.string()), wrong
        text = found.view(pa.timestamp("us")).cast(pa.string())
        return text if kind.zone is None else _joined(text, "Z"), wrong
    if kind.kind == "time_of_day":
        found, wrong = lengths_us(values, None, "refuse", "times of day", "time_of_day")
        return found.view(pa.time64("us")).cast(pa.string()), wrong
    if kind.kind == "duration":
        found, wrong = lengths_us(values, None, "refuse", "durations", "duration")
        return _with_point(found, 6), wrong
    if kind.kind == "blank":
        return nulls(len(values), pa.string()), []
    if kind.kind in ("struct", "map", "unsupported"):
        cure = "leave the column out, or store it as text or numbers where it is made"
        return all_wrong(values, pa.string(), wrong_type(kind, "values that can be written as text", cure))
    return plain_texts(values)


def _reals(values: pa.Array) -> pa.Array:
    text = values.cast(pa.string())
    if compute.all(compute.is_finite(values)).as_py() is False:
        for arrow, plain_word in _NOT_FINITE:
            text = choose(compute.equal(text, arrow), plain_word, text)
    return text


def _decimals(values: pa.Array) -> pa.Array:
    scale = scale_of(values.type)
    if scale >= 0 and pa.types.is_decimal128(values.type):
        unscaled = unscaled_floats(values)
        if unscaled is not None:
            there = values.is_valid().to_numpy(zero_copy_only=False)
            return _with_point(array(unscaled.astype(np.int64), mask=~there), scale)
    # Arrow 10 has no cast from decimals to text, and newer ones write small numbers with an exponent.
    return array([None if one is None else format(one, "f") for one in values.to_pylist()], pa.string())


def _with_point(whole: pa.Array, scale: int) -> pa.Array:
    """Whole numbers as text with a point before the last `scale` digits: -5 of scale 2 is -0.05."""
    if not scale:
        return whole.cast(pa.string())
    numbers = filled(whole, np.int64)
    # The least of all numbers has no opposite of 64 bits; as an unsigned number it has.
    digits = array(np.abs(numbers).view(np.uint64), mask=~whole.is_valid().to_numpy(zero_copy_only=False))
    text = compute.utf8_lpad(digits.cast(pa.string()), width=scale + 1, padding="0")
    sign = choose(array(numbers < 0), "-", "")
    front = compute.utf8_slice_codeunits(text, start=0, stop=-scale)
    return _joined(sign, front, ".", compute.utf8_slice_codeunits(text, start=-scale, stop=np.iinfo(np.int32).max))


def _joined(*parts: object) -> pa.Array:
    return compute.binary_join_element_wise(*parts, "")
