"""What the text of a column must be like to become values: all that this folder knows of a field of a record.

kind="integer", missing=("", "-"), minimum=30      "61" -> 61      "-" -> null      "x" -> bad_integer
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from headrace.config.checks import Name, expect
from headrace.config.settings import Spec
from headrace.times.zones import ZoneName
from headrace.values import ColumnType, declared, epoch

Kind = Literal["integer", "float", "boolean", "text", "category", "timestamp", "duration", "quantity", "observed"]
NUMERIC = ("integer", "float", "duration", "quantity", "observed")
EPOCH_UNITS = ("s", "ms", "us")


def _is_unit(unit: str) -> bool:
    from headrace.units import is_unit

    return is_unit(unit)


@dataclass(frozen=True, kw_only=True)
class ValueRule(Spec):
    """How the text of one column becomes values.

    Attributes:
        name: what the column of values is called.
        kind: gives, for integer and boolean: int64; float, duration (seconds), quantity: double; timestamp: int64,
            microseconds since 1970, UTC; text, category: string; observed: integer, float, boolean or text, as all of
            its values show.
        required: whether a missing value is a fault.
        missing: texts that mean no value. JSON null and an absent key mean the same.
        zero_is_missing: whether the number 0 means no value.
        minimum, maximum: inclusive bounds, in the unit of the output.
        unit: what a quantity is converted to, such as `m`.
        formats: of a timestamp, tried in turn: strptime formats, or units since 1970 (`s`, `ms`, `us`); none: ISO 8601.
        zone: the IANA time zone of a time without an offset.
        decimal: with "," the text `1.234,5` is read as `1,234.5` is otherwise; all values must be written so, also the
            numbers in JSON.
        default: the value of a row that has none, written as in the data. It does not replace a faulty value.
    """

    name: Name
    kind: Kind = "text"
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

    @property
    def column_type(self) -> ColumnType:
        """What the column of values holds, which goes with the data; `observed` is what its values show, so no type."""
        if self.kind == "timestamp":
            return epoch("us")
        if self.kind == "duration":
            return ColumnType(kind="duration", resolution="s")
        if self.kind == "quantity":
            return ColumnType(kind="quantity", unit=self.unit)
        return declared({"float": "real"}.get(self.kind, self.kind))

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
        if named := [item for item in self.formats if "%Z" in item.replace("%%", "")]:
            faults.append(
                f"formats can't have %Z, since names such as CST mean several zones, got {', '.join(named)}: declare "
                "the zone of the field, or read offsets, such as +01:00, with %z"
            )
        if self.decimal == "," and self.kind not in ("float", "duration", "quantity"):
            faults.append(f"decimal is for float, duration and quantity, not for kind {self.kind!r}")
        if self.default is not None and not faults:
            faults.extend(_default_faults(self))
        return faults


def _default_faults(rule: ValueRule) -> list[str]:
    from headrace.ingest.values.defaults import default_fault

    if rule.required or rule.kind == "observed":
        what = "a required field" if rule.required else "an observed field, whose kind the data decide"
        return [f"{what} can't have a default, got {rule.default!r}"]
    reason = default_fault(rule)
    return [f"default is no value of this field ({reason}), got {rule.default!r}"] if reason else []
