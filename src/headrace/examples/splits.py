"""Which split a row goes to: by hash, so that it is the same in every run and file; or exactly in proportion.

splits {"train": 2, "eval": 1}: md5("runner 7") % 3 = 0 or 1 -> train, 2 -> eval
exactly: of rows 0 to 2, two go to train and one to eval, by a hash of the row number; of rows 3 to 5, again two and one
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.duckdb_engine import flat, query_rows

FEW_ROWS = 1024
"""Rows that Python hashes in less time than it takes to ask DuckDB; there may be thousands of files as small."""

Numbers = npt.NDArray[np.int64]


def split_numbers(text: pa.Array, splits: Mapping[str, int]) -> Numbers:
    """For each row the index of its split in `splits`, by the hash of its text."""
    if len(splits) == 1:
        return np.zeros(len(text), np.int64)
    borders = np.cumsum(list(splits.values()))
    return np.searchsorted(borders, hashed(text, int(borders[-1])), side="right").astype(np.int64)


def exact_numbers(place: int, count: int, splits: Mapping[str, int]) -> Numbers:
    """The splits of `count` rows, from row number `place` on, in blocks that hold each split as often as its weight.

    A hash decides about the order of the splits in a block, so that it can't coincide with a pattern of the data.
    """
    weights = list(splits.values())
    block = sum(weights)
    numbers = np.repeat(np.arange(len(weights)), weights)
    first, last = place // block, -(-(place + count) // block)
    rows = pa.array(np.arange(first * block, last * block)).cast(pa.string())
    drawn = hashed(rows, 1 << 62).reshape(-1, block)
    order = np.argsort(np.argsort(drawn, axis=1, kind="stable"), axis=1, kind="stable")
    return numbers[order].ravel()[place - first * block :][:count].astype(np.int64)


def hashed(text: pa.Array, count: int) -> Numbers:
    """MD5 of each text modulo `count`: the same on every machine and in every version."""
    if len(text) <= FEW_ROWS and not text.null_count:
        digests = [
            hashlib.md5(one, usedforsecurity=False).digest() for one in cast(Any, text.cast(pa.binary())).to_pylist()
        ]
        return np.array([int.from_bytes(one[8:], "little") % count for one in digests], np.int64)
    result = query_rows(f"SELECT (md5_number_lower(x) % {count})::BIGINT AS h FROM given", pa.table({"x": text}))
    return result.column("h").to_numpy().astype(np.int64)


def entity_text(table: pa.Table, names: Sequence[str]) -> pa.Array:
    """One text for the values of `names` in each row; different values give different texts, and null is a value."""
    parts = []
    for name in names:
        text = cast(pa.StringArray, flat(table.column(name)).cast(pa.string()))
        # The length before each value keeps ("a", "bc") apart from ("ab", "c").
        length = cast(pa.StringArray, pc.binary_length(text).cast(pa.string()))
        parts.append(_join(length, text, ":").fill_null("-"))
    return _join(*parts, ",") if len(parts) > 1 else parts[0]


def _join(*texts_and_separator: pa.Array | str) -> pa.Array:
    join: Any = pc.binary_join_element_wise  # whose stubs take no text as the separator
    joined: pa.Array = join(*texts_and_separator)
    return joined
