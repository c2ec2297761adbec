"""From when to when events are taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from headrace.config.checks import Name
from headrace.config.settings import Spec
from headrace.config.templates import comparable
from headrace.times.instants import InstantOrUtc, instant_us


@dataclass(frozen=True, kw_only=True)
class TimeRange(Spec):
    """Rows with `start <= field < end` pass, all others are withheld. ISO 8601; a time without offset is UTC."""

    field: Name
    start: InstantOrUtc
    end: InstantOrUtc

    def conflicts(self) -> Iterable[str]:
        """What is wrong with the two ends together."""
        if self.start_us >= self.end_us and comparable(self.start, self.end):
            return [f"start must be before end, got {self.start!r} and {self.end!r}"]
        return []

    @property
    def start_us(self) -> int:
        """`start` as microseconds since 1970, UTC."""
        return instant_us(self.start, naive="utc")

    @property
    def end_us(self) -> int:
        """`end` as microseconds since 1970, UTC."""
        return instant_us(self.end, naive="utc")
