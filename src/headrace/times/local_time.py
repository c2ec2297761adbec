"""What a clock in a zone shows, to UTC. ICU is asked about each day and not about each value, which takes its time.

Europe/Berlin   2026-03-29 02:30, which is skipped     ->  01:30 UTC, as 03:30 would be
                2026-10-25 02:30, which comes twice    ->  00:30 UTC, the first of the two
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.duckdb_engine import connected

DAY_US = 24 * 3600 * 1_000_000

Moments = npt.NDArray[np.int64]


def to_utc(local: pa.Array, zone: str) -> pa.Array:
    """Microseconds since 1970 by a clock in `zone`, to those in UTC; null stays null."""
    if zone == "UTC" or local.null_count == len(local):
        return local
    given = local.drop_null().to_numpy()
    encoded = pa.array(given // DAY_US).dictionary_encode()
    starts = encoded.dictionary.to_numpy() * DAY_US
    # No zone ever changed its clocks twice in a day: one that is the same at both ends and at noon did not.
    probes = np.concatenate([starts, starts + DAY_US // 2, starts + DAY_US - 1])
    if len(probes) >= len(given):
        found = _one_by_one(given, zone)
    else:
        shifts = (_one_by_one(probes, zone) - probes).reshape(3, -1)
        steady = (shifts == shifts[0]).all(axis=0)
        day = encoded.indices.to_numpy()
        found = given + shifts[0][day]
        odd = ~steady[day]
        found[odd] = _one_by_one(given[odd], zone)
    if not local.null_count:
        return pa.array(found)
    valid = local.is_valid().to_numpy(zero_copy_only=False)
    values = np.zeros(len(local), np.int64)
    values[valid] = found
    return pa.array(values, mask=~valid)


def _one_by_one(local: Moments, zone: str) -> Moments:
    # ICU moves a time that was skipped forward by the hour, but takes the second of a doubled one's two hours. The
    # first is the one that the offset of the day before leads to.
    last = "timezone($zone, naive)"
    first = "timezone($zone, naive - INTERVAL 24 HOUR) + INTERVAL 24 HOUR"
    sql = f"SELECT epoch_us(CASE WHEN timezone($zone, {first}) = naive THEN {first} ELSE {last} END) AS utc "
    with connected() as connection:
        connection.register("t", pa.table({"local": local}))
        table = connection.execute(f"{sql} FROM (SELECT make_timestamp(local) AS naive FROM t)", {"zone": zone})
        found: Moments = table.fetch_arrow_table().column("utc").to_numpy()
    return found
