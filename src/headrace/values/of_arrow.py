"""The type of a column by its Arrow type, where nobody has said what it holds.

timestamp[ms, tz=UTC]   time in UTC, counted in ms        dictionary<int32, string>   category
list<int64>             list of integer                   struct<a: int64>            struct of a
month_day_nano_interval unsupported                       extension<arrow.uuid>       identifier
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from headrace.values.arrow import value_type
from headrace.values.column_type import ColumnType, Kind, Resolution

EXTENSIONS: dict[str, Kind] = {"arrow.uuid": "identifier", "arrow.json": "text", "arrow.bool8": "boolean"}
"""Extension types whose meaning is known; of others the storage decides."""


def of_arrow(stored: pa.DataType) -> ColumnType:
    """The type that an Arrow type says. What no area can work on has the kind struct, map or unsupported."""
    if stored.id in _plain_types:
        return _plain_types[stored.id]
    if isinstance(stored, pa.BaseExtensionType):
        known = EXTENSIONS.get(extension_name(stored))
        return of_arrow(stored.storage_type) if known is None else ColumnType(kind=known)
    if pa.types.is_dictionary(stored) or is_run_end_encoded(stored):
        value = of_arrow(value_type(stored))
        few = pa.types.is_dictionary(stored) and value.kind == "text"
        return ColumnType(kind="category") if few else value
    if pa.types.is_timestamp(stored):
        return ColumnType(kind="time", zone=stored.tz, resolution=resolution_of(stored))
    if pa.types.is_time(stored):
        return ColumnType(kind="time_of_day", resolution=resolution_of(stored))
    if pa.types.is_duration(stored):
        return ColumnType(kind="duration", resolution=resolution_of(stored))
    if pa.types.is_fixed_size_list(stored) and stored.list_size and of_arrow(stored.value_type).is_number:
        return ColumnType(kind="embedding", length=stored.list_size, element=of_arrow(stored.value_type))
    if is_list(stored):
        return ColumnType(kind="list", element=of_arrow(value_type(stored)))
    if pa.types.is_struct(stored):
        fields = [stored.field(place) for place in range(stored.num_fields)]
        return ColumnType(kind="struct", fields=tuple((field.name, of_arrow(field.type)) for field in fields))
    if pa.types.is_map(stored):
        return ColumnType(kind="map", element=of_arrow(stored.item_type))
    for kind, tests in _PLAIN.items():
        if any(test(stored) for test in tests):
            return _plain_types.setdefault(stored.id, ColumnType(kind=kind))
    return ColumnType(kind="unsupported", detail=str(stored))


def resolution_of(stored: pa.DataType) -> Resolution:
    """What a timestamp, a time of day or a duration counts."""
    # Times of day have no attribute for it before Arrow 12.
    known: Resolution = getattr(stored, "unit", None) or _UNITS[str(stored)]
    return known


def is_list(stored: pa.DataType) -> bool:
    """Whether it is a list of any layout, such as a feature; a map is not."""
    return any(test(stored) for test in _LISTS)


def is_text(stored: pa.DataType) -> bool:
    """Whether it is text of any layout; bytes are not."""
    return any(test(stored) for test in _TEXTS)


def is_bytes(stored: pa.DataType) -> bool:
    """Whether it is bytes of any layout; text is not."""
    return any(test(stored) for test in _BYTES)


def is_run_end_encoded(stored: pa.DataType) -> bool:
    """Whether equal neighbours are stored once; Arrow has that since version 12."""
    return any(test(stored) for test in _RUNS)


def extension_name(stored: pa.DataType) -> str:
    """The name of an extension type, such as arrow.uuid."""
    return str(getattr(stored, "extension_name", ""))


def innermost(stored: pa.DataType) -> pa.DataType:
    """The type of the single values of lists, dictionaries, runs and extensions of any depth."""
    while True:
        if isinstance(stored, pa.BaseExtensionType) and extension_name(stored) not in EXTENSIONS:
            stored = stored.storage_type
        elif is_list(stored) or pa.types.is_dictionary(stored) or is_run_end_encoded(stored):
            stored = value_type(stored)
        else:
            return stored


Tests = list[Callable[[pa.DataType], bool]]


def _tests(*names: str) -> Tests:
    # Older versions of Arrow lack some types, and with them the test for them.
    return [getattr(pa.types, name) for name in names if hasattr(pa.types, name)]


_LISTS = _tests("is_list", "is_large_list", "is_fixed_size_list", "is_list_view", "is_large_list_view")
_TEXTS = _tests("is_string", "is_large_string", "is_string_view")
_BYTES = _tests("is_binary", "is_large_binary", "is_fixed_size_binary", "is_binary_view")
_RUNS = _tests("is_run_end_encoded")

_UNITS: dict[str, Resolution] = {"time32[s]": "s", "time32[ms]": "ms", "time64[us]": "us", "time64[ns]": "ns"}

_PLAIN: dict[Kind, Tests] = {
    "blank": [pa.types.is_null],
    "boolean": [pa.types.is_boolean],
    "integer": [pa.types.is_integer],
    "real": [pa.types.is_floating],
    "decimal": [pa.types.is_decimal],
    "date": [pa.types.is_date],
    "text": _TEXTS,
    "bytes": _BYTES,
}

_plain_types: dict[int, ColumnType] = {}
"""By the id of an Arrow type, of those that `_PLAIN` decides by that alone: a join looks at its columns many times."""
