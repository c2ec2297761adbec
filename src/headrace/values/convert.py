"""A column as the values of its own type: the conversion that its kind asks for.

integer -> int64    real, quantity -> float64    text, category, identifier -> string    boolean -> bool
time, duration, time of day -> int64 microseconds    date -> date32    decimal -> decimal    bytes -> binary
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from headrace.values.arrow import nulls
from headrace.values.column_type import ColumnType, Kind
from headrace.values.converted import Column, Converted, Wrong, all_wrong, wrong_type
from headrace.values.converted import convert as converted
from headrace.values.numbers import booleans, decimals, integers, reals
from headrace.values.of_arrow import innermost, of_arrow
from headrace.values.plain import plain
from headrace.values.texts import texts
from headrace.values.times import dates, durations_us, times_of_day_us, times_us


def canonical(column: Column, declared: ColumnType | None = None) -> Converted:
    """The values of a column as its type, which is `declared` or as its Arrow type says.

    Lists of at most one value, as Examples hold them, are these values. Of a struct, a map, an embedding, or a list of
    several values, the rows are at fault.
    """
    kind = declared if declared is not None else of_arrow(column.type)
    while kind.kind in ("list", "embedding") and kind.element is not None:
        kind = kind.element
    return _BY_KIND[kind.kind](column, kind)


def singles(column: Column) -> Converted:
    """The values of a column as they are, one a row: without lists, dictionaries, runs and extensions.

    Of lists of several values, and of what no area works on (a struct, a map), the rows are at fault.
    """
    kind = of_arrow(innermost(column.type))
    if not kind.is_supported:
        return _nothing(column, kind)
    return converted(column, lambda values: (values, []), plain(nulls(0, column.type))[0].type)


def raw_bytes(column: Column) -> Converted:
    """Bytes as binary; text as its UTF-8."""
    return converted(column, _bytes, pa.binary())


def _bytes(values: pa.Array) -> tuple[pa.Array, Wrong]:
    if pa.types.is_string(values.type) or pa.types.is_binary(values.type):
        return values.cast(pa.binary()), []
    return all_wrong(values, pa.binary(), wrong_type(of_arrow(values.type), "bytes", "leave the column out here"))


def _nothing(column: Column, kind: ColumnType) -> Converted:
    def one(values: pa.Array) -> tuple[pa.Array, Wrong]:
        return all_wrong(values, pa.null(), wrong_type(kind, "plain values", "leave the column out here"))

    return converted(column, one, pa.null())


def _identifiers(column: Column, kind: ColumnType) -> Converted:
    return integers(column) if pa.types.is_integer(innermost(column.type)) else texts(column)


_BY_KIND: dict[Kind, Callable[[Column, ColumnType], Converted]] = {
    "integer": lambda column, kind: integers(column),
    "real": lambda column, kind: reals(column),
    "quantity": lambda column, kind: reals(column),
    "decimal": lambda column, kind: decimals(column),
    "boolean": lambda column, kind: booleans(column),
    "text": lambda column, kind: texts(column),
    "category": lambda column, kind: texts(column),
    "identifier": _identifiers,
    "bytes": lambda column, kind: raw_bytes(column),
    "time": lambda column, kind: times_us(column, kind),
    "date": lambda column, kind: dates(column, kind),
    "duration": lambda column, kind: durations_us(column, kind),
    "time_of_day": lambda column, kind: times_of_day_us(column, kind),
    "blank": lambda column, kind: reals(column),
    "list": _nothing,
    "embedding": _nothing,
    "struct": _nothing,
    "map": _nothing,
    "unsupported": _nothing,
}
