"""What the text of a column must be like to become values: all that this folder knows of a field of a record.

kind="integer", missing=("", "-"), minimum=30      "61" -> 61      "-" -> null      "x" -> bad_integer
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from headrace.config.checks import Name, expect
from headrace.config.settings import Spec
from headrace.times.local_time import Ambiguous
from headrace.times.zones import ZoneName
from headrace.values import ColumnType, declared, epoch
from headrace.values.column_type import RESOLUTIONS
from headrace.values.time_formats import can_read

Kind = Literal[
    "integer", "float", "boolean", "text", "category", "identifier", "timestamp", "date", "time_of_day", "duration",
    "quantity", "observed",
]  # fmt: skip
NUMERIC = ("integer", "float", "duration", "quantity", "observed")
MEASURED = ("integer", "float", "duration", "quantity")
TEXTS = ("text", "category", "identifier")
INSTANTS = ("timestamp", "date")
"""Kinds that give microseconds since 1970."""


def _is_currency(text: str) -> bool:
    banned = any(one.isdigit() or one.isspace() or one in "+-,%'_" for one in text)
    return len(text) <= 8 and text.strip(".") != "" and not banned


def _is_unit(unit: str) -> bool:
    from headrace.units import is_unit

    return is_unit(unit)


@dataclass(frozen=True, kw_only=True)
class ValueRule(Spec):
    """How the text of one column becomes values.

    Attributes:
        name: what the column of values is called.
        kind: gives, for integer and boolean: int64; float, duration (seconds), quantity: double; timestamp: int64,
            microseconds since 1970, UTC; date: the same, of its midnight in UTC; time_of_day: int64, microseconds since
            midnight; text, category, identifier: string; observed: integer, float, boolean or text, as all of its
            values show.
        required: whether a missing value is a fault.
        missing: texts that mean no value. JSON null and an absent key mean the same.
        zero_is_missing: whether the number 0 means no value.
        minimum, maximum: inclusive bounds, in the unit of the output.
        unit: what a quantity is converted to, such as `m`.
        formats: of a timestamp, date or time of day, tried in turn: strptime formats, or, for timestamps, units since
            1970 (`s`, `ms`, `us`, `ns`); none: ISO 8601.
        finer: what becomes of times with parts below a microsecond: "refuse" is a fault, "floor" takes the microsecond
            before, so that two times may become one.
        zone: the IANA time zone of a time without an offset. A time that its clocks skip is a fault.
        ambiguous: which instant is meant by a time that its clocks show twice, when they go back; "refuse" is a fault.
        decimal: the mark before the fraction of a number; all values must be written so, also the numbers in JSON.
        thousands: the mark between groups of three digits, which a number may have. With the decimal "," it is "."
            if nothing else is declared; a quantity with the decimal "." may have ",". A space is any of Unicode's.
        currency: the sign or code that a number may have before or behind it, such as `$` or `EUR`.
        percent: whether numbers are written with a `%` behind them, and are a hundredth of what is written.
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
    finer: Literal["refuse", "floor"] = "refuse"
    zone: ZoneName = "UTC"
    ambiguous: Ambiguous = "earlier"
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", "_"] | None = None
    currency: (
        Annotated[str, expect(_is_currency, "a sign or code of 1 to 8 letters, such as $ or EUR, without digits")]
        | None
    ) = None
    percent: bool = False
    default: str | int | float | bool | None = None

    @property
    def column_type(self) -> ColumnType:
        """What the column of values holds, which goes with the data; `observed` is what its values show, so no type."""
        if self.kind == "timestamp":
            return epoch("us")
        if self.kind in ("date", "time_of_day"):
            return ColumnType(kind="date" if self.kind == "date" else "time_of_day", resolution="us")
        if self.kind == "duration":
            return ColumnType(kind="duration", resolution="s")
        if self.kind == "quantity":
            return ColumnType(kind="quantity", unit=self.unit)
        return declared({"float": "real"}.get(self.kind, self.kind))

    @property
    def is_plain(self) -> bool:
        """Whether numbers are written as in most programs: a decimal point, and nothing beside the digits."""
        return self.decimal == "." and self.thousands is None and self.currency is None and not self.percent

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
        faults += [*_format_faults(self), *_number_faults(self)]
        if self.default is not None and not faults:
            faults.extend(_default_faults(self))
        return faults


def _format_faults(rule: ValueRule) -> list[str]:
    timed = ("timestamp", "date", "time_of_day")
    faults = []
    if rule.formats and rule.kind not in timed:
        faults.append(f"formats are for timestamps, dates and times of day, not for kind {rule.kind!r}")
    if rule.finer != "refuse" and rule.kind not in ("timestamp", "time_of_day"):
        faults.append(f"finer is for timestamps and times of day, not for kind {rule.kind!r}")
    if rule.ambiguous != "earlier" and (rule.kind != "timestamp" or rule.zone == "UTC"):
        faults.append(f"ambiguous is for timestamps with a zone, not for kind {rule.kind!r} in {rule.zone}")
    if named := [item for item in rule.formats if "%Z" in item.replace("%%", "")]:
        return [
            *faults,
            f"formats can't have %Z, since names such as CST mean several zones, got {', '.join(named)}: declare "
            "the zone of the field, or read offsets, such as +01:00, with %z",
        ]
    if rule.kind not in timed:
        return faults
    units = RESOLUTIONS if rule.kind == "timestamp" else ()
    if unknown := [item for item in rule.formats if item not in units and not can_read(item)]:
        counted = "one of s, ms, us, ns for whole numbers, or " if units else ""
        faults.append(
            f"formats: expected {counted}a format of the directives %Y %y %m %d %e %b %B %a %A %H %I %p %M %S %f %z, "
            f"none of them twice, got {', '.join(map(repr, unknown))}"
        )
    wanted = {"date": "YymdebBaAFD", "time_of_day": "HIpMSfTR"}.get(rule.kind)
    known = [item for item in rule.formats if item not in unknown]
    if wanted and (odd := [item for item in known if set(re.findall("%([^%])", item)) - set(wanted)]):
        faults.append(f"a {rule.kind} has no other parts than those of {', '.join(wanted)}, got {', '.join(odd)}")
    return faults


def _number_faults(rule: ValueRule) -> list[str]:
    faults = []
    if rule.decimal == "," and rule.kind not in ("float", "duration", "quantity"):
        faults.append(f"decimal is for float, duration and quantity, not for kind {rule.kind!r}")
    if rule.thousands is not None and rule.kind not in MEASURED:
        faults.append(f"thousands is for integer, float, duration and quantity, not for kind {rule.kind!r}")
    if rule.thousands == rule.decimal and rule.kind != "integer":
        faults.append(f"decimal and thousands must differ, got {rule.decimal!r} for both")
    if rule.currency is not None and rule.kind not in ("integer", "float"):
        faults.append(f"currency is for integer and float, not for kind {rule.kind!r}")
    if rule.percent and rule.kind != "float":
        faults.append(f"percent is for float, not for kind {rule.kind!r}")
    if rule.percent and rule.currency is not None:
        faults.append(f"percent and currency exclude each other, got currency {rule.currency!r}")
    return faults


def _default_faults(rule: ValueRule) -> list[str]:
    from headrace.ingest.values.defaults import default_fault

    if rule.required or rule.kind == "observed":
        what = "a required field" if rule.required else "an observed field, whose kind the data decide"
        return [f"{what} can't have a default, got {rule.default!r}"]
    reason = default_fault(rule)
    return [f"default is no value of this field ({reason}), got {rule.default!r}"] if reason else []
