"""What a source must be like to count as alive: size, freshness, gaps, blanks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from headrace.config.checks import Count, Share, expect
from headrace.config.settings import Spec
from headrace.times.instants import InstantOrUtc

Seconds: TypeAlias = Annotated[float, expect(lambda s: 1e-6 <= s < 1e12, "seconds above 0")]


@dataclass(frozen=True, kw_only=True)
class SourceHealth(Spec):
    """What is usual for a source; anything else raises an alarm. A setting that is None is not checked.

    Rows that are withheld do not count, duplicates do. A source with a health may lack its files: that raises an alarm
    instead of an error.

    Attributes:
        expected_rows: about how many rows there should be.
        min_rows_share: fewer than this share of `expected_rows`, 0..1, are too few.
        time_field: the field that says when a record was made.
        now: the time (ISO 8601) by which records are judged; records dated after it are reported, and do not count as
            the newest.
        max_age_s: how old the newest record may be at `now`, in seconds.
        max_gap_s: how many seconds may pass between two records, and between the ends of `between` and the nearest one.
        max_null_share: the largest share of nulls, 0..1, by output field; "*" stands for all fields that are not named.
        by: a text field whose values are sources that write into the same files, such as devices: gaps are looked for
            in each of them separately.
        parts: values of `by` that must have rows.
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
