"""The range of a column of numbers in a Parquet file: from the footer, where the writer left statistics there."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.files.parquet import open_parquet
from headrace.keyed.time_units import Range, joined, range_of
from headrace.values.arrow import value_type
from headrace.values.of_arrow import is_list


def range_in_file(path: str, metadata: pq.FileMetaData, schema: pa.Schema, name: str) -> Range:
    """The least and the greatest number of a column, single or in lists, both None if it has no value."""
    place = sum(_leaves(field.type) for field in list(schema)[: schema.names.index(name)])
    ranges: list[Range] = []
    for number in range(metadata.num_row_groups):
        column = metadata.row_group(number).column(place)
        statistics = column.statistics
        if statistics is not None and statistics.has_min_max:
            ranges.append((statistics.min, statistics.max))
        elif statistics is None or (statistics.null_count or 0) < column.num_values:
            return _read(path, name)
    return joined(ranges)


def _read(path: str, name: str) -> Range:
    with open_parquet(path) as file:
        batches = file.iter_batches(columns=[name])
        return joined([range_of(pa.Table.from_batches([batch]).column(name)) for batch in batches])


def _leaves(kind: pa.DataType) -> int:
    """How many columns of Parquet a column of Arrow is."""
    if isinstance(kind, pa.BaseExtensionType):
        return _leaves(kind.storage_type)
    if pa.types.is_struct(kind):
        return sum(_leaves(kind.field(place).type) for place in range(kind.num_fields))
    if pa.types.is_map(kind):
        return _leaves(kind.key_type) + _leaves(kind.item_type)
    return _leaves(value_type(kind)) if is_list(kind) else 1
