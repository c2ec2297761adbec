"""Values that are made for an event and can't be held: the error names the event by its keys and time.

    label 'y', the sum of column 'v': ... does not fit 64 bits: ... (event of 2026-03-18T23:00:00Z with k 'a')

A bucket has rows of many files, so the number of a row in it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa

from headrace.errors import DataError
from headrace.keyed.columns import Ints, times
from headrace.values import declared, reals, show, show_at
from headrace.values.features import BEYOND_FLOAT32


class EventError(DataError):
    """A value that is made for the event in `row` can't be held."""

    def __init__(self, words: str, row: int) -> None:
        super().__init__(words)
        self.row = row


@contextmanager
def faults_of(rows: Ints, prefix: str = "") -> Iterator[None]:
    """Inside, faults are of places in `rows`, which are rows of the events."""
    try:
        yield
    except EventError as fault:
        raise EventError(f"{prefix}{fault}", int(rows[fault.row])) from None


@contextmanager
def named_events(events: pa.Table, keys: Sequence[str], event_time: str) -> Iterator[None]:
    """Inside, faults are of rows of `events`; outside, these are named.

    Raises:
        DataError: in place of an `EventError`.
    """
    try:
        yield
    except EventError as fault:
        row = events.slice(fault.row, 1)
        moment = show(int(times(row, event_time)[0][0]), declared("epoch_us"))
        names = ", ".join(f"{key} {show_at(row.column(key), 0)}" for key in keys)
        raise DataError(f"{fault} (event of {moment} with {names})") from None


def refuse_beyond_float32(columns: Mapping[str, pa.Array], rows: Ints) -> None:
    """Refuses numbers that Examples can't hold, in columns with a value for each of `rows` of the events.

    Raises:
        EventError: the first of them.
    """
    for name, column in columns.items():
        if not pa.types.is_floating(column.type):
            continue
        values = reals(column).array.fill_null(0.0).to_numpy(zero_copy_only=False)
        with np.errstate(over="ignore"):
            beyond = np.isinf(values.astype(np.float32)) & ~np.isinf(values)
        if beyond.any():
            place = int(np.flatnonzero(beyond)[0])
            words = f"column {name!r}: {float(values[place])!r} {BEYOND_FLOAT32.words}: {BEYOND_FLOAT32.cure}"
            raise EventError(words, int(rows[place]))
