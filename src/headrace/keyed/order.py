"""One order for the same rows, wherever they came from: by time, then keys, then a stable hash of the row.

    input order 1: (9:00, s2) (8:00, s1) (9:00, s1)   ->   (8:00, s1) (9:00, s1) (9:00, s2)
    input order 2: (9:00, s1) (9:00, s2) (8:00, s1)   ->   (8:00, s1) (9:00, s1) (9:00, s2)

Rows that are equal in all three are equal in every column, so their order can't be seen. Keys are compared only where
times tie, and rows are hashed only where keys tie too: most data have few of either.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.duckdb_engine import identifier, query_rows
from headrace.keyed.columns import Bools, Ints
from headrace.keyed.time_units import type_of_values
from headrace.values import features
from headrace.values.arrow import array

Hashes = npt.NDArray[np.uint64]


def canonical_order(table: pa.Table, *, time: Ints, keys: pa.Table, codes: Ints) -> Ints:
    """Row numbers of `table` in canonical order.

    `time`, the flat `keys` and their `codes` (equal where the keys are) stand row by row beside `table`.
    """
    order: Ints = np.argsort(time, kind="stable")
    tied = np.flatnonzero(tied_in_order(time[order]))
    if not len(tied):
        return order
    rows = order[tied]
    columns = [pa.array(time[rows]), *keys.take(rows).columns]
    # Named by place: a key may have any name, also that of another.
    names = [str(place) for place in range(len(columns))]
    by_key = pa.table(columns, names=names)
    sorting: list[tuple[str, Literal["ascending", "descending"]]] = [(name, "ascending") for name in names]
    rows = rows[pc.sort_indices(by_key, sort_keys=sorting).to_numpy()]
    order[tied] = rows[ties_by_hash(table, rows, time[rows], codes[rows])]
    return order


def ties_by_hash(table: pa.Table, rows: Ints, *values: Ints) -> Ints:
    """An order for `rows`: those with equal `values`, which stand together already, go by the hash of the row."""
    group = np.cumsum(~_same_as_before(*values))
    places = np.arange(len(rows))
    tied = np.flatnonzero(tied_in_order(*values))
    if len(tied):
        places[tied] = tied[np.lexsort((row_hashes(table, rows[tied]), group[tied]))]
    return places


def tied_in_order(*values: Ints) -> Bools:
    """Which of the values, sorted so that equal ones stand together, equal a neighbour in all columns."""
    same = _same_as_before(*values)
    return same | np.append(same[1:], np.zeros(min(1, len(same)), dtype=bool))


def row_hashes(table: pa.Table, rows: Ints) -> Hashes:
    """The lower half of the MD5 of each row's text, all columns in order of their names: stable across versions.

    A row has the same text whatever its columns are stored as, and as Examples hold it.
    """
    found = _comparable(table.take(rows))
    texts = [f"coalesce({identifier(name)}::VARCHAR, chr(30))" for name in sorted(found.column_names)]
    sql = f"SELECT md5_number_lower(concat_ws(chr(31), {', '.join(texts)})) AS h FROM given"
    hashes: Hashes = query_rows(sql, found).column("h").to_numpy()
    return hashes


def _comparable(table: pa.Table) -> pa.Table:
    """The columns as features; those that can't be (a struct) as the bytes of each row that Arrow writes."""
    columns = []
    for field, column in zip(table.schema, table.columns, strict=True):
        found = features(column, type_of_values(field))
        columns.append(array(_bytes_of_rows(column), pa.binary()) if found.faults else found.values)
    return pa.table(columns, names=table.column_names)


def _bytes_of_rows(column: pa.ChunkedArray) -> list[bytes]:
    # A taken row stands alone in its buffers, while a slice may be written with what stands before it.
    rows = (column.take(array([row])).combine_chunks() for row in range(len(column)))
    return [bytes(pa.RecordBatch.from_arrays([row], ["x"]).serialize()) for row in rows]


def _same_as_before(*values: Ints) -> Bools:
    same = np.zeros(len(values[0]), dtype=bool)
    if len(same):
        same[1:] = np.logical_and.reduce([value[1:] == value[:-1] for value in values])
    return same
