"""Arrow's `if_else`, right also where text is a slice of a longer array.

    choose([true, false], ["a", "b"], null)   ->   ["a", null]

For a slice of text beside a scalar pyarrow 18 writes offsets of the whole array: other values, without an error.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def choose(condition: Any, then: Any, otherwise: Any) -> Any:
    """Row by row the value of `then` where the condition is true, of `otherwise` where it is false, else null.

    Each is an array, a chunked array or a scalar, all arrays of one length.
    """
    return pc.if_else(condition, _unsliced(then), _unsliced(otherwise))


def _unsliced(values: Any) -> Any:
    if isinstance(values, pa.ChunkedArray):
        return pa.chunked_array([_unsliced(chunk) for chunk in values.chunks], values.type)
    if not isinstance(values, pa.Array) or not values.offset or not _is_text(values.type):
        return values
    return pa.concat_arrays([values, values.slice(0, 0)])  # of two arrays, since one alone is not copied


def _is_text(kind: pa.DataType) -> bool:
    return (
        pa.types.is_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_large_binary(kind)
    )
