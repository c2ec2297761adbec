"""What typing makes of a column of text: its values, and which of them are not what was declared."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Typed:
    """The values of one column, and a reason code for each that is at fault; `reasons` is None if none is."""

    values: pa.Array
    reasons: pa.Array | None
