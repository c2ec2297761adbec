"""What a clock in a zone shows, to UTC; `headrace.times.zones` says what becomes of times that are skipped or double.

Europe/Berlin   2026-07-01 12:00  ->  10:00 UTC
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from headrace.times.zones import Offsets, zone_of


def to_utc(local: pa.Array, zone: str) -> pa.Array:
    """Microseconds since 1970 as a clock in `zone` shows them, to microseconds since 1970 in UTC; null stays null.

    Raises:
        UsageError: there is no zone of this name.
    """
    if zone == "UTC" or local.null_count == len(local):
        return local
    if not local.null_count:
        shown = local.to_numpy()
        return pa.array(shown - Offsets.around(shown, zone_of(zone)).at_local(shown))
    valid = local.is_valid().to_numpy(zero_copy_only=False)
    # Nulls become the first of the values: so the time around which offsets are looked up stays as it is.
    shown = local.fill_null(local[int(np.argmax(valid))].as_py()).to_numpy()
    return pa.array(shown - Offsets.around(shown, zone_of(zone)).at_local(shown), mask=~valid)
