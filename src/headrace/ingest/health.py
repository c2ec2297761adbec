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
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import UsageError
from headrace.ingest.moments import microseconds
from headrace.settings import type_faults

STRETCHES = pa.schema([("part", pa.string()), ("first", pa.int64()), ("last", pa.int64())])
"""`part` is a value of the field `by`, null where there is none."""


@dataclass(frozen=True, kw_only=True)
class SourceHealth:
    """What is usual for a source; what is not becomes an alarm. What is None is not looked at.

    Rows that are withheld do not count, duplicates do. Fewer rows than `min_rows_share` (0..1) of `expected_rows` are
    too few. `now` (ISO 8601) is when the newest record may be `max_age_s` seconds old at most; records dated after it
    are told of, and are not the newest. Between two records, and from the ends of `between` to the nearest one, at most
    `max_gap_s` seconds may pass. `max_null_share` is by output field; "*" stands for all fields not named.
    A source with a health may lack its files: that is an alarm then, not an error. `by` names a text field whose values
    are sources of their own that write into the same files: gaps are looked for in each, and each of `parts` must have
    rows.
    """

    expected_rows: int | None = None
    min_rows_share: float = 0.5
    time_field: str | None = None
    now: str | None = None
    max_age_s: float | None = None
    max_gap_s: float | None = None
    max_null_share: Mapping[str, float] = field(default_factory=dict)
    by: str | None = None
    parts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "max_null_share", dict(self.max_null_share))
        object.__setattr__(self, "parts", (self.parts,) if isinstance(self.parts, str) else tuple(self.parts))
        if faults := type_faults(self):
            raise UsageError("SourceHealth: " + "; ".join(faults))
        if self.by is None and self.parts:
            faults.append(f"parts are values of the field `by`, which is not named, got {self.parts!r}")
        if self.by is not None and self.max_gap_s is None and not self.parts:
            faults.append(f"by={self.by!r} needs max_gap_s or parts, which say what is looked at in each")
        if self.expected_rows is not None and self.expected_rows < 1:
            faults.append(f"expected_rows must be at least 1, got {self.expected_rows!r}")
        for name, share in {"min_rows_share": self.min_rows_share, **self.max_null_share}.items():
            if isinstance(share, str) or not 0 <= share <= 1:
                faults.append(f"a share is in [0, 1], got {name}={share!r}")
        for name in ("max_age_s", "max_gap_s"):
            seconds = getattr(self, name)
            if seconds is not None and not 1e-6 <= seconds < 1e12:
                faults.append(f"{name} must be seconds above 0, got {seconds!r}")
            if seconds is not None and self.time_field is None:
                faults.append(f"{name} needs a time_field")
        if (self.max_age_s is None) != (self.now is None):
            faults.append(f"max_age_s and now need each other, got {self.max_age_s!r} and {self.now!r}")
        if faults:
            raise UsageError("SourceHealth: " + "; ".join(faults))
        if self.now is not None:
            microseconds(self.now)

    @property
    def max_gap_us(self) -> int:
        """`max_gap_s` in microseconds, 0 if none is declared."""
        return round((self.max_gap_s or 0) * 1_000_000)

    def limit(self, name: str) -> float | None:
        """The share of nulls that field `name` may have, if it has a limit."""
        return self.max_null_share.get(name, self.max_null_share.get("*"))


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
        past = pc.less_equal(moments, microseconds(health.now))
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
