"""Where outcomes come from: the columns of one table of them, and what the same id again means.

    OutcomeSource(name="answers", outcome_time="responded_at", known_at="received_at", outcome_id="response_id")
    OutcomeSource(name="runs", outcome_time="ended_at", keys={"runner_id": "athlete"}, clock_skew=5)

same_id="first"                                    same_id="latest": corrections

answer 7: no,  known 10:00  counts                 answer 7: no,  known 10:00  counts as of 10:00 to 11:59
answer 7: yes, known 12:00  is a duplicate         answer 7: yes, known 12:00  counts from 12:00 on
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from headrace.errors import UsageError
from headrace.labels.faults import is_name, refuse
from headrace.times.durations import Duration, parsed

SAME_ID = ("first", "latest")
OUTCOMES = "outcomes"
"""What the one source is called, where there is one."""

_NAME = re.compile(r"[a-z](?!.*__)[a-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class OutcomeSource:
    """One table of outcomes.

    Attributes:
        name: what labels, ledgers and inputs call it: small letters, digits and single underscores.
        outcome_time: column, int64 microseconds UTC: when it happened.
        known_at: column, int64 microseconds UTC: when it was learned; None: when it happened.
        keys: column of the events -> column of this source, that must be equal; the keys of the spec, which every
            source has, stand for themselves where they are left out. Further columns join this source more narrowly.
        outcome_id: column; None: every row is an outcome of its own.
        same_id: what the same id means for the same keys: only the `first` one known counts and the rest are
            duplicates, or the `latest` one known at as-of counts: it corrects those before it.
        clock_skew: seconds by which an outcome may precede its event, since clocks differ, and still count as at it:
            windows that hold the event's own time take it.

    Raises:
        UsageError: a value is not as above; all faults are named at once.
    """

    outcome_time: str
    name: str = OUTCOMES
    known_at: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    outcome_id: str | None = None
    same_id: str = "first"
    clock_skew: Duration = 0

    def __post_init__(self) -> None:
        if isinstance(self.keys, Mapping):
            object.__setattr__(self, "keys", dict(self.keys))
        refuse(f"outcome source {self.name!r}", self._faults())

    def key_columns(self, keys: tuple[str, ...]) -> dict[str, str]:
        """Column of the events -> column of this source: those of the spec first, in their order."""
        return {**{name: name for name in keys}, **self.keys}

    def _faults(self) -> list[str]:
        faults = []
        if not (isinstance(self.name, str) and _NAME.fullmatch(self.name)) or self.name == "events":
            faults.append(
                f"name must be small letters, digits and single underscores, and not 'events', got {self.name!r}"
            )
        if not is_name(self.outcome_time):
            faults.append(f"outcome_time must name a column, got {self.outcome_time!r}")
        for name in ("known_at", "outcome_id"):
            if getattr(self, name) is not None and not is_name(getattr(self, name)):
                faults.append(f"{name} must name a column or be None, got {getattr(self, name)!r}")
        keys = self.keys
        if not isinstance(keys, Mapping) or not all(map(is_name, [*keys, *keys.values()])):
            faults.append(f"keys must map columns of the events to columns of this source, got {self.keys!r}")
        if self.same_id not in SAME_ID:
            faults.append(f"same_id must be one of {', '.join(SAME_ID)}, got {self.same_id!r}")
        try:
            skew = parsed(self.clock_skew)
            if skew.by_calendar or skew.us < 0:
                faults.append(f"clock_skew must be at least 0 and no calendar's, got {self.clock_skew!r}")
        except UsageError as error:
            faults.append(f"clock_skew: {error}")
        return faults
