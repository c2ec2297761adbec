"""Formats columns as lines of text, with the shortest decimals that read back as the same number.

{"route": ["Mesa Trail"], "hour": [18], "heart_rate": [nan]}  ->  {"route": "Mesa Trail", "hour": 18}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from examples.runner_suggestions.columns import Array, Columns

_WHOLE = frozenset({"heart_rate"})  # floats only because some are missing
_BARE = ("true", "false", "null")


def json_lines(columns: Columns, *, nested: dict[str, Columns] | None = None) -> Array:
    """One JSON object for each row, without the keys of missing numbers (NaN) and empty texts.

    The texts `true`, `false` and `null` are written without quotes. No text of the generator needs an escape.
    """
    parts = [_json_members(columns)]
    for name, members in (nested or {}).items():
        parts += [f', "{name}": {{', _json_members(members), "}"]
    return _concatenate("{", *parts, "}")


def csv_lines(columns: Columns) -> Array:
    """One line of CSV for each row, without the header; missing numbers are blank, texts with a comma are quoted."""
    cells: list[object] = []
    for name, values in columns.items():
        cells += [",", _csv_cell(name, values)]
    return _concatenate(*cells[1:])


def iso(times: Array) -> Array:
    """Instants as `2026-03-03T17:05:09.123Z`."""
    return np.char.add(np.datetime_as_string(times, unit="ms"), "Z")


def clock(seconds: Array) -> Array:
    """Durations as `03:40:32`."""
    return _by_value(seconds, lambda s: f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}")


def feet(whole_feet: Array) -> Array:
    """Heights as `1,300 ft`."""
    return _by_value(whole_feet, lambda value: f"{value:,} ft")


def decimals(values: Array) -> Array:
    """Numbers as text: `10.0`."""
    return _by_value(values, repr)


def _json_members(columns: Columns) -> pa.Array:
    members: list[object] = []
    for name, values in columns.items():
        text = _number_or_text(name, values)
        if values.dtype.kind in "UM":
            bare = pc.is_in(text, value_set=pa.array(_BARE))
            text = pc.if_else(bare, text, pc.binary_join_element_wise('"', text, '"', ""))
            text = pc.if_else(pc.equal(text, '""'), None, text)
        members.append(pc.binary_join_element_wise(f'"{name}": ', text, ""))
    return pc.binary_join_element_wise(*members, ", ", null_handling="skip")


def _csv_cell(name: str, values: Array) -> pa.Array:
    text = _number_or_text(name, values)
    quoted = pc.binary_join_element_wise('"', text, '"', "")
    return pc.fill_null(pc.if_else(pc.match_substring(text, ","), quoted, text), "")


def _number_or_text(name: str, values: Array) -> pa.Array:
    if values.dtype.kind == "M":
        return pa.array(iso(values))
    if values.dtype.kind != "f":
        return pa.array(values.astype(str))
    if name in _WHOLE:
        return pa.array(_by_value(np.nan_to_num(values).astype(np.int64), str), mask=np.isnan(values))
    return pa.array(decimals(values), mask=np.isnan(values))


def _by_value(values: Array, text: Callable[[Any], str]) -> Array:
    # There are few distinct values in many rows: format each value once.
    distinct, place = np.unique(values, return_inverse=True)
    return np.array([text(value) for value in distinct.tolist()], dtype=str)[place.reshape(-1)]


def _concatenate(*parts: object) -> Array:
    return pc.binary_join_element_wise(*parts, "").to_numpy(zero_copy_only=False)
