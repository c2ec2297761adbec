"""What a clock in a zone shows, to UTC; and which times no clock showed, or showed twice, when the clocks were changed.

Europe/Berlin   2026-07-01 12:00  ->  10:00 UTC
                2026-03-29 02:30  ->  skipped: the clocks went from 2:00 to 3:00
                2026-10-25 02:30  ->  twice: 00:30 UTC (earlier) and 01:30 UTC (later)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.times.zones import Offsets, zone_of

Ambiguous = Literal["earlier", "later", "refuse"]
"""What a local time that comes twice means."""
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LocalTimes:
    """Local times as `utc` (int64 microseconds since 1970, null where there is none); and which of them were `skipped`
    or came `twice`, None if none.

    What is skipped is moved on by as much as the clocks were, as the calendar does with days to come.
    """

    utc: pa.Array
    skipped: Bools | None = None
    twice: Bools | None = None


def to_utc(local: pa.Array, zone: str, ambiguous: Ambiguous = "earlier") -> LocalTimes:
    """Microseconds since 1970 as a clock in `zone` shows them, as times in UTC.

    Raises:
        UsageError: there is no zone of this name.
    """
    if zone == "UTC" or local.null_count == len(local):
        return LocalTimes(local)
    none = None
    if local.null_count:
        none = local.is_null().to_numpy(zero_copy_only=False)
        # Nulls become the first of the values: so the time around which offsets are looked up stays as it is.
        local = local.fill_null(local[int(np.argmin(none))].as_py())
    shown = local.to_numpy()
    offsets = Offsets.around(shown, zone_of(zone))
    first, last = offsets.at_local(shown), offsets.at_local_last(shown)
    changing = first != last
    if not changing.any():
        return LocalTimes(pa.array(shown - first, mask=none))
    if none is not None:
        changing &= ~none
    twice = changing & (first > last)  # the clocks went back: what comes later is further from UTC
    utc = shown - np.where(twice, last, first) if ambiguous == "later" else shown - first
    return LocalTimes(pa.array(utc, mask=none), skipped=changing & ~twice, twice=twice)
