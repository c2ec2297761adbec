"""Where outcomes come from: the columns of a table of outcomes, and what a repeated id means.

    OutcomeSource(name="answers", outcome_time="responded_at", known_at="received_at", outcome_id="response_id")
    OutcomeSource(name="runs", outcome_time="ended_at", keys={"runner_id": "athlete"}, clock_skew=5)

same_id="first"                                    same_id="latest": corrections

answer 7: no,  known 10:00  counts                 answer 7: no,  known 10:00  counts as of 10:00 to 11:59
answer 7: yes, known 12:00  is a duplicate         answer 7: yes, known 12:00  counts from 12:00 on
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from headrace.config.checks import Name, expect, one_of
from headrace.config.settings import Spec
from headrace.keyed.side_names import SideName
from headrace.keyed.time_units import Times
from headrace.times.durations import Duration, parse_duration

SAME_ID = ("first", "latest")
OUTCOMES = "outcomes"
"""The name of the source where the spec has only one."""


def _is_skew(duration: int | float | str) -> bool:
    length = parse_duration(duration)
    return not length.by_calendar and length.us >= 0


Skew: TypeAlias = Annotated[Duration, expect(_is_skew, "a fixed duration of at least 0, such as 5 or '90s'")]


@dataclass(frozen=True, kw_only=True)
class OutcomeSource(Spec):
    """One table of outcomes.

    Attributes:
        name: its name in labels, ledgers and inputs: small letters, digits and single underscores.
        outcome_time: column of times: when it happened.
        known_at: column of times: when it was learned; None: when it happened.
        keys: column of the events -> column of this source that must equal it. Keys of the spec that are left out have
            the same name in the source. Further columns make the match narrower.
        outcome_id: column; None: every row is a separate outcome.
        same_id: what the same id means for the same keys: only the `first` one known counts and the rest are
            duplicates, or the `latest` one known at as-of counts: it corrects those before it.
        clock_skew: by how much an outcome may precede its event, since clocks differ, and still count as simultaneous,
            in windows that contain the event's own time.
        times: column -> what its whole numbers count since 1970 in UTC, `epoch_s`, `epoch_ms`, `epoch_us` or
            `epoch_ns`, where this source differs from the `times` of the spec.

    Raises:
        UsageError: a value is not as above; all faults are named at once.
    """

    outcome_time: Name
    name: SideName = OUTCOMES
    known_at: Name | None = None
    keys: Mapping[Name, Name] = field(default_factory=dict)
    outcome_id: Name | None = None
    same_id: Annotated[str, one_of(SAME_ID)] = "first"
    clock_skew: Skew = 0
    times: Times = field(default_factory=dict)

    @property
    def time_columns(self) -> list[str]:
        """The columns that are times."""
        return [name for name in (self.outcome_time, self.known_at) if name is not None]

    def key_columns(self, keys: tuple[str, ...]) -> dict[str, str]:
        """Column of the events -> column of this source: those of the spec first, in their order."""
        return {**{name: name for name in keys}, **self.keys}
