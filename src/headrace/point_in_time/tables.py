"""The two kinds of tables with features: slowly changing tables, looked up as of a time, and streams, aggregated.

    AsOfTable(name="profiles", keys=("runner_id",), time="valid_from", features=("age_group", "home_city"), ttl="400d")
    EventStream(
        name="runs", keys=("runner_id",), time="started_at", delay="2h",
        aggregates=(Aggregate(name="km_7d", function="sum", value="distance_km", window="7d"),),
    )

This says: `age_group` is taken from the newest profile before the event that is at most 400 days old; `km_7d` is the
distance of the seven days before the event, without runs that started in its last two hours, which are not known yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, TypeAlias

from headrace.config.checks import NOT_EMPTY, Name, Names, accepted, expect, one_of, twice
from headrace.config.settings import Spec
from headrace.keyed.side_names import SideName
from headrace.keyed.time_units import Times
from headrace.point_in_time.aggregate import Aggregate
from headrace.times.durations import Duration, fixed_duration_us
from headrace.values import ColumnType

TIEBREAK, KNOWLEDGE = "tiebreak", "knowledge"
KEEP, SKIP = "keep", "skip"
Columns: TypeAlias = Names | Mapping[Name, Name]
"""Names that are the same on both sides, or names on the events' side -> columns of the table."""

FixedLength: TypeAlias = Annotated[
    Duration,
    accepted(fixed_duration_us),
    expect(lambda duration: fixed_duration_us(duration) >= 0, "a duration of at least 0"),
]


@dataclass(frozen=True, kw_only=True)
class AsOfTable(Spec):
    """A table of slowly changing facts: an event gets the newest row that was valid and available at its time.

    A row is a candidate from `time + delay` to `time + ttl`, both included. The candidate with the latest `time`
    counts; among several the one created last, where a row without a creation time comes before all others; then a
    stable hash of the row decides. This is what Feast does, with `created_is="tiebreak"` and no delay.

    Attributes:
        name: its name in inputs and ledgers: small letters, digits and single underscores.
        keys: columns that must be equal, numbers, text or times; column of the events -> column of the table.
        time: column of the table with times: since when a row is valid.
        features: column that the events get -> column of the table, or columns that keep their names.
        ttl: how old a row may be at the event; None: of any age.
        created: column of the table with times: when the row was written.
        created_is: what `created` decides. `tiebreak`: only which of several rows with the same `time` counts, so a
            correction also counts for events before it was written. `knowledge`: also that a row is not a candidate
            before it was written; a row without a creation time never is.
        delay: how long after its `time` a row becomes available.
        at_event_time: whether a row that becomes available at exactly the event's time counts.
        nulls: `keep`: a feature is null where the row that counts has null; `skip`: such rows are passed over, for
            each feature on its own.
        times: column of the table -> what its whole numbers count since 1970 in UTC, `epoch_s`, `epoch_ms`, `epoch_us`
            or `epoch_ns`, where this table differs from the `times` of the spec.

    Raises:
        UsageError: a value is not as above; all faults are named at once.
    """

    tag: ClassVar[str] = "as_of"

    name: SideName
    keys: Annotated[Columns, NOT_EMPTY]
    time: Name
    features: Annotated[Columns, NOT_EMPTY]
    ttl: FixedLength | None = None
    created: Name | None = None
    created_is: Annotated[str, one_of((TIEBREAK, KNOWLEDGE))] = TIEBREAK
    delay: FixedLength = 0
    at_event_time: bool = True
    nulls: Annotated[str, one_of((KEEP, SKIP))] = KEEP
    times: Times = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("keys", "features"):
            object.__setattr__(self, name, _pairs(getattr(self, name)))

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together."""
        if self.created_is == KNOWLEDGE and self.created is None:
            return ["created_is='knowledge' needs created, the column that says when a row was written"]
        return []

    @property
    def key_columns(self) -> dict[str, str]:
        """Column of the events -> column of the table."""
        return _pairs(self.keys)

    @property
    def own_columns(self) -> dict[str, str]:
        """A row of such a table belongs to no event."""
        return {}

    @property
    def time_columns(self) -> list[str]:
        """The columns of the table that are times."""
        return [self.time] if self.created is None else [self.time, self.created]

    @property
    def feature_columns(self) -> dict[str, str]:
        """Column that the events get -> column of the table."""
        return _pairs(self.features)

    def feature_types(self, own: Mapping[str, ColumnType]) -> dict[str, ColumnType]:
        """The types of the features, from those of the table's columns, as far as these are known."""
        return {name: own[column] for name, column in self.feature_columns.items() if column in own}

    @property
    def columns(self) -> list[str]:
        """The columns of the table that are read."""
        created = [] if self.created is None else [self.created]
        return list(dict.fromkeys([*self.key_columns.values(), self.time, *created, *self.feature_columns.values()]))

    @property
    def delay_us(self) -> int:
        """The delay in microseconds."""
        return fixed_duration_us(self.delay)

    @property
    def ttl_us(self) -> int | None:
        """The time to live in microseconds."""
        return None if self.ttl is None else fixed_duration_us(self.ttl)


@dataclass(frozen=True, kw_only=True)
class EventStream(Spec):
    """A table of things that happened: an event gets aggregates over the rows of trailing windows before it.

    A row lies in the window of an aggregate when `event_time - window <= time` and `time + delay < event_time` (`<=`
    with `at_event_time`). So the delay moves the end of the window, not its start.

    Attributes:
        name: its name in inputs and ledgers: small letters, digits and single underscores.
        keys: columns that must be equal, numbers, text or times; column of the events -> column of the table.
        time: column of the table with times: when it happened.
        aggregates: the features.
        delay: how long after its `time` a row becomes known.
        at_event_time: whether a row counts that becomes known at exactly the event's time.
        exclude_own: column of the events -> column of the table: a row that equals the event in all of them belongs to
            that event (it is its outcome, for instance) and does not count for it.
        times: column of the table -> what its whole numbers count since 1970 in UTC, `epoch_s`, `epoch_ms`, `epoch_us`
            or `epoch_ns`, where this table differs from the `times` of the spec.

    Raises:
        UsageError: a value is not as above; all faults are named at once.
    """

    tag: ClassVar[str] = "stream"

    name: SideName
    keys: Annotated[Columns, NOT_EMPTY]
    time: Name
    aggregates: Annotated[tuple[Aggregate, ...], NOT_EMPTY]
    delay: FixedLength = 0
    at_event_time: bool = False
    exclude_own: Columns = ()
    times: Times = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("keys", "exclude_own"):
            object.__setattr__(self, name, _pairs(getattr(self, name)))

    def conflicts(self) -> Iterable[str]:
        """What is wrong with the aggregates together."""
        names = twice(aggregate.name for aggregate in self.aggregates)
        return [f"{count} aggregates are named {name!r}: give each its own name" for name, count in names]

    @property
    def key_columns(self) -> dict[str, str]:
        """Column of the events -> column of the table."""
        return _pairs(self.keys)

    @property
    def own_columns(self) -> dict[str, str]:
        """Column of the events -> column of the table, equal in rows that belong to the event."""
        return _pairs(self.exclude_own)

    @property
    def time_columns(self) -> list[str]:
        """The columns of the table that are times."""
        return [self.time]

    @property
    def feature_columns(self) -> dict[str, str | None]:
        """Column that the events get -> column of the table that it is made of."""
        return {aggregate.name: aggregate.value for aggregate in self.aggregates}

    def feature_types(self, own: Mapping[str, ColumnType]) -> dict[str, ColumnType]:
        """The types of the features, from those of the table's columns, as far as these are known."""
        found = {one.name: one.type_of(own.get(one.value) if one.value else None) for one in self.aggregates}
        return {name: what for name, what in found.items() if what is not None}

    @property
    def columns(self) -> list[str]:
        """The columns of the table that are read."""
        read = [column for aggregate in self.aggregates for column in aggregate.columns]
        return list(dict.fromkeys([*self.key_columns.values(), self.time, *self.own_columns.values(), *read]))

    @property
    def delay_us(self) -> int:
        """The delay in microseconds."""
        return fixed_duration_us(self.delay)


Table: TypeAlias = AsOfTable | EventStream


def _pairs(columns: Columns) -> dict[str, str]:
    """Name -> column."""
    return dict(columns) if isinstance(columns, Mapping) else {name: name for name in columns}
