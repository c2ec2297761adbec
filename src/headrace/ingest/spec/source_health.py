"""What a source must be like to count as alive: size, freshness, gaps, blanks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

import pyarrow as pa

from headrace.config.checks import Count, Share, expect
from headrace.config.settings import Spec
from headrace.times.instants import InstantOrUtc

Seconds: TypeAlias = Annotated[float, expect(lambda s: 1e-6 <= s < 1e12, "seconds above 0")]

STRETCHES = pa.schema([("part", pa.string()), ("first", pa.int64()), ("last", pa.int64())])
"""`part` is a value of the field `by`, null where there is none."""


@dataclass(frozen=True, kw_only=True)
class SourceHealth(Spec):
    """What is usual for a source; what is not becomes an alarm. What is None is not looked at.

    Rows that are withheld do not count, duplicates do. Fewer rows than `min_rows_share` (0..1) of `expected_rows` are
    too few. `now` (ISO 8601) is when the newest record may be `max_age_s` seconds old at most; records dated after it
    are told of, and are not the newest. Between two records, and from the ends of `between` to the nearest one, at most
    `max_gap_s` seconds may pass. `max_null_share` is by output field; "*" stands for all fields not named.
    A source with a health may lack its files: that is an alarm then, not an error. `by` names a text field whose values
    are sources of their own that write into the same files: gaps are looked for in each, and each of `parts` must have
    rows.
    """

    expected_rows: Count | None = None
    min_rows_share: Share = 0.5
    time_field: str | None = None
    now: InstantOrUtc | None = None
    max_age_s: Seconds | None = None
    max_gap_s: Seconds | None = None
    max_null_share: Mapping[str, Share] = field(default_factory=dict)
    by: str | None = None
    parts: tuple[str, ...] = ()

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together."""
        faults = []
        if self.by is None and self.parts:
            faults.append(f"parts are values of the field `by`, which is not named, got {self.parts!r}")
        if self.by is not None and self.max_gap_s is None and not self.parts:
            faults.append(f"by={self.by!r} needs max_gap_s or parts, which say what is looked at in each")
        for name in ("max_age_s", "max_gap_s"):
            if getattr(self, name) is not None and self.time_field is None:
                faults.append(f"{name} needs a time_field")
        if (self.max_age_s is None) != (self.now is None):
            faults.append(f"max_age_s and now need each other, got {self.max_age_s!r} and {self.now!r}")
        return faults

    @property
    def max_gap_us(self) -> int:
        """`max_gap_s` in microseconds, 0 if none is declared."""
        return round((self.max_gap_s or 0) * 1_000_000)

    def limit(self, name: str) -> float | None:
        """The share of nulls that field `name` may have, if it has a limit."""
        return self.max_null_share.get(name, self.max_null_share.get("*"))
