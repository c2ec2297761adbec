"""What a column holds, whatever it is stored as.

stored as                     type                                             as a declaration
int64  1772524800             time, counted in s since 1970                    epoch_s
timestamp[us, Europe/Berlin]  time, zone Europe/Berlin, counted in us
list<float>, 128 each         embedding of 128
double 4.2                    quantity in km                                   quantity in km
string "02139"                identifier                                       identifier
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from headrace.errors import UsageError

Kind = Literal[
    "integer", "real", "text", "category", "boolean", "time", "date", "time_of_day", "duration", "decimal", "quantity",
    "identifier", "embedding", "list", "struct", "map", "bytes", "blank", "unsupported",
]  # fmt: skip
Resolution = Literal["s", "ms", "us", "ns"]

KINDS: tuple[Kind, ...] = get_args(Kind)
RESOLUTIONS: tuple[Resolution, ...] = get_args(Resolution)
PER_SECOND: Mapping[str, int] = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
FIRST_US, LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The first and last microsecond of the years 1 to 9999, which are those that calendars have."""
COUNTED = ("time", "date", "time_of_day", "duration")
"""Kinds that may be stored as whole numbers, of which the resolution says what is counted."""
NUMBERS = ("integer", "real", "decimal", "quantity")
NOT_COMPARED = ("struct", "map", "unsupported")
"""Kinds that no part of headrace works on: their columns are named as not checked, or refused."""

_ONLY_FOR: Mapping[str, tuple[str, ...]] = {
    "zone": ("time",),
    "resolution": COUNTED,
    "unit": ("quantity",),
    "length": ("embedding",),
    "element": ("list", "embedding", "map"),
    "fields": ("struct",),
    "detail": ("unsupported",),
}
_EPOCHS = {f"epoch_{resolution}": resolution for resolution in RESOLUTIONS}


@dataclass(frozen=True, kw_only=True)
class ColumnType:
    """What a column holds.

    Attributes:
        kind: `real` is a float; `category` is text of few values; `identifier` names things and is never a quantity;
            `time` is an instant; `blank` is a column without any value.
        zone: of a time, the zone of the clock that showed it, such as UTC or Europe/Berlin. None: a clock without
            a zone (a wall clock), which is read as UTC.
        resolution: of a time, date, time of day or duration that is stored as whole numbers, what they count: since
            1970-01-01 UTC, since midnight, or in all.
        unit: of a quantity, as pint writes it (`km`).
        length: of an embedding, how many numbers each row has.
        element: of a list or an embedding, what it is a list of.
        fields: of a struct, its fields by name.
        detail: of what is unsupported, the name of its Arrow type.
    """

    kind: Kind
    zone: str | None = None
    resolution: Resolution | None = None
    unit: str | None = None
    length: int | None = None
    element: ColumnType | None = None
    fields: tuple[tuple[str, ColumnType], ...] = ()
    detail: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple((name, kind) for name, kind in self.fields))
        faults = []
        if self.kind not in KINDS:
            faults.append(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if self.resolution is not None and self.resolution not in RESOLUTIONS:
            faults.append(f"resolution must be one of {', '.join(RESOLUTIONS)}, got {self.resolution!r}")
        for name, kinds in _ONLY_FOR.items():
            if getattr(self, name) not in (None, ()) and self.kind not in kinds:
                faults.append(f"{name} is for {' and '.join(kinds)}, not for {self.kind}")
        if self.kind == "quantity" and not self.unit:
            faults.append("a quantity needs a unit such as km")
        if self.length is not None and (not isinstance(self.length, int) or self.length < 1):
            faults.append(f"length must be a whole number from 1 on, got {self.length!r}")
        if faults:
            raise UsageError("column type: " + "; ".join(faults))

    @property
    def is_supported(self) -> bool:
        """Whether areas can work on such a column; lists can be, if their elements can."""
        return self.kind not in NOT_COMPARED and (self.element is None or self.element.is_supported)

    @property
    def is_number(self) -> bool:
        """Whether its values are amounts or counts: what has a mean."""
        return self.kind in NUMBERS

    @property
    def is_text(self) -> bool:
        """Whether its values are words: text, categories, identifiers, and bytes that are UTF-8."""
        return self.kind in ("text", "category", "identifier", "bytes")

    def __str__(self) -> str:
        """For people: `time in UTC, counted in ms`, `list of integer`, `quantity in km`."""
        words = self.kind.replace("_", " ")
        if self.kind == "embedding":
            return f"embedding of {self.length}" if self.length else "embedding"
        if self.element is not None:
            return f"{words} of {self.element}"
        if self.fields:
            return f"{words} of {', '.join(name for name, _ in self.fields)}"
        extras = [f"in {self.zone}"] if self.zone else []
        extras += [f"counted in {self.resolution}"] if self.resolution else []
        extras += [f"in {self.unit}"] if self.unit else []
        extras += [f"({self.detail})"] if self.detail else []
        return " ".join([words, ", ".join(extras)]).strip()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; what is not set is left out."""
        data: dict[str, Any] = {"kind": self.kind}
        for name in ("zone", "resolution", "unit", "length", "detail"):
            if getattr(self, name) is not None:
                data[name] = getattr(self, name)
        if self.element is not None:
            data["element"] = self.element.to_dict()
        if self.fields:
            data["fields"] = [[name, kind.to_dict()] for name, kind in self.fields]
        return data

    @classmethod
    def from_dict(cls, data: Any) -> ColumnType:
        """Inverse of `to_dict`.

        Raises:
            UsageError: it is not plain data of a column type.
        """
        if not isinstance(data, Mapping) or "kind" not in data:
            raise UsageError(f"column type: expected settings with a kind, got {data!r}")
        settings = dict(data)
        unknown = sorted(set(settings) - set(cls.__dataclass_fields__))
        if unknown:
            known = ", ".join(cls.__dataclass_fields__)
            raise UsageError(f"column type: unknown settings {', '.join(map(str, unknown))}; known are {known}")
        if settings.get("element") is not None:
            settings["element"] = cls.from_dict(settings["element"])
        try:
            settings["fields"] = tuple((str(name), cls.from_dict(kind)) for name, kind in settings.get("fields", ()))
        except (TypeError, ValueError) as error:
            raise UsageError(f"column type: fields must be pairs of name and type, got {data['fields']!r}") from error
        return cls(**settings)

    def to_json(self) -> str:
        """One line of JSON; equal types have equal JSON."""
        return _written(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> ColumnType:
        """Inverse of `to_json`.

        Raises:
            UsageError: it is not that.
        """
        return _read(text)


# A table may have thousands of columns, of few types, which stand in the schema of each of its shards.
@functools.lru_cache(maxsize=1024)
def _written(kind: ColumnType) -> str:
    return json.dumps(kind.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@functools.lru_cache(maxsize=1024)
def _read(text: str | bytes) -> ColumnType:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise UsageError(f"column type: expected JSON, got {text!r}") from error
    return ColumnType.from_dict(data)


@functools.lru_cache(maxsize=1024)
def declared(words: str) -> ColumnType:
    """The type that a person declares in a word: a kind, `epoch_s` (or `_ms`, `_us`, `_ns`), `quantity in km`.

    A time that is declared by `time` alone says nothing of what whole numbers would count.

    Raises:
        UsageError: it is none of these.
    """
    if words in _EPOCHS:
        return epoch(_EPOCHS[words])
    if words.startswith("quantity in "):
        return ColumnType(kind="quantity", unit=words.removeprefix("quantity in "))
    plain = [kind for kind in KINDS if kind not in (*NOT_COMPARED, "quantity", "list", "blank")]
    for kind in plain:
        if words == kind:
            return ColumnType(kind=kind)
    raise UsageError(f"a type must be one of {', '.join([*plain, *_EPOCHS])} or 'quantity in km', got {words!r}")


@functools.lru_cache(maxsize=len(RESOLUTIONS))
def epoch(resolution: Resolution) -> ColumnType:
    """Whole numbers that count time since 1970 in UTC."""
    return ColumnType(kind="time", zone="UTC", resolution=resolution)
