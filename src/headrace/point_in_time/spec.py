"""Which features events get, from which tables: the configuration of a point-in-time join.

PointInTimeSpec(event_time="shown_at", tables=(AsOfTable(...), EventStream(...)))
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from headrace.errors import UsageError
from headrace.labels.faults import as_tuple, built, is_count, is_name, is_share, refuse, twice
from headrace.point_in_time.aggregate import Aggregate, Where
from headrace.point_in_time.tables import AsOfTable, EventStream, Table

KINDS = {"as_of": AsOfTable, "stream": EventStream}
"""What a table says it is in JSON, under `kind`."""


@dataclass(frozen=True, kw_only=True)
class PointInTimeSpec:
    """How events get features from what was known at their time.

    Attributes:
        event_time: column of the events, int64 microseconds UTC.
        tables: where features come from; each may have keys of its own.
        buckets: into how many parts, by a hash of the keys, each join is cut. Peak memory follows the largest. None:
            as many as the data need.
        shards: how many files a split of the output has; None: as many as the events need. Neither this nor `buckets`
            changes any value; only this one changes which rows stand in which file.
        min_coverage: share of the events, 0..1, at or below which those that a table has anything for raise an alarm:
            by default only where it has nothing for any.

    Raises:
        UsageError: values are not as above; all faults are named at once.
    """

    event_time: str
    tables: tuple[Table, ...]
    buckets: int | None = None
    shards: int | None = None
    min_coverage: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", as_tuple(self.tables))
        refuse("point-in-time spec", self._faults())

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

    @property
    def groups(self) -> list[list[Table]]:
        """The tables by the columns of the events that are their keys: those of a group meet the events in one pass."""
        found: dict[tuple[str, ...], list[Table]] = {}
        for table in self.tables:
            found.setdefault(tuple(table.key_columns), []).append(table)
        return list(found.values())

    def table(self, name: str) -> Table:
        """The table of that name."""
        return next(table for table in self.tables if table.name == name)

    def to_json(self) -> str:
        """One JSON object; `from_json` gives an equal spec."""
        data = asdict(self)
        kinds = {kind: name for name, kind in KINDS.items()}
        data["tables"] = [{"kind": kinds[type(table)], **asdict(table)} for table in self.tables]
        return json.dumps(data)

    @classmethod
    def from_json(cls, text: str) -> PointInTimeSpec:
        """Inverse of `to_json`; fields with a default may be left out.

        Raises:
            UsageError: not JSON, a field is unknown or missing, or a value is wrong.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            raise UsageError(f"a point-in-time spec must be JSON, got {text[:80]!r}: {error}") from error
        if isinstance(data, dict) and isinstance(data.get("tables"), list):
            data["tables"] = tuple(map(_table, data["tables"]))
        spec: PointInTimeSpec = built(cls, data)
        return spec

    def _faults(self) -> list[str]:
        faults = []
        if not is_name(self.event_time):
            faults.append(f"event_time must name a column, got {self.event_time!r}")
        among = isinstance(self.tables, tuple) and all(isinstance(one, (AsOfTable, EventStream)) for one in self.tables)
        if not among or not self.tables:
            faults.append(f"tables must be a tuple of at least one AsOfTable or EventStream, got {self.tables!r}")
        else:
            names = twice(table.name for table in self.tables)
            faults += [f"{count} tables are named {name!r}: give each its own name" for name, count in names]
            names = twice(self.features)
            faults += [f"{count} features are named {name!r}: give each its own name" for name, count in names]
        for name in ("buckets", "shards"):
            count = getattr(self, name)
            if count is not None and (not is_count(count) or count > 10_000):
                faults.append(f"{name} must be a whole number from 1 to 10,000 or None, got {count!r}")
        if not is_share(self.min_coverage):
            faults.append(f"min_coverage must be a share from 0 to 1, got {self.min_coverage!r}")
        return faults


def _table(data: Any) -> Any:
    if not isinstance(data, dict) or data.get("kind") not in KINDS:
        raise UsageError(f"a table must be a JSON object whose kind is {' or '.join(KINDS)}, got {data!r}")
    data = dict(data)
    kind = KINDS[data.pop("kind")]
    if isinstance(data.get("aggregates"), list):
        data["aggregates"] = tuple(map(_aggregate, data["aggregates"]))
    return built(kind, data)


def _aggregate(data: Any) -> Any:
    if isinstance(data, dict) and isinstance(data.get("where"), list):
        data = {**data, "where": tuple(built(Where, where) for where in data["where"])}
    return built(Aggregate, data)
