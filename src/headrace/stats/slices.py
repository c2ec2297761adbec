"""Rows cut by the values of features or by a condition.

    city: [b"Oslo"], [b"Rome"], null, [b"Oslo"]   ->   "city_Oslo": rows 0, 3     "city_Rome": row 1

Slices are named as TFDV names them. A row in which a feature is missing is in none of its slices; one with several
values is in the slice of each, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import DataError
from headrace.examples.layout import from_features
from headrace.stats.declared import Slice
from headrace.stats.rows import Rows

WHOLE = "All Examples"
"""TFDV's name for the data set of all rows, where there are slices beside it."""

MAX_SLICES = 1_000
"""Slices that one `Slice` may make. More than that is an identifier, and each holds statistics in memory."""


def slices(rows: Rows, cut: Slice) -> Iterator[tuple[str, Rows]]:
    """The slices of some rows, in no particular order; none if they lack a feature.

    Raises:
        DataError: a feature is a fraction, is not UTF-8, or there are more than `MAX_SLICES`; a condition that the
            columns do not allow.
    """
    if cut.where:
        yield from _by_condition(rows, cut)
        return
    found = [_entries(rows.batch, feature, (cut.by or {})[feature]) for feature in cut.features]
    entries = [entry for entry in found if entry is not None]
    if len(entries) < len(found):
        return
    indices, codes, names = entries[0]
    for other in entries[1:]:
        indices, codes, names = _crossed(indices, codes, names, other)
    refuse_many(cut.key, len(names))
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    ordered = rows.take(indices[order])
    for code, name in enumerate(names):
        if bounds[code] < bounds[code + 1]:
            yield name, ordered.slice(int(bounds[code]), int(bounds[code + 1]))


def refuse_many(key: str, count: int) -> None:
    """Checks the number of slices that one `Slice` made.

    Raises:
        DataError: there are more than `MAX_SLICES`.
    """
    if count > MAX_SLICES:
        raise DataError(
            f"can't slice by {key!r}: {count:,} values or more, at most {MAX_SLICES:,} make sense; "
            "slice by a coarser feature, or name the values"
        )


_ROW = "_headrace_row"

Entries = tuple[Any, Any, list[str]]
"""For each value of each row: the row (ascending), the code of the value; and what a slice of each code is named."""


def _entries(batch: pa.RecordBatch, feature: str, wanted: Sequence[str | int] | None) -> Entries | None:
    index = batch.schema.get_field_index(feature)
    if index < 0 or pa.types.is_null(batch.schema.field(index).type):
        return None
    column = batch.column(index)
    lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    flat = column.flatten()
    if not (pa.types.is_integer(flat.type) or _is_text(flat.type)):
        raise DataError(
            f"can't slice by {feature!r} of type {flat.type}: expected whole numbers or text; bucket it first"
        )
    encoded = flat.dictionary_encode()
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
    return rows, codes, [f"{feature}_{_name(value, feature)}" for value in values]


def _crossed(rows: Any, codes: Any, names: list[str], other: Entries) -> Entries:
    # Every entry of a row with every entry of the same row on the other side: both are sorted by row.
    other_rows, other_codes, other_names = other
    starts, stops = (np.searchsorted(other_rows, rows, side) for side in ("left", "right"))
    times = stops - starts
    repeated = np.repeat(np.arange(len(rows)), times)
    partners = np.arange(len(repeated)) - np.repeat(np.cumsum(times) - times, times) + starts[repeated]
    pairs = codes[repeated].astype(np.int64) * len(other_names) + other_codes[partners]
    present, crossed = np.unique(pairs, return_inverse=True)
    made = [f"{names[pair // len(other_names)]}_{other_names[pair % len(other_names)]}" for pair in present]
    return rows[repeated], crossed, made


def _by_condition(rows: Rows, cut: Slice) -> Iterator[tuple[str, Rows]]:
    with duckdb.connect() as connection:
        connection.register("examples", _flat(rows.batch, cut.where))
        try:
            query = f"SELECT {_ROW} FROM examples WHERE ({cut.where}) ORDER BY {_ROW}"
            found = connection.execute(query).fetchnumpy()[_ROW]
        except duckdb.Error as error:
            raise DataError(
                f"slice {cut.name!r}: the condition {cut.where!r} does not fit the features: {error}; "
                f"there are: {', '.join(rows.batch.schema.names)}"
            ) from error
    if len(found):
        yield cut.name, rows.take(np.asarray(found))


def _flat(batch: pa.RecordBatch, condition: str) -> pa.Table:
    columns = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name not in condition:
            continue
        if _is_bytes(getattr(column.type, "value_type", column.type)):
            column = _decoded(column)
        if pa.types.is_null(column.type) or (pc.max(pc.list_value_length(column)).as_py() or 0) > 1:
            columns[name] = pa.chunked_array([column])
        else:
            columns[name] = from_features(pa.table({name: column})).column(name)
    return pa.table({**columns, _ROW: pa.array(np.arange(batch.num_rows))})


def _decoded(column: pa.Array) -> pa.Array:
    # Text as text; what is no UTF-8 gets replacement characters, so that it neither fails nor changes the type.
    encoded = column.flatten().dictionary_encode()
    texts = pa.array([_lenient(value) for value in encoded.dictionary.to_pylist()], pa.string())
    lengths = pc.list_value_length(column).to_numpy(zero_copy_only=False)
    steps = np.concatenate([[0], np.cumsum(np.nan_to_num(lengths))]).astype(np.int32)
    missing = np.append(column.is_null().to_numpy(zero_copy_only=False), False)
    return pa.ListArray.from_arrays(pa.array(steps, mask=missing), texts.take(encoded.indices))


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
