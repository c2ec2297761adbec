"""From when to when events are taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from headrace.config.checks import Name, accepted
from headrace.config.settings import Spec
from headrace.config.templates import comparable
from headrace.times.instants import microseconds


@dataclass(frozen=True, kw_only=True)
class TimeRange(Spec):
    """Rows with `start <= field < end` pass, all others are withheld. ISO 8601; a time without offset is UTC."""

    field: Name
    start: Annotated[str, accepted(microseconds)]
    end: Annotated[str, accepted(microseconds)]

    def conflicts(self) -> Iterable[str]:
        """What is wrong with the two ends together."""
        if self.start_us >= self.end_us and comparable(self.start, self.end):
            return [f"start must be before end, got {self.start!r} and {self.end!r}"]
        return []

    @property
    def start_us(self) -> int:
        """`start` as microseconds since 1970, UTC."""
        return microseconds(self.start)

    @property
    def end_us(self) -> int:
        """`end` as microseconds since 1970, UTC."""
        return microseconds(self.end)
