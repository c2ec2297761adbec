"""The values of a column with their rows, the most frequent first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.values.numbers import EXACT_BELOW, LEAST, MOST

Ints = npt.NDArray[np.int64]

_LONG = range(len(str(int(EXACT_BELOW))), len(str(2 * MOST + 1)) + 1)
"""Characters of a whole number of 64 bits from 2^53 on."""


def value_counts(column: pa.ChunkedArray) -> tuple[pa.Array, Ints]:
    """The different values of a flat column without nulls, and the rows of each.

    The order is by count, then by value, so that the same rows in another order give the same result.
    """
    counted = pc.value_counts(column.drop_null())
    counts, values = counted.field("counts"), counted.field("values")
    order = pc.sort_indices(pa.table({"n": counts, "v": values}), sort_keys=[("n", "descending"), ("v", "ascending")])
    ordered: Ints = counts.take(order).to_numpy()
    return values.take(order), ordered


def as_texts(values: pa.Array) -> list[str]:
    """Values of text or bytes as text; bytes that are not UTF-8 are escaped."""
    return [_as_text(value) for value in values.to_pylist()]


def long_texts(counts: Mapping[str, int]) -> tuple[int, int]:
    """Rows whose text is a whole number of 64 bits from 2^53 on, and those of them that a float of 64 bits holds.

    `counts`: rows by text.
    """
    long = rounded = 0
    for text, rows in counts.items():
        if len(text) in _LONG and (digits := text.lstrip("+-")).isascii() and digits.isdigit():
            number = int(text) if len(text) - len(digits) < 2 else 0
            if abs(number) >= EXACT_BELOW and LEAST <= number <= 2 * MOST + 1:
                long += rows
                rounded += rows if int(float(number)) == number else 0
    return long, rounded


def _as_text(value: str | bytes | None) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
