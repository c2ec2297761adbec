"""Finds the row of serving for each row of training, by their keys.

    training  k1 k2 k2 k3 -        serving  k3 k1 k4
    pairs     (0, 1) (3, 0)        training: 5 = 2 paired + 0 unpaired + 2 duplicate + 1 without_key
                                   serving:  3 = 2 paired + 1 unpaired + 0 duplicate + 0 without_key

Keys are compared by 64-bit hashes of their text, so that 10,000,000 of them fit into 80 MB; among so many the chance
that any two share a hash is 3 in 1,000,000. A key that a side has twice does not name a single example: its rows are
counted as duplicates on both sides and are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.duckdb_engine import connected
from headrace.errors import UsageError
from headrace.ledger import Ledger
from headrace.skew.pairs.sources import Columns
from headrace.values import ColumnType, checked
from headrace.values import keys as keys_of

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Matched:
    """Rows that are the same example, in the order of the training rows, and the ledgers of both sides."""

    training: Rows
    serving: Rows
    ledgers: tuple[Ledger, Ledger]


def match(training: Columns, serving: Columns, keys: Sequence[str]) -> Matched:
    """Pairs the rows of both sides by their keys.

    Raises:
        UsageError: a side lacks keys; all of them are named.
        DataError: a key has several values in one row.
    """
    missing = [
        f"{side.name or which} lacks {', '.join(map(repr, lost))}; it has {', '.join(side.names)}"
        for side, which in ((training, "training"), (serving, "serving"))
        if (lost := [key for key in keys if key not in side.names])
    ]
    if missing:
        raise UsageError(f"keys must be on both sides: {'; '.join(missing)}")
    left, right = _Sorted(*_hashes(training, keys)), _Sorted(*_hashes(serving, keys))
    # Both are sorted, so that neighbours are looked up near each other.
    at = np.searchsorted(right.keys, left.keys)
    found = np.append(right.keys, 0)[at] == left.keys
    found[at == len(right.keys)] = False
    in_left, in_right = np.flatnonzero(found), at[found]
    single = (left.counts[in_left] == 1) & (right.counts[in_right] == 1)
    rows = left.rows[left.starts[in_left[single]]], right.rows[right.starts[in_right[single]]]
    order = np.argsort(rows[0])
    ledgers = (
        left.ledger("training rows", in_left, right.counts[in_right], training.rows),
        right.ledger("serving rows", in_right, left.counts[in_left], serving.rows),
    )
    return Matched(rows[0][order], rows[1][order], ledgers)


class _Sorted:
    """The distinct keys of one side in order, and where the rows of each stand in `rows`."""

    def __init__(self, hashes: Hashes, rows: Rows) -> None:
        order = np.argsort(hashes)
        hashes, self.rows = hashes[order], rows[order]
        self.starts: Rows = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1])) if len(hashes) else rows
        self.keys, self.counts = hashes[self.starts], np.diff(np.append(self.starts, len(hashes)))

    def ledger(self, subject: str, shared: Rows, other_counts: Rows, rows: int) -> Ledger:
        repeated = self.counts > 1
        repeated[shared[other_counts > 1]] = True
        paired = np.zeros(len(self.keys), dtype=bool)
        paired[shared] = True
        counts = {
            "paired": int(np.count_nonzero(paired & ~repeated)),
            "unpaired": int(np.count_nonzero(~paired & ~repeated)),
            "duplicate": int(self.counts[repeated].sum()),
            "without_key": rows - len(self.rows),
        }
        return Ledger(subject=subject, total=rows, parts=counts)


def _hashes(side: Columns, keys: Sequence[str]) -> tuple[Hashes, Rows]:
    # Hashes of the rows that have all keys, and these rows.
    columns = {f"k{i}": _texts(side.column(key), key, side.type(key), side.name) for i, key in enumerate(keys)}
    table = pa.table(columns)
    with connected() as connection:
        connection.register("keys", table)
        known = " AND ".join(f"{name} IS NOT NULL" for name in columns)
        query = f"SELECT hash({', '.join(columns)}) AS h, {known} AS known FROM keys"
        found = list(_fetched(connection, query))
    hashes = np.concatenate([h for h, _ in found]) if found else np.empty(0, dtype=np.uint64)
    known_rows = np.concatenate([k for _, k in found]) if found else np.empty(0, dtype=bool)
    rows = np.flatnonzero(known_rows)
    return (hashes if len(rows) == len(hashes) else hashes[rows]), rows


def _fetched(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Hashes, npt.NDArray[np.bool_]]]:
    reader = connection.execute(query).fetch_record_batch(1_000_000)
    for batch in reader:
        yield batch.column(0).to_numpy(), batch.column(1).to_numpy(zero_copy_only=False).astype(bool)


def _texts(column: pa.ChunkedArray, key: str, kind: ColumnType, path: str) -> pa.ChunkedArray:
    """A key as bytes, whatever its type, so that 7 and "7" are one key, and an instant is one in any unit."""
    found = checked(keys_of(column, kind), key, where=path or "keys").values
    return found if pa.types.is_binary(found.type) else found.cast(pa.string()).cast(pa.binary())
