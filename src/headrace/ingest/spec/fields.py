"""What a record is to hold: typed fields, what means missing, which values are possible."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from headrace.config.checks import NOT_EMPTY, Name, expect, twice
from headrace.config.settings import Spec
from headrace.times.zones import ZoneName

Kind = Literal["integer", "float", "boolean", "text", "category", "timestamp", "duration", "quantity", "observed"]
KINDS = ("integer", "float", "boolean", "text", "category", "timestamp", "duration", "quantity", "observed")
NUMERIC = ("integer", "float", "duration", "quantity", "observed")


def _is_unit(unit: str) -> bool:
    from headrace.units import is_unit

    return is_unit(unit)


@dataclass(frozen=True, kw_only=True)
class Field(Spec):
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

    name: Name
    kind: Kind = "text"
    source: str | None = None
    required: bool = False
    missing: tuple[str, ...] = ("",)
    zero_is_missing: bool = False
    minimum: float | None = None
    maximum: float | None = None
    unit: Annotated[str, expect(_is_unit, "a unit that pint knows, such as m or km/h")] | None = None
    formats: tuple[str, ...] = ()
    zone: ZoneName = "UTC"
    decimal: Literal[".", ","] = "."
    default: str | int | float | bool | None = None

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together."""
        faults = []
        bounded = self.minimum is not None or self.maximum is not None or self.zero_is_missing
        if bounded and self.kind not in NUMERIC:
            faults.append(f"minimum, maximum, zero_is_missing are for numbers, not for kind {self.kind!r}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            faults.append(f"minimum must not exceed maximum, got {self.minimum!r} and {self.maximum!r}")
        if (self.unit is not None) != (self.kind == "quantity"):
            faults.append(f"unit is needed for a quantity and only there, got kind {self.kind!r}, unit {self.unit!r}")
        if self.formats and self.kind != "timestamp":
            faults.append(f"formats are for timestamps, not for kind {self.kind!r}")
        if self.decimal == "," and self.kind not in ("float", "duration", "quantity"):
            faults.append(f"decimal is for float, duration and quantity, not for kind {self.kind!r}")
        if self.default is not None and not faults:
            faults.extend(_default_faults(self))
        return faults

    @property
    def path(self) -> str:
        """Where the value stands: the CSV column or dotted JSON path."""
        return self.name if self.source is None else self.source


@dataclass(frozen=True, kw_only=True)
class RecordSpec(Spec):
    """The fields of a record, and what to do with `unknown` columns: drop them, keep them as observed, refuse them.

    Refused in CSV: an error that names the file. Refused in JSON lines: the row is rejected.
    """

    fields: Annotated[tuple[Field, ...], NOT_EMPTY]
    unknown: Literal["drop", "keep", "refuse"] = "drop"

    def conflicts(self) -> Iterable[str]:
        """What is wrong with the fields together."""
        return [f"{count} fields are named {name!r}" for name, count in twice(field.name for field in self.fields)]


def _default_faults(field: Field) -> list[str]:
    from headrace.ingest.values.defaults import default_fault

    if field.required or field.kind == "observed":
        what = "a required field" if field.required else "an observed field, whose kind the data decide"
        return [f"{what} can't have a default, got {field.default!r}"]
    reason = default_fault(field)
    return [f"default is no value of this field ({reason}), got {field.default!r}"] if reason else []
