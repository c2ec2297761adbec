"""Which features events get, from which tables: the configuration of a point-in-time join.

PointInTimeSpec(event_time="shown_at", tables=(AsOfTable(...), EventStream(...)))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from headrace.config.checks import NOT_EMPTY, Name, Share, between, twice
from headrace.config.settings import Spec
from headrace.keyed.time_units import Times
from headrace.point_in_time.tables import Table

Files: TypeAlias = Annotated[int, between(1, 10_000)]


@dataclass(frozen=True, kw_only=True)
class PointInTimeSpec(Spec):
    """Which features events get from what was known at their time.

    Attributes:
        event_time: column of the events. Times are timestamps, dates (midnight UTC) or whole numbers.
        tables: where features come from; each may have keys of its own.
        times: column, of the events or of any table -> what its whole numbers count since 1970 in UTC: `epoch_s`,
            `epoch_ms`, `epoch_us` or `epoch_ns`. Of columns that are not here and of which the data say nothing, the
            range of all values must show it.
        buckets: into how many parts, by a hash of the keys, each join is cut. Peak memory follows the largest. None:
            as many as the data need.
        shards: how many files a split of the output has; None: as many as the events need. Neither `buckets` nor
            `shards` changes any value; `shards` changes which rows are in which file.
        min_coverage: a table that has rows for at most this share of the events, 0..1, raises an alarm: by default only
            a table that has none for any event.

    Raises:
        UsageError: values are not as above; all faults are named at once.
    """

    event_time: Name
    tables: Annotated[tuple[Table, ...], NOT_EMPTY]
    times: Times = field(default_factory=dict)
    buckets: Files | None = None
    shards: Files | None = None
    min_coverage: Share = 0.0

    def conflicts(self) -> Iterable[str]:
        """What is wrong with the tables together."""
        names = twice(table.name for table in self.tables)
        faults = [f"{count} tables are named {name!r}: give each its own name" for name, count in names]
        names = twice(self.features)
        return [*faults, *(f"{count} features are named {name!r}: give each its own name" for name, count in names)]

    def __hash__(self) -> int:
        return hash(self.to_json())

    @property
    def features(self) -> list[str]:
        """The columns that the events get, in their order."""
        return [name for table in self.tables for name in table.feature_columns]

    @property
    def event_keys(self) -> list[str]:
        """All columns of the events that are keys of some table."""
        return list(dict.fromkeys(name for table in self.tables for name in table.key_columns))

    def times_of(self, table: Table) -> Times:
        """What whole numbers of columns of a table count, as far as it is declared."""
        return {**self.times, **table.times}

    @property
    def groups(self) -> list[list[Table]]:
        """The tables grouped by their keys, as columns of the events: one pass over the events serves a group."""
        found: dict[tuple[str, ...], list[Table]] = {}
        for table in self.tables:
            found.setdefault(tuple(table.key_columns), []).append(table)
        return list(found.values())

    def table(self, name: str) -> Table:
        """The table of that name."""
        return next(table for table in self.tables if table.name == name)
