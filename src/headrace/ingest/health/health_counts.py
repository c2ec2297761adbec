"""Whether a source is as alive as it is declared to be: there, complete, fresh, without gaps and without blanks.

    expected_rows=1000                              420 rows        ->  SOURCE_SHRUNK
    max_age_s=3600, now="2026-03-03T12:00:00Z"      newest 09:15    ->  SOURCE_STALE: 2 h 45 min old
    max_gap_s=600                                   10:00, 10:25    ->  SOURCE_GAP: 25 min
    max_null_share={"bpm": 0.1}                     bpm null in 80% ->  SOURCE_BLANK

With `by="device"` every device is a source of its own, with rows and gaps of its own.

Each chunk gives counts, and the times of the first and last record in each span of time as long as the longest gap
allowed. Two records in one span are never further apart than that, so the gaps found from these are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.records.value_counts import value_counts
from headrace.ingest.spec.source_health import SourceHealth
from headrace.times.instants import instant_us

_COLUMNS: list[tuple[str, pa.DataType]] = [("part", pa.string()), ("first", pa.int64()), ("last", pa.int64())]
TIME_SPANS = pa.schema(_COLUMNS)
"""`part` is a value of the field `by`, null where there is none."""


@dataclass(frozen=True, kw_only=True)
class HealthCounts:
    """Of one chunk: rows, nulls by field, the newest time up to now (microseconds), rows dated after now, rows by part.

    `parts` is empty where the health names no field `by`.
    """

    rows: int
    nulls: Mapping[str, int]
    newest: int | None = None
    future: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)


def health_counts(
    rows: pa.Table, defaulted: Mapping[str, pa.Array], health: SourceHealth
) -> tuple[HealthCounts, pa.Table]:
    """The counts of a chunk, and its time spans, of schema `TIME_SPANS`.

    `defaulted` masks the rows in which a default stands, by field: these count as nulls.
    """
    nulls = {
        name: rows.column(name).null_count + (int(pc.sum(defaulted[name]).as_py() or 0) if name in defaulted else 0)
        for name in rows.column_names
        if health.limit(name) is not None
    }
    found = HealthCounts(rows=rows.num_rows, nulls=nulls)
    if health.by is not None:
        found = replace(found, parts=value_counts(rows.column(health.by).drop_null()))
    if health.time_field is None:
        return found, TIME_SPANS.empty_table()
    times = rows.column(health.time_field).drop_null()
    if health.now is not None:
        past = pc.less_equal(times, pa.scalar(instant_us(health.now, naive="utc")))
        future = len(times) - int(pc.sum(past.cast(pa.int64())).as_py() or 0)
        found = replace(found, future=future, newest=pc.max(times.filter(past)).as_py())
    parts = rows.column(health.by) if health.by else pa.nulls(rows.num_rows, pa.string())
    given = pa.table({"part": parts, "at": rows.column(health.time_field)})
    return found, _time_spans(given.filter(pc.is_valid(given.column("at"))), health.max_gap_us)


def _time_spans(given: pa.Table, width: int) -> pa.Table:
    if not width or not given.num_rows:
        return TIME_SPANS.empty_table()
    times = given.column("at")
    # Division rounds towards zero: the span around 1970 would be twice as wide, so those before it are set apart.
    number = pc.subtract(pc.divide(times, width), pc.cast(pc.less(times, pa.scalar(0)), pa.int64()))
    table = pa.table({"part": given.column("part"), "number": number, "first": times, "last": times})
    grouped = table.group_by(["part", "number"]).aggregate([("first", "min"), ("last", "max")])
    columns = [grouped.column(name) for name in ("part", "first_min", "last_max")]
    return pa.table(columns, schema=TIME_SPANS).sort_by("first")
