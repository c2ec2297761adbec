"""What a record is to hold: typed fields, what means missing, which values are possible."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from headrace.errors import UsageError
from headrace.settings import made, type_faults

Kind = Literal["integer", "float", "boolean", "text", "category", "timestamp", "duration", "quantity", "observed"]
KINDS = ("integer", "float", "boolean", "text", "category", "timestamp", "duration", "quantity", "observed")
NUMERIC = ("integer", "float", "duration", "quantity", "observed")
EPOCH_UNITS = ("s", "ms", "us")


def refuse(what: str, faults: Iterable[str]) -> None:
    """Raises one UsageError that lists all `faults` of `what`, if there are any."""
    found = list(faults)
    if found:
        raise UsageError(f"{what}: " + "; ".join(found))


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a record.

    `source` is the CSV column or the dotted JSON path (default: `name`). Text equal to one of `missing` is no value, so
    is JSON null, an absent key and, if `zero_is_missing`, the number 0. `minimum` and `maximum` are inclusive, in the
    unit of the output. `unit` is what a quantity is converted to (`m`). `formats` of a timestamp are strptime formats
    or an epoch unit (`s`, `ms`, `us`), tried in turn; without any, ISO 8601. A time without offset is in `zone`.
    `decimal` "," reads `1.234,5` as other fields read `1,234.5`; all values must be written so, numbers in JSON too.
    `default` is the value of a row that has none, written as in the data; a faulty value is not missing.

    Output: integer, boolean: int64; float, duration (seconds), quantity: double; timestamp: int64 microseconds UTC;
    text, category: string; observed: integer, float or text, as all of its values show.
    """

    name: str
    kind: Kind = "text"
    source: str | None = None
    required: bool = False
    missing: tuple[str, ...] = ("",)
    zero_is_missing: bool = False
    minimum: float | None = None
    maximum: float | None = None
    unit: str | None = None
    formats: tuple[str, ...] = ()
    zone: str = "UTC"
    decimal: Literal[".", ","] = "."
    default: str | int | float | bool | None = None

    def __post_init__(self) -> None:
        for name in ("missing", "formats"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
        refuse(f"field {self.name!r}", type_faults(self))
        faults = []
        if not self.name:
            faults.append("a field needs a name, got ''")
        for name in ("missing", "formats"):
            if not all(isinstance(text, str) for text in getattr(self, name)):
                faults.append(f"{name} must be texts, got {getattr(self, name)!r}: quote what looks like a number")
        if self.kind not in KINDS:
            faults.append(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        bounded = self.minimum is not None or self.maximum is not None or self.zero_is_missing
        if bounded and self.kind not in NUMERIC:
            faults.append(f"minimum, maximum, zero_is_missing are for numbers, not for kind {self.kind!r}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            faults.append(f"minimum must not exceed maximum, got {self.minimum!r} and {self.maximum!r}")
        if (self.unit is not None) != (self.kind == "quantity"):
            faults.append(f"unit is needed for a quantity and only there, got kind {self.kind!r}, unit {self.unit!r}")
        elif self.unit is not None:
            faults.extend(_unit_faults(self.unit))
        if self.formats and self.kind != "timestamp":
            faults.append(f"formats are for timestamps, not for kind {self.kind!r}")
        if self.zone != "UTC":
            faults.extend(_zone_faults(self.zone))
        if self.decimal not in (".", ","):
            faults.append(f"decimal must be '.' or ',', got {self.decimal!r}")
        if self.decimal == "," and self.kind not in ("float", "duration", "quantity"):
            faults.append(f"decimal is for float, duration and quantity, not for kind {self.kind!r}")
        if self.default is not None and not faults:
            faults.extend(_default_faults(self))
        refuse(f"field {self.name!r}", faults)

    @property
    def path(self) -> str:
        """Where the value stands: the CSV column or dotted JSON path."""
        return self.name if self.source is None else self.source


@dataclass(frozen=True, kw_only=True)
class RecordSpec:
    """The fields of a record, and what to do with `unknown` columns: drop them, keep them as observed, refuse them.

    Refused in CSV: an error that names the file. Refused in JSON lines: the row is rejected.
    """

    fields: tuple[Field, ...]
    unknown: Literal["drop", "keep", "refuse"] = "drop"

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(self.fields))
        faults = []
        names = [field.name for field in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            faults.append(f"declared twice: {', '.join(twice)}")
        if not names:
            faults.append("a record needs at least one field (record=None takes every column)")
        if self.unknown not in ("drop", "keep", "refuse"):
            faults.append(f"unknown must be drop, keep or refuse, got {self.unknown!r}")
        refuse("record", faults)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RecordSpec:
        """Inverse of `to_dict`; checks everything again."""
        if not isinstance(data, Mapping) or not isinstance(data.get("fields", ()), (list, tuple)):
            raise UsageError("record: expected fields, a list of settings by name")
        fields = [made(Field, one, f"field {n}") for n, one in enumerate(data.get("fields", ()), start=1)]
        return made(cls, {**data, "fields": tuple(fields)}, "record")


def _unit_faults(unit: str) -> list[str]:
    from headrace.units import is_unit

    return [] if is_unit(unit) else [f"unit must be one that pint knows, such as m or km/h, got {unit!r}"]


def _default_faults(field: Field) -> list[str]:
    from headrace.ingest.values.defaults import default_fault

    if field.required or field.kind == "observed":
        what = "a required field" if field.required else "an observed field, whose kind the data decide"
        return [f"{what} can't have a default, got {field.default!r}"]
    reason = default_fault(field)
    return [f"default is no value of this field ({reason}), got {field.default!r}"] if reason else []


def _zone_faults(zone: str) -> list[str]:
    from headrace.duckdb_engine import connected

    with connected() as connection:
        known = connection.execute("SELECT 1 FROM pg_timezone_names() WHERE name = ?", [zone]).fetchone()
    return [] if known else [f"zone must be a name of the IANA database such as Europe/Berlin, got {zone!r}"]
