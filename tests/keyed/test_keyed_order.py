"""The hash of a row, which orders rows that tie: the same whatever the order of the columns."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from headrace.keyed.order import row_hashes

COLUMNS = {"b": st.sampled_from(["x", "y", None]), "a": st.integers(0, 3), 'c "1"': st.sampled_from([0.5, 1.5, None])}


def hashed(table: pa.Table) -> list[int]:
    return row_hashes(table, np.arange(table.num_rows)).tolist()


@given(st.lists(st.fixed_dictionaries(COLUMNS), min_size=1, max_size=6), st.permutations(list(COLUMNS)))
def test_hash_of_a_row_does_not_depend_on_the_order_of_columns(rows: list[dict[str, object]], names: list[str]) -> None:
    table = pa.Table.from_pylist(rows, pa.schema({"b": pa.string(), "a": pa.int64(), 'c "1"': pa.float64()}))
    assert hashed(table.select(names)) == hashed(table)


def test_hash_of_a_row_is_half_of_the_md5_of_its_values_by_name_of_the_column() -> None:
    table = pa.table({"b": ["x", None], "a": [1, 2]})
    texts = ["[1]\x1f[x]", "[2]\x1f\x1e"]
    assert hashed(table) == [int.from_bytes(hashlib.md5(text.encode()).digest()[8:], "little") for text in texts]
