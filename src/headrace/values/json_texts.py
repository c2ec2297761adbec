"""Columns as JSON, a whole column at a time: lists, structs and maps of any depth.

list [1, null]     [1,null]         struct {city: "Łódź"}    {"city":"Łódź"}
map {"a": 7}       {"a":7}          timestamp, bytes         "2026-03-03 07:00:00.000000", "text"

How single values are written, the caller says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from headrace.values.arrow import array, compute, nulls, opened
from headrace.values.choose import choose
from headrace.values.converted import Bools, Wrong
from headrace.values.of_arrow import is_list, of_arrow
from headrace.values.plain import list_lengths, list_values, plain, rows_with, unwrapped

Write = Callable[[pa.Array], tuple[pa.Array, Wrong]]

_BARE = ("integer", "real", "decimal", "boolean", "blank")
"""Kinds whose text is JSON already."""
_CONTROL = re.compile("[\x00-\x1f]")
_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))


def json_texts(values: pa.Array, write: Write) -> tuple[pa.Array, Wrong]:
    """Each value as JSON, `null` where it is missing or at fault; and what is wrong."""
    values = unwrapped(values)
    kind = values.type
    if is_list(kind):
        found, wrong = json_of_list(values, write)
    elif pa.types.is_struct(kind):
        found, wrong = _of_struct(values, write)
    elif pa.types.is_map(kind):
        found, wrong = _of_map(values, write)
    else:
        flat = plain(values)[0]
        found, wrong = write(flat)
        if of_arrow(flat.type).kind not in _BARE:
            found = quoted(found)
    return compute.fill_null(found, "null"), wrong


def json_of_list(values: pa.Array, write: Write) -> tuple[pa.Array, Wrong]:
    """Lists as JSON, null where they are missing; and what is wrong with their elements, by row."""
    lengths = list_lengths(values)
    found, wrong = json_texts(list_values(values), write)
    return _wrapped("[", _by_row(found, lengths), "]", values), _by_rows(wrong, lengths)


def quoted(texts: pa.Array) -> pa.Array:
    """Texts as JSON strings; null stays null."""
    for sign, escape in _ESCAPES:
        texts = compute.replace_substring(texts, sign, escape)
    rare = compute.match_substring_regex(texts, _CONTROL.pattern)
    if compute.any(rare).as_py():
        escaped = [
            _CONTROL.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text) for text in opened(texts.filter(rare)).to_pylist()
        ]
        texts = compute.replace_with_mask(texts, rare, array(escaped, pa.string()))
    return _joined('"', texts, '"')


def _of_struct(values: pa.Array, write: Write) -> tuple[pa.Array, Wrong]:
    members: list[object] = []
    wrong: list[tuple[object, Bools]] = []
    for place, field in enumerate(opened(values).flatten()):
        found, odd = json_texts(field, write)
        name = json.dumps(opened(values.type).field(place).name, ensure_ascii=False)
        members.append(_joined(name + ":", found))
        wrong += odd
    inside = compute.binary_join_element_wise(*members, ",") if members else array([""] * len(values), pa.string())
    return _wrapped("{", inside, "}", values), wrong  # type: ignore[return-value]


def _of_map(values: pa.Array, write: Write) -> tuple[pa.Array, Wrong]:
    there = values.is_valid().to_numpy(zero_copy_only=False)
    offsets = opened(values).offsets.to_numpy().astype(np.int64)
    lengths = np.where(there, np.diff(offsets), 0)
    inside = np.repeat(offsets[:-1] - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
    keys, items = opened(values).keys.take(array(inside)), opened(values).items.take(array(inside))
    names, odd_keys = write(plain(unwrapped(keys))[0])
    found, odd_items = json_texts(items, write)
    pairs = _joined(compute.fill_null(quoted(names), '""'), ":", found)
    return _wrapped("{", _by_row(pairs, lengths), "}", values), _by_rows([*odd_keys, *odd_items], lengths)


def _by_row(texts: pa.Array, lengths: np.ndarray) -> pa.Array:
    """The texts of each row with commas between them."""
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    make: Any = pa.ListArray.from_arrays
    return compute.binary_join(make(array(offsets), texts), ",")


def _by_rows(wrong: Wrong, lengths: np.ndarray) -> Wrong:
    row = np.repeat(np.arange(len(lengths)), lengths)
    return [(reason, rows_with(mask, row, len(lengths))) for reason, mask in wrong]


def _wrapped(before: str, inside: pa.Array, after: str, values: pa.Array) -> pa.Array:
    whole = _joined(before, inside, after)
    return choose(values.is_valid(), whole, nulls(1, pa.string())[0])


def _joined(*parts: Sequence[object] | object) -> pa.Array:
    return compute.binary_join_element_wise(*parts, "")
