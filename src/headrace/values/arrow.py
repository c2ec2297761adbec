"""The border to Arrow's types, for arrays whose type is known only when the program runs.

The type stubs of pyarrow have a variant of each function for each type of array, and none for an array of any type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

compute: Any = pc
"""Arrow's functions on whole columns."""


def nulls(count: int, kind: pa.DataType) -> pa.Array:
    """As many nulls of a type."""
    make: Any = pa.nulls
    return make(count, kind)


def array(values: object, kind: pa.DataType | None = None, *, mask: object = None) -> pa.Array:
    """An array of a type, null where `mask` (booleans, one a value) holds."""
    make: Any = pa.array
    return make(values, kind, mask=mask)


def chunked(chunks: Sequence[pa.Array], kind: pa.DataType) -> pa.ChunkedArray:
    """A column of these chunks, all of one type."""
    make: Any = pa.chunked_array
    return make(list(chunks), kind)


def opened(values: pa.Array | pa.ChunkedArray) -> Any:
    """The array, with the attributes that only arrays of its type have (dictionary, storage, values)."""
    return values


def value_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values of a list, a dictionary or runs."""
    opened_kind: Any = kind
    return opened_kind.value_type


def scale_of(kind: pa.DataType) -> int:
    """How many digits a decimal has after the point; below 0, how many zeros before it."""
    opened_kind: Any = kind
    return int(opened_kind.scale)


def width_of(kind: pa.DataType) -> int:
    """Bytes of a value of fixed width."""
    return int(kind.bit_width) // 8
