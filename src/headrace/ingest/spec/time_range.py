"""From when to when events are taken."""

from __future__ import annotations

from dataclasses import dataclass

from headrace.errors import UsageError
from headrace.times.instants import microseconds


@dataclass(frozen=True, kw_only=True)
class TimeRange:
    """Rows with `start <= field < end` pass, all others are withheld. ISO 8601; a time without offset is UTC."""

    field: str
    start: str
    end: str

    def __post_init__(self) -> None:
        if self.start_us >= self.end_us:
            raise UsageError(f"between: start must be before end, got {self.start!r} and {self.end!r}")

    @property
    def start_us(self) -> int:
        """`start` as microseconds since 1970, UTC."""
        return microseconds(self.start)

    @property
    def end_us(self) -> int:
        """`end` as microseconds since 1970, UTC."""
        return microseconds(self.end)
