"""What is to be ingested: sources, fields, keys, splits and policy, as frozen dataclasses that travel as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from headrace.errors import UsageError
from headrace.examples.time_splits import TimeSplits
from headrace.ingest.spec.database_source import DatabaseSource, masked
from headrace.ingest.spec.fields import RecordSpec, refuse
from headrace.ingest.spec.source import Source, _source
from headrace.ingest.spec.source_health import SourceHealth
from headrace.ingest.spec.time_range import TimeRange
from headrace.settings import made, type_faults

PAYLOADS = ("parquet", "tf_example")


@dataclass(frozen=True, kw_only=True)
class IngestSpec:
    """Everything that decides what `ingest` writes.

    `record` None takes every column as the data show it. Rows of equal `key` (all parts present) are duplicates, across
    all files: `keep` the "first" or "last" by `order_by`, ties by place in the input. `splits` are weights; a row goes
    by the hash of its `split_by` fields, else of its text; or by time, with `split_time`; or, with `split_exact`, by
    its place among the accepted rows, so that of as many rows as the weights add up to, each split has its share.
    Policy "null_field" makes a faulty value null and keeps its row, except in required fields and in those that decide
    about rows (key, order, range, splits). `health` says by source what is usual; `earlier_ledger` is the `ledger.json`
    of an earlier span, from which changes of columns are told. Shares are 0..1: above
    `max_reject_share` the run fails, above an alarm share of a source an alarm is raised. `chunk_bytes` and `buckets`
    size the work of one worker.
    """

    sources: tuple[Source | DatabaseSource, ...]
    record: RecordSpec | None = None
    key: tuple[str, ...] = ()
    order_by: str | None = None
    keep: Literal["first", "last"] = "first"
    between: TimeRange | None = None
    splits: Mapping[str, int] = field(default_factory=lambda: {"train": 2, "eval": 1})
    split_by: tuple[str, ...] = ()
    split_time: TimeSplits | None = None
    split_exact: bool = False
    health: Mapping[str, SourceHealth] = field(default_factory=dict)
    earlier_ledger: str | None = None
    policy: Literal["quarantine", "null_field", "fail"] = "quarantine"
    max_reject_share: float = 1.0
    alarm_reject_share: float = 0.0
    alarm_duplicate_share: float = 0.01
    chunk_bytes: int = 8 * 1024 * 1024
    buckets: int = 8

    def __post_init__(self) -> None:
        for name in ("sources", "key", "split_by"):
            value = getattr(self, name)
            object.__setattr__(
                self, name, (value,) if isinstance(value, (str, Source, DatabaseSource)) else tuple(value)
            )
        object.__setattr__(self, "splits", dict(self.splits))
        object.__setattr__(self, "health", dict(self.health))
        refuse("IngestSpec", type_faults(self))
        refuse("IngestSpec", [*self._shape_faults(), *self._field_faults()])

    def _shape_faults(self) -> list[str]:
        faults = []
        names = [source.name for source in self.sources]
        if not names or len(set(names)) != len(names):
            faults.append(f"sources must be at least one, with different names, got {names}")
        if self.keep not in ("first", "last"):
            faults.append(f"keep must be first or last, got {self.keep!r}")
        if self.policy not in ("quarantine", "null_field", "fail"):
            faults.append(f"policy must be quarantine, null_field or fail, got {self.policy!r}")
        if not self.splits or not all(isinstance(weight, int) and weight > 0 for weight in self.splits.values()):
            faults.append(f"splits must be names with whole weights above 0, got {self.splits!r}")
        if any(not name or "/" in name for name in self.splits):
            faults.append(f"a split's name is part of a path, so not empty and without '/', got {list(self.splits)}")
        for name in ("max_reject_share", "alarm_reject_share", "alarm_duplicate_share"):
            if not 0 <= getattr(self, name) <= 1:
                faults.append(f"{name} must be in [0, 1], got {getattr(self, name)!r}")
        for name in ("chunk_bytes", "buckets"):
            if not 1 <= getattr(self, name) <= 1 << 30:
                faults.append(f"{name} must be in [1, 2^30], got {getattr(self, name)!r}")
        if self.order_by is not None and not self.key:
            faults.append(f"order_by decides between duplicates, so it needs a key, got order_by={self.order_by!r}")
        if (len(self.split_by) > 0) + (self.split_time is not None) + self.split_exact > 1:
            faults.append("split_by, split_time and split_exact exclude each other: a row has one split")
        if self.split_time and len(self.split_time.borders) != len(self.splits) - 1:
            faults.append(f"split_time needs one border between any two of {list(self.splits)}, got {self.split_time}")
        unknown = [name for name in self.health if name not in names]
        if unknown:
            faults.append(f"health is of sources that are not there: {unknown}; there are {names}")
        return faults

    def _field_faults(self) -> list[str]:
        if self.record is None:
            timed: dict[str, object] = {"between": self.between, "split_time": self.split_time}
            timed.update({f"health of {name!r}, by": health.by for name, health in self.health.items()})
            timed.update({f"health of {name!r}": health.time_field for name, health in self.health.items()})
            return [f"{what} needs a record that declares its field" for what, it in timed.items() if it]
        faults = []
        kinds = {declared.name: declared.kind for declared in self.record.fields}
        used = [*self.key, *self.split_by, *([self.order_by] if self.order_by else [])]
        absent = [name for name in used if name not in kinds]
        if absent and self.record.unknown != "keep":
            faults.append(f"key, order_by, split_by name {absent}, which the record lacks; it has {list(kinds)}")
        if self.between and kinds.get(self.between.field) != "timestamp":
            got = kinds.get(self.between.field, "no such field")
            faults.append(f"between: {self.between.field!r} must be a field of kind timestamp, got {got}")
        required = [declared.name for declared in self.record.fields if declared.required]
        if self.split_time and (kinds.get(self.split_time.field), self.split_time.field in required) != (
            "timestamp",
            True,
        ):
            faults.append(f"split_time: {self.split_time.field!r} must be a required field of kind timestamp")
        for source, health in self.health.items():
            if health.time_field is not None and kinds.get(health.time_field) != "timestamp":
                faults.append(f"health of {source!r}: {health.time_field!r} must be a field of kind timestamp")
            if health.by is not None and kinds.get(health.by) not in ("text", "category"):
                faults.append(f"health of {source!r}: by={health.by!r} must be a field of kind text or category")
            blank = [name for name in health.max_null_share if name not in kinds and name != "*"]
            if blank and self.record.unknown != "keep":
                faults.append(f"health of {source!r}: max_null_share names {blank}, which the record lacks")
        return faults

    @property
    def unwraps(self) -> bool:
        """Whether some source is of a dialect, so that messages without a record are counted."""
        return any(isinstance(source, Source) and source.dialect is not None for source in self.sources)

    @property
    def waits(self) -> bool:
        """Whether what becomes of a row depends on rows of other chunks, so that it is staged first."""
        return bool(self.key) or self.split_exact

    @property
    def nullable_fields(self) -> frozenset[str]:
        """The fields in which a faulty value becomes null."""
        if self.policy != "null_field" or self.record is None:
            return frozenset()
        deciding = {*self.key, *self.split_by, self.order_by}
        deciding.update(part.field for part in (self.between, self.split_time) if part)
        return frozenset(one.name for one in self.record.fields if not one.required) - deciding

    def to_json(self) -> str:
        """One JSON text, which `from_json` turns back into an equal spec."""
        return json.dumps(dataclasses.asdict(self))  # unsorted: in which order splits are declared counts

    @classmethod
    def from_json(cls, text: str) -> IngestSpec:
        """Inverse of `to_json`; checks everything again.

        Raises:
            UsageError: not JSON, an unknown setting, or a value that is refused.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            data["sources"] = tuple(_source(source) for source in data.get("sources", ()))
            if data.get("record") is not None:
                data["record"] = RecordSpec.from_dict(data["record"])
            if data.get("between") is not None:
                data["between"] = made(TimeRange, data["between"], "between")
            if data.get("split_time") is not None:
                data["split_time"] = made(TimeSplits, data["split_time"], "split_time")
            data["health"] = {
                name: made(SourceHealth, one, f"health of {name!r}") for name, one in data.get("health", {}).items()
            }
            return made(cls, data, "an ingest spec")
        except (TypeError, AttributeError, KeyError, ValueError) as error:
            raise UsageError(f"this is not the JSON of an IngestSpec ({error}): {masked(text)[:200]!r}") from error
