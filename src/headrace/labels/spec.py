"""How outcomes become labels of events: keys, times, sources, labels, and the time as of which all is judged.

    LabelSpec(
        keys=("suggestion_id",), event_time="shown_at", outcome_time="responded_at", known_at="received_at",
        labels=(Label(name="accepted", value="accepted", window=(0, "1d"), pick="last"),),
        as_of="2026-03-06T00:00:00Z",
    )

This says: a suggestion was accepted if the last response to it within a day, as known on March 6, says so. No response
within that day is a rejection. A suggestion whose day is not over on March 6 has no label yet.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, TypeAlias

from headrace.config.checks import NOT_EMPTY, Name, Names, Share, Splits, between, expect, one_of, twice
from headrace.config.settings import Spec
from headrace.config.templates import comparable
from headrace.examples.time_splits import TimeSplits
from headrace.keyed.time_units import Times
from headrace.labels.label import Label
from headrace.labels.sources import SAME_ID, OutcomeSource, Skew
from headrace.times.durations import Duration, parse_duration
from headrace.times.instants import Instant, instant_us
from headrace.times.zones import ZoneName

_SINGLE_SOURCE = {"known_at": None, "outcome_id": None, "same_id": "first", "clock_skew": 0}

Lateness: TypeAlias = Annotated[
    Duration, expect(lambda late: parse_duration(late).about_us >= 0, "a duration of at least 0")
]


@dataclass(frozen=True, kw_only=True)
class LabelSpec(Spec):
    """How outcomes become labels of events.

    With one source, its columns are settings of the spec (`outcome_time`, `known_at`, `outcome_id`, `same_id`,
    `clock_skew`: see `OutcomeSource`); with several, `sources` has them, and each label names its source.

    Attributes:
        keys: columns in both events and outcomes that must be equal: numbers, text or times.
        event_time: column of the events: when it happened. Times are timestamps, dates (midnight UTC) or whole numbers.
        times: column, of the events or of any source -> what its whole numbers count since 1970 in UTC: `epoch_s`,
            `epoch_ms`, `epoch_us` or `epoch_ns`. Of columns that are not here and of which the data say nothing, the
            range of all values must show it.
        labels: one or more; an event is labeled when the windows of all of them are closed.
        as_of: ISO 8601 with a zone. An outcome known after it does not exist yet. Or several, ascending: an event is
            judged as of the first of them at which it is mature, as runs at each of them would have done.
        matured_after: ISO 8601 with a zone, or None: events that were mature then already are excluded, since an
            earlier run has labeled them.
        as_of_column: name of a further column of the examples, the time as of which each was judged, int64 microseconds
            UTC; None: no such column.
        lateness: how long an outcome may take to become known: a window counts as closed that much later.
        zone: IANA name of the time zone whose calendar durations such as "1d" and "1mo" follow.
        early_column: name of the column of the examples that is 1 where the labels count before their windows are
            closed, else 0; the examples have it if a label is `early`.
        splits: names and weights of the splits.
        split_by: columns of the events that make up an entity (a runner), which is in one split; default: the keys.
        split_time: splits by event time, at borders, instead of weights. With `split_by` as well, entities are kept
            apart: each belongs to one split by its hash, and its events in the time of another split are excluded.
        buckets: into how many parts, by a hash of the keys, the join is cut; None: as many as the data need. Peak
            memory follows the largest.
        alarm_orphan_share: share of the outcomes of a source, 0..1, above which orphans raise an alarm.
        alarm_late_share: the same for late outcomes.
        min_coverage: a label that was observed for at most this share of the labeled events, 0..1, raises an alarm: by
            default only a label that was observed for none.

    Raises:
        UsageError: values are not as above; all faults are named at once.
    """

    keys: Annotated[Names, NOT_EMPTY]
    event_time: Name
    labels: Annotated[tuple[Label, ...], NOT_EMPTY]
    as_of: Instant | Annotated[tuple[Instant, ...], NOT_EMPTY]
    outcome_time: Name | None = None
    known_at: Name | None = None
    outcome_id: Name | None = None
    same_id: Annotated[str, one_of(SAME_ID)] = "first"
    clock_skew: Skew = 0
    sources: tuple[OutcomeSource, ...] = ()
    times: Times = field(default_factory=dict)
    matured_after: Instant | None = None
    as_of_column: Name | None = None
    lateness: Lateness = 0
    zone: ZoneName = "UTC"
    early_column: Name = "early"
    splits: Splits = field(default_factory=lambda: {"train": 2, "eval": 1})
    split_by: Names = ()
    split_time: TimeSplits | None = None
    buckets: Annotated[int, between(1, 10_000)] | None = None
    alarm_orphan_share: Share = 0.1
    alarm_late_share: Share = 0.1
    min_coverage: Share = 0.0

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together."""
        faults = [*self._time_faults(), *self._label_faults(), *self._split_faults()]
        return faults or self._source_faults()

    def __hash__(self) -> int:
        return hash(self.to_json())

    @property
    def as_ofs_us(self) -> tuple[int, ...]:
        """The as-of times in microseconds since 1970 in UTC, ascending."""
        return tuple(map(instant_us, self.as_of if isinstance(self.as_of, tuple) else (self.as_of,)))

    @property
    def as_of_us(self) -> int:
        """The last as-of time, in microseconds since 1970 in UTC."""
        return self.as_ofs_us[-1]

    @property
    def matured_after_us(self) -> int | None:
        """`matured_after` in microseconds since 1970 in UTC."""
        return None if self.matured_after is None else instant_us(self.matured_after)

    @cached_property
    def outcome_sources(self) -> tuple[OutcomeSource, ...]:
        """The sources; one, where the spec has its columns as settings of its own."""
        if self.outcome_time is None:
            return self.sources
        own = {name: getattr(self, name) for name in _SINGLE_SOURCE}
        return (OutcomeSource(outcome_time=self.outcome_time, **own),)

    def times_of(self, source: OutcomeSource) -> Times:
        """What whole numbers of columns of `source` count, as far as it is declared."""
        return {**self.times, **source.times}

    def compared(self, source: OutcomeSource) -> list[str]:
        """The columns of `source` that are compared: keys and ids."""
        ids = [] if source.outcome_id is None else [source.outcome_id]
        return [*source.key_columns(self.keys).values(), *ids]

    @property
    def event_keys(self) -> list[str]:
        """The columns of the events that are compared: keys of any source, and what splits go by."""
        names = [name for source in self.outcome_sources for name in source.key_columns(self.keys)]
        return list(dict.fromkeys([*self.keys, *names, *self.split_by]))

    @property
    def flags_early(self) -> bool:
        """Whether the examples have the column `early_column`."""
        return any(label.early for label in self.labels)

    def labels_of(self, source: OutcomeSource) -> tuple[Label, ...]:
        """The labels that outcomes of `source` make."""
        return tuple(label for label in self.labels if label.source in (None, source.name))

    def _time_faults(self) -> list[str]:
        instants = self.as_ofs_us
        as_of = self.as_of if isinstance(self.as_of, tuple) else (self.as_of,)
        if any(later <= before for before, later in itertools.pairwise(instants)) and comparable(*as_of):
            return [f"as_of must be one time, or several that ascend, got {self.as_of!r}"]
        after = self.matured_after
        if after is not None and instant_us(after) >= instants[0] and comparable(after, as_of[0]):
            return [f"matured_after must be before as_of, got {after!r} and {self.as_of!r}"]
        return []

    def _label_faults(self) -> list[str]:
        names = [label.name for label in self.labels]
        more = {"as_of_column": self.as_of_column} if self.as_of_column else {}
        if self.flags_early:
            more["early_column"] = self.early_column
        faults = [f"{count} labels are named {name!r}: give each its own name" for name, count in twice(names)]
        taken = [*names]
        for role, name in more.items():
            if name in taken:
                faults.append(f"{role} {name!r} is the name of another column of the examples")
            taken.append(str(name))
        if self.flags_early and (
            self.matured_after is not None or (isinstance(self.as_of, tuple) and len(self.as_of) > 1)
        ):
            faults.append(
                "early labels exclude matured_after and several as_of times, which give each event when it is mature: "
                "leave one out"
            )
        return faults

    def _split_faults(self) -> list[str]:
        faults: list[str] = []
        if self.split_time is None:
            return faults
        if self.split_time.field != self.event_time:
            faults.append(f"split_time must go by the event time {self.event_time!r}, got {self.split_time.field!r}")
        if len(self.split_time.borders) != len(self.splits) - 1:
            faults.append(f"split_time needs one border between any two of {list(self.splits)}, got {self.split_time}")
        return faults

    def _source_faults(self) -> list[str]:
        """What is wrong with the sources of a spec that is right otherwise."""
        own = [name for name, default in _SINGLE_SOURCE.items() if getattr(self, name) != default]
        if self.outcome_time is None and not self.sources:
            return ["outcome_time must name a column, or sources must list the sources of outcomes, got neither"]
        if self.sources and (self.outcome_time is not None or own):
            given = ", ".join([*(["outcome_time"] if self.outcome_time is not None else []), *own])
            return [f"{given} and sources exclude each other: name the columns of each source in its OutcomeSource"]
        names = [source.name for source in self.outcome_sources]
        faults = [f"{count} sources are named {name!r}: give each its own name" for name, count in twice(names)]
        for label in self.labels:
            if label.source is None and len(names) > 1:
                faults.append(f"label {label.name!r} must name its source, one of {', '.join(names)}")
            elif label.source is not None and label.source not in names:
                faults.append(f"label {label.name!r} has the source {label.source!r}; there are: {', '.join(names)}")
        used = {label.source for label in self.labels}
        faults += [f"source {name!r} makes no label" for name in names if len(names) > 1 and name not in used]
        return faults
