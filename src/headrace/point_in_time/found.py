"""What a look-up found: the features, the fate of every event and every row, and how old what was found is.

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
from headrace.ledger import Ledger
from headrace.point_in_time.sides import Sides

EVENT_FATES = ("matched", "absent", "expired", "no_key", "no_time")
ROW_FATES = ("used", "unused", "no_key", "no_time")
NONE = -1
"""What stands for no row."""

WITHIN_1_S = "0"
_POWERS_S = 2 ** np.arange(48)


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
        ages = dict(sorted(self.age_s.items(), key=lambda item: int(item[0])))
        return {"ledger": ledger.to_dict(), "coverage": self.coverage, "age_s": ages}


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one table gave to the events, which stand in the order they came.

    Attributes:
        columns: the features, flat.
        matched: which events have a row of the table for any feature.
        event_fates: events by fate, of `EVENT_FATES`.
        row_fates: rows of the table by fate, of `ROW_FATES`.
        facts: by feature.
    """

    columns: Mapping[str, pa.Array]
    matched: Bools
    event_fates: Mapping[str, int]
    row_fates: Mapping[str, int]
    facts: Mapping[str, FeatureFacts]


def facts_of(values: pa.Array, newest: Ints, sides: Sides) -> FeatureFacts:
    """The facts of a feature: its values, and for each event the newest row that it is made of, or NONE."""
    has_row = newest != NONE
    valued = values.is_valid().to_numpy(zero_copy_only=False) & has_row
    return FeatureFacts(
        found=int(valued.sum()),
        null=int((has_row & ~valued).sum()),
        absent=int((~has_row).sum()),
        age_s=_ages(sides.event_us[has_row] - sides.time[newest[has_row]]),
    )


def event_fates(sides: Sides, matched: Bools, expired: Bools) -> dict[str, int]:
    """How many events have each fate; `expired`: the newest row was too old."""
    fate = np.full(len(matched), EVENT_FATES.index("absent"))
    fate[expired] = EVENT_FATES.index("expired")
    fate[matched] = EVENT_FATES.index("matched")
    fate[~sides.event_has_time] = EVENT_FATES.index("no_time")
    fate[~sides.event_has_key] = EVENT_FATES.index("no_key")
    return _counted(EVENT_FATES, fate)


def row_fates(sides: Sides, used: Bools, has_time: Bools) -> dict[str, int]:
    """How many rows of the table have each fate."""
    fate = np.where(used, ROW_FATES.index("used"), ROW_FATES.index("unused"))
    fate[~has_time] = ROW_FATES.index("no_time")
    fate[~sides.has_key] = ROW_FATES.index("no_key")
    return _counted(ROW_FATES, fate)


def total(facts: Iterable[FeatureFacts]) -> FeatureFacts:
    """The facts of all together."""
    listed = list(facts)
    return FeatureFacts(
        found=sum(one.found for one in listed),
        null=sum(one.null for one in listed),
        absent=sum(one.absent for one in listed),
        age_s=dict(sum((Counter(one.age_s) for one in listed), Counter())),
    )


def _counted(names: tuple[str, ...], fate: Ints) -> dict[str, int]:
    return dict(zip(names, np.bincount(fate, minlength=len(names)).tolist(), strict=True))


def _ages(age_us: Ints) -> dict[str, int]:
    names = [WITHIN_1_S, *(str(power) for power in _POWERS_S.tolist())]
    counts = np.bincount(np.searchsorted(_POWERS_S, age_us // 1_000_000, side="right"), minlength=len(names)).tolist()
    return {name: count for name, count in zip(names, counts, strict=True) if count}
