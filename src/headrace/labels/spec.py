"""What a label is: which outcome counts, from when to when, and what absence means.

    LabelSpec(
        keys=("suggestion_id",), event_time="shown_at", outcome_time="responded_at", known_at="received_at",
        labels=(Label(name="accepted", value="accepted", window_s=(0, 86_400), pick="last"),),
        as_of="2026-03-06T00:00:00Z",
    )

reads: a suggestion was accepted if the last response to it within a day, as known on March 6, says so; no response
within that day is a rejection; a suggestion whose day is not over on March 6 has no label yet.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta, timezone
from typing import Any

from headrace.errors import UsageError

PICKS = ("first", "last")
ABSENCES = ("negative", "missing", "exclude")
LONGEST_S = 100_000_000_000
"""Bound on windows and lateness, about 3,000 years: sums of times in microseconds then stay within int64."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, kw_only=True)
class Label:
    """One label: the column `name`, taken from the outcome column `value`.

    An outcome counts for an event when `event_time + window_s[0] <= outcome_time < event_time + window_s[1]` and its
    value is not null. The window is closed at its start and open at its end, so that adjacent windows share no
    outcome and leave none out.

    Attributes:
        window_s: start and end in seconds from event time; microseconds count. The start may be negative.
        pick: which outcome counts when several match: the `first` or `last` by outcome time. At equal times the one
            known later wins (a correction), then a stable hash of the row decides.
        absence: what a closed window without an outcome means: the value `negative`, a `missing` label (null), or
            `exclude`: the event is no example.
        negative: the value that absence stands for; used with `absence="negative"` only.

    Raises:
        UsageError: a value is not as above.
    """

    name: str
    value: str
    window_s: tuple[float, float] = (0, 86_400)
    pick: str = "last"
    absence: str = "negative"
    negative: int | float | str = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "window_s", _tuple(self.window_s))
        _raise(f"label {self.name!r}", self._faults())

    @property
    def window_us(self) -> tuple[int, int]:
        """Start and end in whole microseconds from event time."""
        after, before = self.window_s
        return _microseconds(after), _microseconds(before)

    def _faults(self) -> list[str]:
        faults = []
        if not _is_name(self.name):
            faults.append(f"name must be a non-empty text, got {self.name!r}")
        if not _is_name(self.value):
            faults.append(f"value must name a column of the outcomes, got {self.value!r}")
        if self.pick not in PICKS:
            faults.append(f"pick must be one of {', '.join(PICKS)}, got {self.pick!r}")
        if self.absence not in ABSENCES:
            faults.append(f"absence must be one of {', '.join(ABSENCES)}, got {self.absence!r}")
        if not isinstance(self.negative, (int, float, str)) or self.negative != self.negative:
            faults.append(f"negative must be a number or a text, got {self.negative!r}")
        if not (isinstance(self.window_s, tuple) and len(self.window_s) == 2 and all(map(_is_span, self.window_s))):
            faults.append(f"window_s must be two numbers of seconds within ±{LONGEST_S:,}, got {self.window_s!r}")
        elif self.window_us[0] >= self.window_us[1]:
            faults.append(f"window_s must end at least 1 microsecond after it starts, got {self.window_s!r}")
        return faults


@dataclass(frozen=True, kw_only=True)
class LabelSpec:
    """How outcomes become labels of events.

    Attributes:
        keys: columns, integers or text, in both events and outcomes, that must be equal.
        event_time: column of the events, int64 microseconds UTC.
        outcome_time: column of the outcomes, int64 microseconds UTC: when it happened.
        known_at: column of the outcomes, int64 microseconds UTC: when it was learned; None: when it happened.
        outcome_id: column of the outcomes; the same id again, for the same keys, is a duplicate and the one known
            first counts. None: every row is an outcome of its own.
        labels: one or more; an event is labeled when the windows of all of them are closed.
        as_of: ISO 8601 with a zone. An outcome known after it does not exist yet.
        lateness_s: seconds an outcome may take to become known: a window counts as closed that much later.
        splits: names and weights of the splits.
        split_by: event columns whose rows must share a split (a runner's); default: the keys.
        buckets: into how many parts, by a hash of the keys, the join is cut. Peak memory follows the largest.
        alarm_orphan_share: share of the outcomes, 0..1, above which orphans raise an alarm.
        alarm_late_share: the same for late outcomes.
        min_coverage: share of the labeled events, 0..1, at or below which the observed labels, of any one label,
            raise an alarm: by default only where none was observed.

    Raises:
        UsageError: values are not as above; all faults are named at once.
    """

    keys: tuple[str, ...]
    event_time: str
    outcome_time: str
    labels: tuple[Label, ...]
    as_of: str
    known_at: str | None = None
    outcome_id: str | None = None
    lateness_s: float = 0
    splits: Mapping[str, int] = field(default_factory=lambda: {"train": 2, "eval": 1})
    split_by: tuple[str, ...] = ()
    buckets: int = 8
    alarm_orphan_share: float = 0.1
    alarm_late_share: float = 0.1
    min_coverage: float = 0.0

    def __post_init__(self) -> None:
        for name in ("keys", "labels", "split_by"):
            object.__setattr__(self, name, _tuple(getattr(self, name)))
        if isinstance(self.splits, Mapping):
            object.__setattr__(self, "splits", dict(self.splits))
        _raise("label spec", self._faults())

    def __hash__(self) -> int:
        return hash(self.to_json())

    @property
    def as_of_us(self) -> int:
        """As-of in microseconds since 1970 in UTC."""
        return _instant(self.as_of)

    @property
    def mature_until_us(self) -> int:
        """An event is mature when its time is at most this: then every window, and lateness, is over at as-of."""
        longest = max(label.window_us[1] for label in self.labels)
        return self.as_of_us - longest - _microseconds(self.lateness_s)

    def to_json(self) -> str:
        """One JSON object; `from_json` gives an equal spec."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> LabelSpec:
        """Inverse of `to_json`; fields with a default may be left out.

        Raises:
            UsageError: not JSON, a field is unknown or missing, or a value is wrong.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            raise UsageError(f"a label spec must be JSON, got {text[:80]!r}: {error}") from error
        if isinstance(data, dict) and isinstance(data.get("labels"), list):
            data["labels"] = tuple(_build(Label, label) for label in data["labels"])
        spec: LabelSpec = _build(cls, data)
        return spec

    def _faults(self) -> list[str]:
        names = [name for name in ("keys", "split_by") if not _are_names(getattr(self, name))]
        faults = [
            f"{name} must be a tuple of different names of columns, got {getattr(self, name)!r}" for name in names
        ]
        if not self.keys:
            faults.append("keys must name at least one column")
        for name in ("event_time", "outcome_time"):
            if not _is_name(getattr(self, name)):
                faults.append(f"{name} must name a column, got {getattr(self, name)!r}")
        for name in ("known_at", "outcome_id"):
            if getattr(self, name) is not None and not _is_name(getattr(self, name)):
                faults.append(f"{name} must name a column or be None, got {getattr(self, name)!r}")
        labels = self.labels if isinstance(self.labels, tuple) else ()
        if not labels or not all(isinstance(label, Label) for label in labels):
            faults.append(f"labels must be a tuple of at least one Label, got {self.labels!r}")
        else:
            names = [label.name for label in labels]
            twice = sorted({name for name in names if names.count(name) > 1})
            faults += [f"{names.count(name)} labels are named {name!r}: give each its own name" for name in twice]
        if not _is_span(self.lateness_s) or self.lateness_s < 0:
            faults.append(f"lateness_s must be a number of seconds >= 0, got {self.lateness_s!r}")
        if not isinstance(self.splits, Mapping) or not self.splits:
            faults.append(f"splits must map at least one name to its weight, got {self.splits!r}")
        else:
            wrong = {name: weight for name, weight in self.splits.items() if not (_is_name(name) and _is_count(weight))}
            if wrong or any("/" in str(name) for name in self.splits):
                faults.append(f"splits must map names without '/' to whole weights >= 1, got {dict(self.splits)!r}")
        if not _is_count(self.buckets) or self.buckets > 10_000:
            faults.append(f"buckets must be a whole number from 1 to 10,000, got {self.buckets!r}")
        for name in ("alarm_orphan_share", "alarm_late_share", "min_coverage"):
            if not _is_share(getattr(self, name)):
                faults.append(f"{name} must be a share from 0 to 1, got {getattr(self, name)!r}")
        try:
            _instant(self.as_of)
        except UsageError as error:
            faults.append(str(error))
        return faults


def _instant(text: str) -> int:
    cure = "write it like 2026-03-06T00:00:00Z"
    try:
        instant = datetime.fromisoformat(text[:-1] + "+00:00" if text[-1:] in "zZ" else text)
    except (TypeError, ValueError) as error:
        raise UsageError(f"as_of must be a time in ISO 8601, got {text!r}: {cure}") from error
    if instant.tzinfo is None:
        raise UsageError(f"as_of must have a zone, got {text!r}: {cure}")
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _are_names(value: object) -> bool:
    return isinstance(value, tuple) and all(map(_is_name, value)) and len(set(value)) == len(value)


def _is_span(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value) and abs(value) <= LONGEST_S


def _is_share(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _raise(what: str, faults: list[str]) -> None:
    if faults:
        raise UsageError(f"{what}: " + "; ".join(faults))


def _build(kind: Any, data: Any) -> Any:
    if not isinstance(data, dict):
        raise UsageError(f"a {kind.__name__} must be a JSON object, got {data!r}")
    known = [item.name for item in fields(kind)]
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise UsageError(f"a {kind.__name__} has no {', '.join(unknown)}; it has: {', '.join(known)}")
    try:
        return kind(**data)
    except TypeError as error:
        raise UsageError(f"a {kind.__name__} can't be made: {error}") from error
