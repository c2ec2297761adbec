"""Columns of a table for a join, by the one model of `headrace.values`: keys, times and plain values.

k: 7.0, null                        key_table  7, null
k: "a", b"a", dictionary "a"        key_table  b"a"
t: timestamp[ms] 2026-03-03T07:00   times      1772521200000000 us
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.errors import DataError
from headrace.keyed.time_units import needs_unit, type_of_values
from headrace.values import (
    ColumnType,
    Converted,
    checked,
    durations_us,
    feature_type,
    filled,
    integers,
    keys,
    of_arrow,
    reals,
    texts,
    times_of_day_us,
    times_us,
)
from headrace.values.arrow import nulls
from headrace.values.convert import singles
from headrace.values.of_arrow import innermost

Ints = npt.NDArray[np.int64]

Bools = npt.NDArray[np.bool_]

Found = TypeVar("Found", bound=Converted)

_TO_US: dict[str, Callable[[pa.ChunkedArray, ColumnType], Converted]] = {
    "time": times_us,
    "date": times_us,
    "duration": durations_us,
    "time_of_day": times_of_day_us,
}


def flat(table: pa.Table, name: str) -> pa.Array:
    """A column as one array with one value or null a row, as features hold it but for the width of floats.

    Whole numbers are int64, decimals int64 or float64, times and durations int64 microseconds, text and bytes string;
    booleans and floats stay.

    Raises:
        DataError: a row has several values, or one that does not fit (2^63, bytes that are not UTF-8, a struct).
    """
    column, field = table.column(name), table.schema.field(name)
    stored, what = of_arrow(innermost(column.type)), type_of_values(field)
    if stored.is_text:
        found: Converted = texts(column)
    elif stored.kind in ("real", "boolean"):
        found = singles(column)
    elif what.kind in _TO_US and not needs_unit(field):
        found = _TO_US[what.kind](column, what)
    elif feature_type(column.type) == pa.int64():
        found = integers(column)
    else:
        found = reals(column) if stored.kind in ("decimal", "blank") else singles(column)
    return checked(found, name).array


def key_table(table: pa.Table, names: Sequence[str], *, path: str = "", first_row: int = 0) -> pa.Table:
    """The key columns as int64 (numbers; times in microseconds) or binary (text): equal keys are equal values.

    The file at `path` has the rows from number `first_row` on, for errors.

    Raises:
        DataError: a key has a fraction, more than 64 bits or several values, or is of a type that no key has.
    """
    columns = []
    for name in names:
        found = keys(table.column(name), type_of_values(table.schema.field(name)))
        columns.append(checked_at(found, name, path=path, first_row=first_row).array)
    return pa.table(columns, names=list(names))


def checked_at(found: Found, name: str, *, path: str, first_row: int) -> Found:
    """`checked`, with the number that rows have in their file, which `first_row` of it are before these.

    Raises:
        DataError: a value is at fault.
    """
    faults = tuple(replace(fault, rows=fault.rows + first_row) for fault in found.faults)
    return checked(replace(found, faults=faults) if faults else found, name, where=path)


def key_codes(events: pa.Table, outcomes: pa.Table) -> tuple[Ints, Ints]:
    """One number >= 0 a row, equal in both tables of `key_table` where all keys are equal, null with null.

    Raises:
        DataError: a key is numbers in one table and text in the other.
    """
    split_at = events.num_rows
    codes = np.zeros(split_at + outcomes.num_rows, np.int64)
    for name, left, right in zip(events.column_names, events.columns, outcomes.columns, strict=True):
        encoded = _one_below_the_other(name, left, right).dictionary_encode(null_encoding="encode")
        code = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        codes = codes * (len(encoded.dictionary) + 1) + code if codes.any() else code
        if events.num_columns > 1:
            # Renumbered after each column, so that the product over many columns stays within int64.
            codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    return codes[:split_at], codes[split_at:]


def all_valid(table: pa.Table) -> Bools:
    """For each row, whether none of the columns is null."""
    valid = np.ones(table.num_rows, dtype=bool)
    for column in table.columns:
        if column.null_count:
            valid &= column.is_valid().to_numpy()
    return valid


def times(table: pa.Table, name: str) -> tuple[Ints, Bools]:
    """A column of times as int64 microseconds since 1970 in UTC, 0 where there is none, and whether there is one.

    What whole numbers count must stand in the schema: `headrace.keyed.time_units` has written it there, since some of
    the rows of a side can't say it.

    Raises:
        DataError: a time has a part below a microsecond, lies outside of the years 1 to 9999, or is a number of which
            nothing is said.
    """
    column, field = table.column(name), table.schema.field(name)
    found = checked(times_us(column, type_of_values(field)), name)
    if needs_unit(field) and found.values.null_count < len(found.values):
        raise DataError(f"column {name!r} has numbers of which no type is written: expected times with their unit")
    instants = found.array
    return filled(instants, np.int64), instants.is_valid().to_numpy(zero_copy_only=False)


def _one_below_the_other(name: str, left: pa.ChunkedArray, right: pa.ChunkedArray) -> pa.Array:
    kind = right.type if left.null_count == len(left) else left.type
    chunks: list[pa.Array] = []
    for side in (left, right):
        if side.type == kind:
            chunks += side.chunks
        elif side.null_count == len(side):
            chunks.append(nulls(len(side), kind))
        else:
            words = ["integer" if pa.types.is_integer(one.type) else "text" for one in (left, right)]
            raise DataError(
                f"key {name!r} is {words[0]} in the events and {words[1]} in the rows to join: "
                "declare one kind in Ingest"
            )
    return pa.concat_arrays(chunks or [nulls(0, kind)])
