"""Events and the rows of a table as arrays: codes of keys, and times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from headrace.keyed.columns import Bools, Ints, all_valid, key_codes, key_table, times
from headrace.point_in_time.tables import Table


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Events and rows of a table, row by row.

    Attributes:
        event_code: code of the keys of each event; equal codes mean equal keys, here and in `code`.
        event_us: time of each event, 0 where there is none.
        event_has_key: whether no key of the event is null.
        event_has_time: whether the event has a time.
        code: code of the keys of each row.
        time: time of each row, 0 where there is none.
        has_key: whether no key of the row is null.
        has_time: whether the row has a time.
        events: numbers of the events that have both, in order of code and time.
        rows: numbers of the rows that have both.
    """

    event_code: Ints
    event_us: Ints
    event_has_key: Bools
    event_has_time: Bools
    code: Ints
    time: Ints
    has_key: Bools
    has_time: Bools
    events: Ints
    rows: Ints


def sides(events: pa.Table, rows: pa.Table, table: Table, *, event_time: str) -> Sides:
    """Both sides of a look-up, from tables that are flat or in feature layout, and `check_columns` has accepted them.

    Raises:
        DataError: a key or a time holds fractions, or several values in one row.
    """
    keys = table.key_columns
    left, right = key_table(events, list(keys)), key_table(rows, list(keys.values()))
    event_code, code = key_codes(left, right)
    event_us, event_has_time = times(events, event_time)
    time, has_time = times(rows, table.time)
    event_has_key, has_key = all_valid(left), all_valid(right)
    joinable = np.flatnonzero(event_has_key & event_has_time)
    # Binary searches for ascending values are several times as fast as for scattered ones.
    joinable = joinable[np.lexsort((event_us[joinable], event_code[joinable]))]
    return Sides(
        event_code=event_code,
        event_us=event_us,
        event_has_key=event_has_key,
        event_has_time=event_has_time,
        code=code,
        time=time,
        has_key=has_key,
        has_time=has_time,
        events=joinable,
        rows=np.flatnonzero(has_key & has_time),
    )
