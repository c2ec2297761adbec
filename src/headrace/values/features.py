"""Columns as features of Examples: each a list of int64, float32 or binary values for every row.

    int64 7, null                    ->  [7], null          list<double> [0.1, 0.2]    ->  [0.1, 0.2] as float32
    "a", dictionary "a"              ->  [b"a"]             fixed_size_list [1, 2]     ->  [1, 2]
    timestamp[ms], date, epoch_s     ->  [microseconds since 1970 in UTC]
    decimal(9, 2) 1.50, double 0.1   ->  [the nearest float32], as tf.Example holds numbers with a fraction
    decimal(20, 0), uint64           ->  [int64]; what does not fit is a fault
    double 1e300                     ->  fault: beyond_float32, not infinity
    struct, map                      ->  fault: wrong_type

A missing value is a null list, as in tf.Example, where it is a feature without a value. Magnitudes below 1e-45 are the
nearest float32 as well, which is 0.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from headrace.values.arrow import array, nulls, scale_of, value_type
from headrace.values.column_type import COUNTED, ColumnType
from headrace.values.converted import Bools, Column, Converted, Reason, Wrong, all_wrong, valid, wrong_type
from headrace.values.converted import convert_as_stored as convert
from headrace.values.numbers import filled, nearest_floats, whole_numbers
from headrace.values.of_arrow import innermost, is_bytes, is_list, is_text, of_arrow
from headrace.values.plain import list_lengths, list_values, plain, rows_with, unwrapped
from headrace.values.times import Finer, lengths_us, moments, plausible_resolution

BEYOND_FLOAT32 = Reason(
    code="beyond_float32",
    words="does not fit a float of 32 bits, which is what Examples hold (3.4e38 at most)",
    cure="scale the column, take its logarithm, or leave it out",
)
NULL_IN_LIST = Reason(
    code="null_in_list",
    words="is a list with missing values in it, which Examples can't hold",
    cure="fill the missing values or leave them out of the lists where they are made",
)


def features(column: Column, declared: ColumnType | None = None, *, finer: Finer = "refuse") -> Converted:
    """The column in the layout of Examples; `declared` says what whole numbers of times and durations count.

    Values are `list<int64>`, `list<float>` or `list<binary>`, by the type of the column alone. What no feature can hold
    (a struct) is all at fault, with `list<float>` of nulls as its values.
    """
    element = feature_type(column.type)
    resolved = _resolved(column, declared)
    to = pa.list_(element if element is not None else pa.float32())
    return convert(column, lambda values: _lists(values, to, resolved, finer), to)


def feature_type(stored: pa.DataType) -> pa.DataType | None:
    """int64, float32 or binary: what a feature of an Arrow type has for elements; None where there is no feature."""
    inner = innermost(stored)
    kind = of_arrow(inner)
    if pa.types.is_integer(inner) or kind.kind in ("boolean", *COUNTED):
        return pa.int64()
    if kind.kind == "decimal":
        return pa.int64() if scale_of(inner) <= 0 else pa.float32()
    if kind.kind in ("real", "blank"):
        return pa.float32()
    if kind.is_text or is_text(inner) or is_bytes(inner):
        return pa.binary()
    return None


def as_feature(kind: ColumnType, stored: pa.DataType) -> ColumnType:
    """The type of a column of type `kind` once it is a feature: what its whole numbers count, else as it was."""
    if kind.kind in ("list", "embedding") and kind.element is not None:
        return replace(kind, element=as_feature(kind.element, stored))
    if kind.kind not in COUNTED:
        return kind
    if feature_type(stored) == pa.float32():
        return replace(kind, resolution=kind.resolution or "s")
    return replace(kind, resolution="us")


def _resolved(column: Column, declared: ColumnType | None) -> ColumnType | None:
    """The declaration, with what whole numbers count: found by plausible range where it does not say."""
    if declared is not None and declared.element is not None:
        declared = declared.element
    if declared is None or declared.kind != "time" or declared.resolution is not None:
        return declared
    return replace(declared, resolution=plausible_resolution(column) if _counts(innermost(column.type)) else None)


def _counts(inner: pa.DataType) -> bool:
    return bool(pa.types.is_integer(inner) or pa.types.is_float64(inner))


def _lists(values: pa.Array, to: pa.DataType, declared: ColumnType | None, finer: Finer) -> tuple[pa.Array, Wrong]:
    values = unwrapped(values)
    if pa.types.is_null(values.type):
        return nulls(len(values), to), []
    if not is_list(values.type):
        flat, wrong = _elements(plain(values)[0], value_type(to), declared, finer)
        kept = valid(values) & ~_any(wrong, len(values))
        return _listed(flat if kept.all() else flat.filter(array(kept)), kept, kept, to), wrong
    lengths, there = list_lengths(values), valid(values)
    inner = unwrapped(list_values(values))
    if pa.types.is_null(inner.type):
        return _listed(inner.cast(value_type(to)).slice(0, 0), lengths * 0, there & (lengths == 0), to), [
            (NULL_IN_LIST, lengths > 0)
        ]
    if is_list(inner.type):
        reason = wrong_type(
            of_arrow(values.type), "lists of plain values", "flatten the lists, or leave the column out"
        )
        return nulls(len(values), to), [(reason, lengths > 0)]
    flat, found = _elements(plain(inner)[0], value_type(to), declared, finer)
    row = np.repeat(np.arange(len(values)), lengths)
    wrong = [(reason, rows_with(mask, row, len(values))) for reason, mask in [(NULL_IN_LIST, ~valid(inner)), *found]]
    bad = _any(wrong, len(values))
    return _listed(flat.filter(array(~bad[row])), np.where(bad, 0, lengths), there & ~bad, to), wrong


def _elements(values: pa.Array, to: pa.DataType, declared: ColumnType | None, finer: Finer) -> tuple[pa.Array, Wrong]:
    kind = values.type
    what = of_arrow(kind).kind
    said = declared.kind if declared is not None else None
    resolution = declared.resolution if declared is not None else None
    number = what in ("integer", "real") and resolution is not None
    if to == pa.binary() and (pa.types.is_string(kind) or pa.types.is_binary(kind)):
        return values.cast(pa.binary()), []
    if to == pa.int64() and (what in ("time", "date") or (number and said in ("time", "date"))):
        zone = declared.zone if declared is not None and said == "time" else None
        return moments(values, resolution, zone, finer)
    if to == pa.int64() and (what in COUNTED or (number and said in COUNTED)):
        word = "time_of_day" if "time_of_day" in (what, said) else "duration"
        return lengths_us(values, resolution, finer, "numbers", word)
    if to == pa.int64():
        return whole_numbers(values)
    if to == pa.float32() and pa.types.is_floating(kind):
        return _narrowed(filled(values), valid(values))
    if to == pa.float32() and pa.types.is_decimal(kind):
        return _narrowed(nearest_floats(values), valid(values))
    if to == pa.float32() and pa.types.is_null(kind):
        return values.cast(pa.float32()), []
    cure = "leave the column out, or take single values out of it where it is made"
    return all_wrong(values, to, wrong_type(of_arrow(kind), "numbers, booleans, times, text or lists of them", cure))


def _narrowed(floats: np.ndarray, there: Bools) -> tuple[pa.Array, Wrong]:
    with np.errstate(over="ignore"):
        narrow = floats.astype(np.float32)
    beyond = np.isinf(narrow)
    if beyond.any():
        beyond &= ~np.isinf(floats)
    gone = ~there if not beyond.any() else beyond | ~there
    return array(narrow, mask=gone if gone.any() else None), [(BEYOND_FLOAT32, beyond)]


def _listed(flat: pa.Array, lengths: np.ndarray, there: Bools, to: pa.DataType) -> pa.Array:
    """Lists of the values one after the other; null where not `there`."""
    ends = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, dtype=np.int32, out=ends[1:])
    # A null offset makes a null list; the last one only ends the list before it.
    offsets = array(ends, mask=np.append(~there, False)) if not there.all() else array(ends)
    make: Any = pa.ListArray.from_arrays
    return make(offsets, flat.cast(value_type(to)))


def _any(wrong: Wrong, count: int) -> Bools:
    found = np.zeros(count, bool)
    for _, mask in wrong:
        found |= mask
    return found
