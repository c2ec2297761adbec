"""The ways in which a column may tell of a label: by its value, by the parts of a time, by a narrow range.

resolved_on 2026-03-02, 2026-03-09, ...   accepted 1, 1, ...     its weekday tells
paid_at     the last hundredth of them    refunded 1             a narrow range tells, within one of 20 bins
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from headrace.effectiveness.codes import BINS, MISSING, Codes, codes_of, exact, is_ordered
from headrace.values import ColumnType, as_reals

FINE_BINS = 200
ROWS_PER_BIN = 50
"""Bins are fine only as far as each holds so many rows: the information of fewer can't be told from chance."""
ROWS_PER_PART = 5
"""Of days that have fewer rows each, chance alone can tell nearly all of a label that has many values."""
_DAY_US = 86_400_000_000
_HOUR_US = 3_600_000_000
_FIRST_MONDAY = 4
"""The first Monday of 1970 was its fifth day."""


def codings(values: pa.Array, kind: ColumnType) -> Iterator[tuple[str, Codes]]:
    """Codes for each row, 0 where there is no value, each with what it is of: first the value itself ("")."""
    if kind.kind == "identifier" or not is_ordered(values.type):
        yield "", codes_of(values, as_words=True)
        return
    yield "", codes_of(values)
    ids, counts = exact(values)
    if kind.kind in ("time", "date") and ids.any():
        yield from _parts_of_time(values, ids)
    fine = min(FINE_BINS, len(values) // ROWS_PER_BIN)
    if len(counts) > BINS and fine > BINS:
        yield "a narrow range of it", codes_of(values, bins=fine)


def _parts_of_time(values: pa.Array, ids: Codes) -> Iterator[tuple[str, Codes]]:
    numbers = np.nan_to_num(as_reals(values))
    days = numbers if pa.types.is_date(values.type) else numbers // _DAY_US
    parts = {"its weekday": (days - _FIRST_MONDAY) % 7, "its day": days}
    if not pa.types.is_date(values.type):
        parts = {"its hour": numbers % _DAY_US // _HOUR_US, **parts}
    for words, part in parts.items():
        codes = np.unique(part, return_inverse=True)[1].astype(np.int64) + 1
        if codes.max() * ROWS_PER_PART <= len(codes):
            yield words, np.where(ids == MISSING, MISSING, codes)
