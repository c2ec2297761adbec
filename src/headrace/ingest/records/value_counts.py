"""How often each value of a column occurs."""

from __future__ import annotations

from typing import Any, cast

import pyarrow as pa


def value_counts(column: pa.Array | pa.ChunkedArray) -> dict[Any, int]:
    """The number of rows by value, in the order in which the values first appear."""
    counted = cast("Any", column).value_counts()  # which the stubs give chunked arrays alone
    return {pair["values"]: pair["counts"] for pair in counted.to_pylist()}
