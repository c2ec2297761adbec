"""The values of a column with their rows, the most frequent first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]


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


def _as_text(value: str | bytes | None) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
