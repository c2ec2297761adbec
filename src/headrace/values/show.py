"""A value as people read it, by the type of its column: in messages, reports and logs.

    1772492400000000, time in UTC counted in us    2026-03-02T23:00:00Z         90_500_000, duration        1 min 30.5 s
    20514, date                                    2026-03-02                   30_600_000_000, time of day  08:30:00
    Decimal("1.50"), decimal                       1.50                         b"\\xff\\x00", bytes         0xff00

Nothing is rounded: what is shown is the value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import pyarrow as pa

from headrace.values.arrow import opened
from headrace.values.column_type import PER_SECOND, ColumnType, Resolution
from headrace.values.of_arrow import is_list, of_arrow
from headrace.values.plain import decoded, list_values, plain

SHOWN_BYTES = 32
"""Bytes of a value that are shown; of longer ones the beginning, and how long they are."""
SHOWN_TEXT = 80
"""Letters of a text that are shown."""
SHOWN_VALUES = 8
"""Values of a list that are shown."""
_EPOCH = datetime(1970, 1, 1)
_NS = 1_000_000_000
_DAY_S = 86_400


def show(value: object, kind: ColumnType) -> str:
    """One value, as Python or as a conversion gives it (whole numbers for what is counted in the resolution of `kind`).

    Without a resolution, times, times of day and durations are counted in microseconds, and dates in days.
    """
    if value is None:
        return "missing"
    if isinstance(value, int) and not isinstance(value, bool):
        shown = _counted(value, kind)
        if shown is not None:
            return shown
    if kind.kind == "boolean":
        return "true" if value else "false"
    plain = _plain(value, kind)
    return f"{plain} {kind.unit}" if kind.kind == "quantity" else plain


def show_at(column: pa.Array | pa.ChunkedArray, row: int, kind: ColumnType | None = None) -> str:
    """The value in a row of a column of any Arrow type, of which `kind` says more than the Arrow type."""
    piece = column.slice(row, 1)
    if isinstance(piece, pa.ChunkedArray):
        piece = next(chunk for chunk in piece.chunks if len(chunk))
    one, several = plain(piece)
    if several is not None and several[0]:
        return _list(piece)
    stored = of_arrow(one.type)
    if pa.types.is_date(one.type) or stored.resolution is not None:
        # Python's datetime ends in the year 9999, and has no nanoseconds: whole numbers have no end.
        wide = one.type.bit_width == 64
        number = opened(one).view(pa.int64() if wide else pa.int32())[0].as_py()
        if pa.types.is_date(one.type):
            stored = ColumnType(kind="date", resolution="ms" if wide else None)
        return show(number, stored)
    if pa.types.is_string(one.type):
        one = one.cast(pa.binary())  # that a file says text does not make it UTF-8
    try:
        return show(one[0].as_py(), stored if kind is None else kind)
    except (OverflowError, ValueError):  # a struct that holds such times
        return f"a value of type {one.type}"


def _list(piece: pa.Array) -> str:
    while not is_list(piece.type):
        piece = decoded(piece) if pa.types.is_dictionary(piece.type) else opened(piece).storage
    values = list_values(piece)
    shown = [show_at(values, place) for place in range(min(len(values), SHOWN_VALUES))]
    return "[" + ", ".join([*shown, *(["..."] if len(values) > SHOWN_VALUES else [])]) + "]"


def show_time(count: int, resolution: Resolution = "us", *, suffix: str = "Z") -> str:
    """A moment in ISO 8601, with as many decimals as it needs; as a number where the calendar has no such year."""
    seconds, rest = divmod(count, PER_SECOND[resolution])
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return f"{count} {resolution} since 1970"
    return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + _decimals(rest, resolution) + suffix


def show_date(days: int) -> str:
    """A day in ISO 8601; as a number where the calendar has no such year."""
    try:
        return (_EPOCH.date() + timedelta(days=days)).isoformat()
    except OverflowError:
        return f"{days} days since 1970"


def show_duration(count: int, resolution: Resolution = "us") -> str:
    """A length of time in full: `-1 d 2 h 0.5 s`."""
    seconds, rest = divmod(abs(count), PER_SECOND[resolution])
    parts = []
    for unit, size in (("d", _DAY_S), ("h", 3_600), ("min", 60)):
        whole, seconds = divmod(seconds, size)
        parts += [f"{whole:,} {unit}"] if whole else []
    last = f"{seconds}{_decimals(rest, resolution)}"
    parts += [f"{last} s"] if last != "0" or not parts else []
    return ("-" if count < 0 else "") + " ".join(parts)


def show_time_of_day(count: int, resolution: Resolution = "us") -> str:
    """`08:30:00`, with as many decimals as it needs."""
    seconds, rest = divmod(count, PER_SECOND[resolution])
    if not 0 <= seconds <= _DAY_S:
        return f"{count} {resolution} since midnight"
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{_decimals(rest, resolution)}"


def _counted(value: int, kind: ColumnType) -> str | None:
    resolution = kind.resolution or "us"
    if kind.kind == "time":
        return show_time(value, resolution, suffix="" if kind.zone is None else "Z")
    if kind.kind == "date":
        if kind.resolution is None:
            return show_date(value)
        days, rest = divmod(value, _DAY_S * PER_SECOND[resolution])
        return show_date(days) if not rest else show_time(value, resolution, suffix="")
    if kind.kind == "time_of_day":
        return show_time_of_day(value, resolution)
    return show_duration(value, resolution) if kind.kind == "duration" else None


def _plain(value: object, kind: ColumnType) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _real(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return _bytes(value)
    if isinstance(value, str):
        return repr(value if len(value) <= SHOWN_TEXT else value[:SHOWN_TEXT] + "...")
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return show_duration(value // timedelta(microseconds=1))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_plain(one, kind)}" for name, one in value.items()) + "}"
    if isinstance(value, Sequence):
        inner = kind.element or kind
        shown = [show(one, inner) for one in value[:SHOWN_VALUES]]
        return "[" + ", ".join([*shown, *(["..."] if len(value) > SHOWN_VALUES else [])]) + "]"
    return str(value)


def _real(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return repr(value) if math.isfinite(value) else ("infinity" if value > 0 else "-infinity")


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat() + "Z"


def _bytes(value: bytes) -> str:
    try:
        text = value.decode()
        if text.isprintable():
            return _plain(text, ColumnType(kind="text"))
    except UnicodeDecodeError:
        pass
    more = f"... ({len(value):,} bytes)" if len(value) > SHOWN_BYTES else ""
    return f"0x{value[:SHOWN_BYTES].hex()}{more}"


def _decimals(rest: int, resolution: Resolution) -> str:
    digits = f"{rest * (_NS // PER_SECOND[resolution]):09}".rstrip("0")
    return f".{digits}" if digits else ""
