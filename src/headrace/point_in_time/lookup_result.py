"""What looking up one table gives: features, what became of each event and each row, and how old the values are.

500 events = 480 matched + 12 absent + 5 expired + 3 no_key + 0 no_time
900 profiles = 610 used + 288 unused + 2 no_key + 0 no_time
age_group: found 478, null 2, absent 20, age_s {"65536": 300, "131072": 178}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from headrace.keyed.columns import Bools, Ints
from headrace.keyed.histogram import count_by_duration, shortest_first
from headrace.keyed.timeline import NONE
from headrace.ledger import Ledger
from headrace.point_in_time.sides import Sides

EVENT_STATUSES = ("matched", "absent", "expired", "no_key", "no_time")
ROW_STATUSES = ("used", "unused", "no_key", "no_time")


@dataclass(frozen=True, kw_only=True)
class FeatureFacts:
    """Counts over the events, for one feature.

    Attributes:
        found: events with a value from a row.
        null: events for which there is a row, and null in it.
        absent: events without a row.
        age_s: events with a row by its age at the event's time, of a window the newest row's, in powers of two: the
            key is the lower bound in seconds, "0" is less than a second.
    """

    found: int = 0
    null: int = 0
    absent: int = 0
    age_s: Mapping[str, int] = field(default_factory=dict)

    @property
    def coverage(self) -> float | None:
        """Share of the events with a value from a row; None when there are no events."""
        events = self.found + self.null + self.absent
        return self.found / events if events else None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; ages from young to old."""
        parts = {"found": self.found, "null": self.null, "absent": self.absent}
        ledger = Ledger(subject="events", total=sum(parts.values()), parts=parts)
        return {"ledger": ledger.to_dict(), "coverage": self.coverage, "age_s": shortest_first(self.age_s)}


@dataclass(frozen=True, kw_only=True)
class LookupResult:
    """What one table gives to the events, in the order in which these came.

    Attributes:
        columns: the features, flat.
        matched: which events have a row of the table, for any feature.
        event_statuses: how many events have each of `EVENT_STATUSES`.
        row_statuses: how many rows of the table have each of `ROW_STATUSES`.
        facts: by feature.
    """

    columns: Mapping[str, pa.Array]
    matched: Bools
    event_statuses: Mapping[str, int]
    row_statuses: Mapping[str, int]
    facts: Mapping[str, FeatureFacts]


def facts_of(values: pa.Array, newest: Ints, sides: Sides) -> FeatureFacts:
    """The facts of a feature, from its values and, for each event, the newest row that it is made of, or NONE."""
    has_row = newest != NONE
    valued = values.is_valid().to_numpy(zero_copy_only=False) & has_row
    return FeatureFacts(
        found=int(valued.sum()),
        null=int((has_row & ~valued).sum()),
        absent=int((~has_row).sum()),
        age_s=count_by_duration(sides.event_us[has_row] - sides.time[newest[has_row]]),
    )


def count_event_statuses(sides: Sides, matched: Bools, expired: Bools) -> dict[str, int]:
    """How many events have each status; `expired`: the newest row was too old."""
    status = np.full(len(matched), EVENT_STATUSES.index("absent"))
    status[expired] = EVENT_STATUSES.index("expired")
    status[matched] = EVENT_STATUSES.index("matched")
    status[~sides.event_has_time] = EVENT_STATUSES.index("no_time")
    status[~sides.event_has_key] = EVENT_STATUSES.index("no_key")
    return _count(EVENT_STATUSES, status)


def count_row_statuses(sides: Sides, used: Bools, has_time: Bools) -> dict[str, int]:
    """How many rows of the table have each status."""
    status = np.where(used, ROW_STATUSES.index("used"), ROW_STATUSES.index("unused"))
    status[~has_time] = ROW_STATUSES.index("no_time")
    status[~sides.has_key] = ROW_STATUSES.index("no_key")
    return _count(ROW_STATUSES, status)


def total(facts: Iterable[FeatureFacts]) -> FeatureFacts:
    """The facts of all events, from the facts of parts of them."""
    listed = list(facts)
    return FeatureFacts(
        found=sum(one.found for one in listed),
        null=sum(one.null for one in listed),
        absent=sum(one.absent for one in listed),
        age_s=dict(sum((Counter(one.age_s) for one in listed), Counter())),
    )


def _count(names: tuple[str, ...], status: Ints) -> dict[str, int]:
    return dict(zip(names, np.bincount(status, minlength=len(names)).tolist(), strict=True))
