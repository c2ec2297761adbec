"""What is to be ingested: sources, fields, keys, splits and policy, as frozen dataclasses that travel as JSON."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from headrace.errors import UsageError
from headrace.ingest.database_source import DatabaseSource, masked
from headrace.ingest.fields import RecordSpec, refuse

FORMATS = ("auto", "csv", "jsonl")
PAYLOADS = ("parquet", "tf_example")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Files of one origin: `pattern` is a path or glob, or several, local or on any file system that Beam opens.

    `format` "auto" goes by the name of the file, else by its first byte. A record is one physical line unless
    `quoted_line_breaks`: then a line break inside quotes belongs to the value, and one unclosed quote costs the rows
    up to the next quote. Without `header` the columns are called `column_1`, `column_2`, ...
    """

    name: str
    pattern: str | tuple[str, ...]
    format: Literal["auto", "csv", "jsonl"] = "auto"
    delimiter: str = ","
    header: bool = True
    quoted_line_breaks: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.pattern, str):
            object.__setattr__(self, "pattern", tuple(self.pattern))
        faults = []
        if not self.name:
            faults.append("a source needs a name, got ''")
        if not self.patterns or not all(isinstance(pattern, str) and pattern for pattern in self.patterns):
            faults.append(f"pattern must be a path or glob or several, got {self.pattern!r}")
        if self.format not in FORMATS:
            faults.append(f"format must be one of {', '.join(FORMATS)}, got {self.format!r}")
        if len(self.delimiter.encode()) != 1 or self.delimiter in '"\r\n':
            faults.append(f"delimiter must be one ASCII character, no quote and no line break, got {self.delimiter!r}")
        refuse(f"source {self.name!r}", faults)

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns, always as a tuple."""
        return (self.pattern,) if isinstance(self.pattern, str) else self.pattern


@dataclass(frozen=True, kw_only=True)
class TimeRange:
    """Rows with `start <= field < end` pass, all others are withheld. ISO 8601; a time without offset is UTC."""

    field: str
    start: str
    end: str

    def __post_init__(self) -> None:
        if self.start_us >= self.end_us:
            raise UsageError(f"between: start must be before end, got {self.start!r} and {self.end!r}")

    @property
    def start_us(self) -> int:
        """`start` as microseconds since 1970, UTC."""
        return microseconds(self.start)

    @property
    def end_us(self) -> int:
        """`end` as microseconds since 1970, UTC."""
        return microseconds(self.end)


@dataclass(frozen=True, kw_only=True)
class IngestSpec:
    """Everything that decides what `ingest` writes.

    `record` None takes every column as the data show it. Rows of equal `key` (all parts present) are duplicates, across
    all files: `keep` the "first" or "last" by `order_by`, ties by place in the input. `splits` are weights; a row goes
    by the hash of its `split_by` fields, else of its text. Shares are 0..1: above `max_reject_share` the run fails,
    above an alarm share of a source an alarm is raised. `chunk_bytes` and `buckets` size the work of one worker.
    """

    sources: tuple[Source | DatabaseSource, ...]
    record: RecordSpec | None = None
    key: tuple[str, ...] = ()
    order_by: str | None = None
    keep: Literal["first", "last"] = "first"
    between: TimeRange | None = None
    splits: Mapping[str, int] = field(default_factory=lambda: {"train": 2, "eval": 1})
    split_by: tuple[str, ...] = ()
    policy: Literal["quarantine", "fail"] = "quarantine"
    max_reject_share: float = 1.0
    alarm_reject_share: float = 0.0
    alarm_duplicate_share: float = 0.01
    chunk_bytes: int = 16 * 1024 * 1024
    buckets: int = 8

    def __post_init__(self) -> None:
        for name in ("sources", "key", "split_by"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, (str, Source, DatabaseSource)) else tuple(value))
        object.__setattr__(self, "splits", dict(self.splits))
        refuse("IngestSpec", [*self._shape_faults(), *self._field_faults()])

    def _shape_faults(self) -> list[str]:
        faults = []
        names = [source.name for source in self.sources]
        if not names or len(set(names)) != len(names):
            faults.append(f"sources must be at least one, with different names, got {names}")
        if self.keep not in ("first", "last"):
            faults.append(f"keep must be first or last, got {self.keep!r}")
        if self.policy not in ("quarantine", "fail"):
            faults.append(f"policy must be quarantine or fail, got {self.policy!r}")
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
        return faults

    def _field_faults(self) -> list[str]:
        if self.record is None:
            return ["between needs a record that declares its field a timestamp"] if self.between else []
        faults = []
        kinds = {declared.name: declared.kind for declared in self.record.fields}
        used = [*self.key, *self.split_by, *([self.order_by] if self.order_by else [])]
        absent = [name for name in used if name not in kinds]
        if absent and self.record.unknown != "keep":
            faults.append(f"key, order_by, split_by name {absent}, which the record lacks; it has {list(kinds)}")
        if self.between and kinds.get(self.between.field) != "timestamp":
            got = kinds.get(self.between.field, "no such field")
            faults.append(f"between: {self.between.field!r} must be a field of kind timestamp, got {got}")
        return faults

    def to_json(self) -> str:
        """One JSON text, which `from_json` turns back into an equal spec."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> IngestSpec:
        """Inverse of `to_json`; checks everything again.

        Raises:
            UsageError: not JSON, an unknown setting, or a value that is refused.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            data["sources"] = tuple(_source(source) for source in data["sources"])
            if data.get("record") is not None:
                data["record"] = RecordSpec.from_dict(data["record"])
            if data.get("between") is not None:
                data["between"] = TimeRange(**data["between"])
            return cls(**data)
        except (TypeError, KeyError, ValueError) as error:
            raise UsageError(f"this is not the JSON of an IngestSpec ({error}): {masked(text)[:200]!r}") from error


def _source(settings: Mapping[str, Any]) -> Source | DatabaseSource:
    return DatabaseSource(**settings) if "query" in settings else Source(**settings)


def microseconds(text: str) -> int:
    """ISO 8601 to microseconds since 1970 in UTC; a time without offset is UTC.

    Raises:
        UsageError: `text` is not ISO 8601.
    """
    try:
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, AttributeError) as error:
        raise UsageError(f"expected an ISO 8601 time such as 2026-03-03T00:00:00Z, got {text!r}") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)
