"""What is to be ingested: sources, fields, keys, splits and policy, as frozen dataclasses that travel as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from headrace.config.checks import NOT_EMPTY, Name, Names, Share, Splits, between, distinct
from headrace.config.settings import Spec
from headrace.examples.time_splits import TimeSplits
from headrace.ingest.spec.database_source import DatabaseSource
from headrace.ingest.spec.fields import RecordSpec
from headrace.ingest.spec.source import Source
from headrace.ingest.spec.source_health import SourceHealth
from headrace.ingest.spec.time_range import TimeRange
from headrace.ingest.values.value_rule import INSTANTS, TEXTS

PAYLOADS = ("parquet", "tf_example")

Size: TypeAlias = Annotated[int, between(1, 1 << 30)]


@dataclass(frozen=True, kw_only=True)
class IngestSpec(Spec):
    """Everything that decides what `ingest` writes.

    Attributes:
        sources: files and databases, each with a name of its own.
        record: the fields of a row; None: every column, of the kind that its values show.
        key: rows with equal values in all of these fields, none of them missing, are duplicates, across all files.
        order_by, keep: the duplicate that stays: the "first" or "last" by this field, then in the order of the input.
        between: rows outside of this time range are withheld.
        splits: weights by name of a split. A row goes to one by the hash of its text, or by one of the next three.
        split_by: fields whose hash decides instead, so that equal values stay together.
        split_time: a field whose time decides instead.
        split_exact: the number of a row among the accepted ones decides instead: of as many successive rows as the
            weights add up to, each split gets its exact share.
        health: by source, what is usual for it.
        earlier_ledger: the `ledger.json` of an earlier span, with which columns are compared.
        policy: what becomes of a faulty value: "quarantine" rejects its row; "null_field" makes it null and keeps the
            row, except in required fields and in those that decide about rows (key, order, range, splits); "fail"
            fails the run.
        max_reject_share: the run fails if more rows than this share, 0..1, are rejected.
        alarm_reject_share, alarm_duplicate_share: above these shares of the rows of a source, 0..1, there is an alarm.
        chunk_bytes: about how much of a file one worker reads at a time.
        buckets: into how many parts the keys are divided; one worker looks for duplicates in one of them.
    """

    sources: Annotated[tuple[Source | DatabaseSource, ...], NOT_EMPTY]
    record: RecordSpec | None = None
    key: Names = ()
    order_by: Name | None = None
    keep: Literal["first", "last"] = "first"
    between: TimeRange | None = None
    splits: Splits = field(default_factory=lambda: {"train": 2, "eval": 1})
    split_by: Names = ()
    split_time: TimeSplits | None = None
    split_exact: bool = False
    health: Mapping[str, SourceHealth] = field(default_factory=dict)
    earlier_ledger: str | None = None
    policy: Literal["quarantine", "null_field", "fail"] = "quarantine"
    max_reject_share: Share = 1.0
    alarm_reject_share: Share = 0.0
    alarm_duplicate_share: Share = 0.01
    chunk_bytes: Size = 8 * 1024 * 1024
    buckets: Size = 8

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together."""
        return [*self._shape_faults(), *self._field_faults()]

    def _shape_faults(self) -> list[str]:
        faults = []
        names = [source.name for source in self.sources]
        if not distinct(names):
            faults.append(f"sources must have different names, got {names}")
        if self.order_by is not None and not self.key:
            faults.append(f"order_by decides between duplicates, so it needs a key, got order_by={self.order_by!r}")
        if (len(self.split_by) > 0) + (self.split_time is not None) + self.split_exact > 1:
            faults.append("split_by, split_time and split_exact exclude each other: a row has one split")
        if self.split_time and len(self.split_time.borders) != len(self.splits) - 1:
            got = list(self.split_time.borders)
            faults.append(f"split_time.borders must be one between any two of {list(self.splits)}, got {got}")
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
        if self.between and kinds.get(self.between.field) not in INSTANTS:
            got = kinds.get(self.between.field, "no such field")
            faults.append(f"between: {self.between.field!r} must be a field of kind timestamp or date, got {got}")
        required = [declared.name for declared in self.record.fields if declared.required]
        if self.split_time:
            field = self.split_time.field
            if kinds.get(field) not in INSTANTS or field not in required:
                faults.append(f"split_time: {field!r} must be a required field of kind timestamp or date")
        for source, health in self.health.items():
            if health.time_field is not None and kinds.get(health.time_field) not in INSTANTS:
                faults.append(f"health of {source!r}: {health.time_field!r} must be a field of kind timestamp or date")
            if health.by is not None and kinds.get(health.by) not in TEXTS:
                faults.append(f"health of {source!r}: by={health.by!r} must be a field of kind {' or '.join(TEXTS)}")
            blank = [name for name in health.max_null_share if name not in kinds and name != "*"]
            if blank and self.record.unknown != "keep":
                faults.append(f"health of {source!r}: max_null_share names {blank}, which the record lacks")
        return faults

    @property
    def unwraps(self) -> bool:
        """Whether some source is of a dialect, so that messages without a record are counted."""
        return any(isinstance(source, Source) and source.dialect is not None for source in self.sources)

    @property
    def needs_second_pass(self) -> bool:
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
