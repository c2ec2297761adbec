"""Whether a source is as alive as it is declared to be: there, complete, fresh, without gaps and without blanks.

    expected_rows=1000                              420 rows        ->  SOURCE_SHRUNK
    max_age_s=3600, now="2026-03-03T12:00:00Z"      newest 09:15    ->  SOURCE_STALE: 2 h 45 min old
    max_gap_s=600                                   10:00, 10:25    ->  SOURCE_GAP: 25 min
    max_null_share={"bpm": 0.1}                     bpm null in 80% ->  SOURCE_BLANK

With `by="device"` every device is a source of its own: its rows and gaps are looked at apart.

Each chunk gives its vitals: counts, and the first and last record in each stretch of time as long as the longest gap
allowed. Two records in one stretch are never further apart than that, so the gaps found from these are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.spec.source_health import SourceHealth
from headrace.times.instants import instant_us

STRETCHES = pa.schema([("part", pa.string()), ("first", pa.int64()), ("last", pa.int64())])
"""`part` is a value of the field `by`, null where there is none."""


def vitals(rows: pa.Table, defaulted: Mapping[str, pa.Array], health: SourceHealth) -> tuple[dict[str, Any], pa.Table]:
    """Counts of a chunk (rows, nulls by field, newest, future, rows by part), and its stretches, of schema
    `STRETCHES`.

    `defaulted` masks the rows in which a default stands, by field: these count as nulls.
    """
    nulls = {
        name: rows.column(name).null_count + (int(pc.sum(defaulted[name]).as_py() or 0) if name in defaulted else 0)
        for name in rows.column_names
        if health.limit(name) is not None
    }
    found: dict[str, Any] = {"rows": rows.num_rows, "nulls": nulls, "newest": None, "future": 0}
    if health.by is not None:
        counted = rows.column(health.by).drop_null().value_counts().to_pylist()
        found["parts"] = {one["values"]: one["counts"] for one in counted}
    if health.time_field is None:
        return found, STRETCHES.empty_table()
    moments = rows.column(health.time_field).drop_null()
    if health.now is not None:
        past = pc.less_equal(moments, instant_us(health.now, naive="utc"))
        found["future"] = len(moments) - int(pc.sum(past).as_py() or 0)
        found["newest"] = pc.max(moments.filter(past)).as_py()
    parts = rows.column(health.by) if health.by else pa.nulls(rows.num_rows, pa.string())
    given = pa.table({"part": parts, "at": rows.column(health.time_field)})
    return found, _stretches(given.filter(pc.is_valid(given.column("at"))), health.max_gap_us)


def _stretches(given: pa.Table, width: int) -> pa.Table:
    if not width or not given.num_rows:
        return STRETCHES.empty_table()
    moments = given.column("at")
    # Division rounds towards zero: the stretch around 1970 would be twice as wide, so those before it are set apart.
    number = pc.subtract(pc.divide(moments, width), pc.cast(pc.less(moments, 0), pa.int64()))
    table = pa.table({"part": given.column("part"), "number": number, "first": moments, "last": moments})
    grouped = table.group_by(["part", "number"]).aggregate([("first", "min"), ("last", "max")])
    columns = [grouped.column(name) for name in ("part", "first_min", "last_max")]
    return pa.table(columns, schema=STRETCHES).sort_by("first")
