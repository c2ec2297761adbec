"""What whole numbers in a column of times count, found once for all rows of a side, before any of them is moved.

    t: timestamp[ms]                                      known
    t: int64, and Ingest wrote that it counts us          known
    t: int64 1772521200, spec has times={"t": "epoch_s"}  declared
    t: int64 1772521200 to 1774000000                     seconds, by plausible range: that is said aloud
    t: int64 0 to 1774000000                              DataError: its unit must be declared

Never bucket by bucket: the rows of one may look like seconds where those of another don't.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeAlias

import numpy as np
import pyarrow as pa

from headrace.config.checks import Name, one_of
from headrace.errors import DataError, UsageError
from headrace.values import ColumnType, declared, set_types, times_us, type_of_field
from headrace.values.arrow import array, compute
from headrace.values.column_type import RESOLUTIONS
from headrace.values.of_arrow import innermost
from headrace.values.plain import plain

EPOCHS = tuple(f"epoch_{resolution}" for resolution in RESOLUTIONS)
Times: TypeAlias = Mapping[Name, Annotated[str, one_of(EPOCHS)]]
"""A setting: column -> what its whole numbers count since 1970 in UTC. Columns that a side lacks are passed over."""

Range: TypeAlias = tuple[Any, Any]
"""The least and the greatest number of a column; both None where it has no value."""


def type_of_values(field: pa.Field) -> ColumnType:
    """The type of the single values of a column, as it is written or stored; lists have that of their values."""
    kind = type_of_field(field)
    while kind.kind in ("list", "embedding") and kind.element is not None:
        kind = kind.element
    return kind


def needs_unit(field: pa.Field) -> bool:
    """Whether it has numbers of which nobody has said what they count."""
    stored = innermost(field.type)
    is_number = pa.types.is_integer(stored) or pa.types.is_float64(stored)
    return is_number and type_of_values(field).resolution is None


def declared_types(side: str, schema: pa.Schema, times: Times) -> dict[str, ColumnType]:
    """The types of those columns of `schema` that hold numbers and are declared in `times`.

    Raises:
        UsageError: the data themselves say that a column counts something else.
    """
    found = {}
    for field in schema:
        stored = innermost(field.type)
        if field.name not in times or not (pa.types.is_integer(stored) or pa.types.is_floating(stored)):
            continue
        what, written = declared(times[field.name]), type_of_values(field)
        if written.resolution not in (None, what.resolution):
            raise UsageError(
                f"times declares column {field.name!r} of the {side} as {times[field.name]}, but it is written with it "
                f"that it is a {written}: leave the declaration out"
            )
        if written.resolution is None:
            found[field.name] = what
    return found


def with_units(side: str, table: pa.Table, names: Iterable[str], times: Times) -> tuple[pa.Table, list[str]]:
    """The table with what the numbers of its columns of times count in its schema, and what is to be said of it.

    Args:
        side: names the table in messages.
        table: all rows of the side; no value is copied.
        names: the columns that are times.
        times: what is declared.

    Raises:
        UsageError: a declaration contradicts the data.
        DataError: the unit of a column is neither declared, nor written with it, nor to be seen from its range.
    """
    types = declared_types(side, table.schema, times)
    remarks = []
    for name in dict.fromkeys(names):
        if name in table.column_names and name not in types and needs_unit(table.schema.field(name)):
            what, remark = by_range(side, name, range_of(table.column(name)))
            types.update({} if what is None else {name: what})
            remarks += [] if remark is None else [remark]
    return (set_types(table, types) if types else table), remarks


def by_range(side: str, name: str, found: Range) -> tuple[ColumnType | None, str | None]:
    """The type of a column of times whose numbers have this range, and what is to be said of it; none of no values.

    Raises:
        DataError: they lie in the years 1990 to 2099 by no unit.
    """
    low, high = found
    if low is None:
        return None, None
    unit = times_us(array(np.array([low, high], np.float64)))
    if unit.resolution is None:
        raise DataError(
            f"column {name!r} of the {side} has numbers from {low:,} to {high:,}, which do not all lie in the years "
            "1990 to 2099 by any one unit (s, ms, us or ns since 1970): declare what they count, as in "
            f"times: {{{name}: epoch_us}}, and store what is unknown as missing"
        )
    return declared(f"epoch_{unit.resolution}"), f"{side}: {unit.remark(name)}"


def range_of(column: pa.ChunkedArray) -> Range:
    """The least and the greatest number of a column, or of its lists of one; NaN and infinity left out."""
    ranges = []
    for chunk in column.chunks:
        values = plain(chunk)[0]
        if pa.types.is_floating(values.type):
            numbers = values.drop_null().to_numpy(zero_copy_only=False)
            values = array(numbers[np.isfinite(numbers)])
        ranges.append(tuple(bound.as_py() for bound in compute.min_max(values).values()))
    return joined(ranges)


def joined(ranges: Iterable[Range]) -> Range:
    """The range of the values of all."""
    some = [found for found in ranges if found[0] is not None]
    return (min(low for low, _ in some), max(high for _, high in some)) if some else (None, None)
