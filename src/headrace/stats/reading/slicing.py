"""Slices of rows, by the values of features or by a condition.

    city: [b"Oslo"], [b"Rome"], null, [b"Oslo"]   ->   "city_Oslo": rows 0, 3     "city_Rome": row 1

Slices are named as in TFDV. A row in which a feature is missing is in none of its slices; a row with several values is
once in the slice of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.duckdb_engine import sandboxed
from headrace.errors import DataError
from headrace.examples.layout import from_features
from headrace.examples.lists import element_type, list_lengths, list_values, most_values, with_values
from headrace.stats.reading.keyed_rows import KeyedRows
from headrace.stats.spec.nested import Slice

WHOLE = "All Examples"
"""TFDV's name for the data set of all rows, where there are slices beside it."""

MAX_SLICES = 1_000
"""Slices that one `Slice` may make. A feature with more values is an identifier, and each slice takes memory."""

Ints = npt.NDArray[np.int64]


def slices(rows: KeyedRows, slicing: Slice) -> Iterator[tuple[str, KeyedRows]]:
    """The name and the rows of each slice, in no particular order; none if the rows lack a feature.

    Raises:
        DataError: a feature has fractions or is not UTF-8, or makes more than `MAX_SLICES` slices; a condition does
            not fit the columns.
    """
    if slicing.where:
        yield from _by_condition(rows, slicing)
        return
    found = [_entries(rows.batch, feature, (slicing.by or {})[feature]) for feature in slicing.features]
    entries = [entry for entry in found if entry is not None]
    if len(entries) < len(found):
        return
    crossed = entries[0]
    for other in entries[1:]:
        crossed = _cross(crossed, other)
    indices, codes, names = crossed
    refuse_many(slicing.key, len(names))
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    ordered = rows.take(indices[order])
    for code, name in enumerate(names):
        if bounds[code] < bounds[code + 1]:
            yield name, ordered.slice(int(bounds[code]), int(bounds[code + 1]))


def refuse_many(key: str, count: int) -> None:
    """Checks the number of slices that one `Slice` makes.

    Raises:
        DataError: there are more than `MAX_SLICES`.
    """
    if count > MAX_SLICES:
        raise DataError(
            f"can't slice by {key!r}: {count:,} values or more, at most {MAX_SLICES:,} are allowed; "
            "slice by a coarser feature, or name the values"
        )


_ROW = "_headrace_row"


class _Entries(NamedTuple):
    """For each value of each row: the row (ascending) and the code of the value; and the slice name of each code."""

    rows: Ints
    codes: Ints
    names: list[str]


def _entries(batch: pa.RecordBatch, feature: str, wanted: Sequence[str | int] | None) -> _Entries | None:
    index = batch.schema.get_field_index(feature)
    if index < 0 or pa.types.is_null(batch.schema.field(index).type):
        return None
    column = batch.column(index)
    lengths, flat = list_lengths(column), list_values(column)
    if not (pa.types.is_integer(flat.type) or _is_text(flat.type)):
        raise DataError(
            f"can't slice by {feature!r} of type {flat.type}: expected whole numbers or text; bucket it first"
        )
    encoded: Any = flat.dictionary_encode()
    rows, codes = np.repeat(np.arange(len(column)), lengths), encoded.indices.to_numpy(zero_copy_only=False)
    values = encoded.dictionary.to_pylist()
    if wanted is not None:
        kept = {str(value) for value in wanted}
        places = [place for place, value in enumerate(values) if _lenient(value) in kept]
        renumbered = np.full(len(values), -1)
        renumbered[places] = np.arange(len(places))
        codes = renumbered[codes] if len(values) else codes
        rows, codes, values = rows[codes >= 0], codes[codes >= 0], [values[place] for place in places]
    refuse_many(feature, len(values))
    if len(rows) and lengths.max() > 1:
        rows, codes = np.unique(np.stack([rows, codes]), axis=1)
    return _Entries(rows, codes, [f"{feature}_{_name(value, feature)}" for value in values])


def _cross(entries: _Entries, others: _Entries) -> _Entries:
    # Every entry of a row with every other entry of the same row: both are sorted by row.
    rows, codes, names = entries
    starts = np.searchsorted(others.rows, rows, "left")
    times = np.searchsorted(others.rows, rows, "right") - starts
    repeated = np.repeat(np.arange(len(rows)), times)
    partners = np.arange(len(repeated)) - np.repeat(np.cumsum(times) - times, times) + starts[repeated]
    pairs = codes[repeated].astype(np.int64) * len(others.names) + others.codes[partners]
    present, crossed = np.unique(pairs, return_inverse=True)
    pair_names = [f"{names[pair // len(others.names)]}_{others.names[pair % len(others.names)]}" for pair in present]
    return _Entries(rows[repeated], crossed, pair_names)


def _by_condition(rows: KeyedRows, slicing: Slice) -> Iterator[tuple[str, KeyedRows]]:
    with sandboxed() as connection:
        connection.register("examples", _flat(rows.batch, slicing.where))
        try:
            query = f"SELECT {_ROW} FROM examples WHERE ({slicing.where}) ORDER BY {_ROW}"
            found = connection.execute(query).fetchnumpy()[_ROW]
        except duckdb.Error as error:
            raise DataError(
                f"slice {slicing.name!r}: the condition {slicing.where!r} does not fit the features: {error}; "
                f"the features are: {', '.join(rows.batch.schema.names)}"
            ) from error
    if len(found):
        yield slicing.name, rows.take(np.asarray(found))


def _flat(batch: pa.RecordBatch, condition: str) -> pa.Table:
    columns: dict[str, pa.ChunkedArray] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name not in condition:
            continue
        if _is_bytes(element_type(column.type)):
            column = _decoded(column)
        if pa.types.is_null(column.type) or most_values(column) > 1:
            columns[name] = pa.chunked_array([column])
        else:
            columns[name] = from_features(pa.table([column], names=[name])).column(name)
    numbers = pa.chunked_array([pa.array(np.arange(batch.num_rows))])
    return pa.table([*columns.values(), numbers], names=[*columns, _ROW])


def _decoded(column: pa.Array) -> pa.Array:
    # Text as text; bytes that are not UTF-8 become replacement characters, so they neither fail nor change the type.
    encoded: Any = list_values(column).dictionary_encode()
    texts = pa.array([_lenient(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return with_values(column, texts.take(encoded.indices))


def _is_text(flat: pa.DataType) -> bool:
    return pa.types.is_string(flat) or pa.types.is_large_string(flat) or _is_bytes(flat)


def _is_bytes(flat: pa.DataType) -> bool:
    return pa.types.is_binary(flat) or pa.types.is_large_binary(flat)


def _lenient(value: bytes | str | int) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _name(value: bytes | str | int, feature: str) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"can't slice by {feature!r}: {value!r} is not UTF-8, as the name of a slice must be"
        ) from error
