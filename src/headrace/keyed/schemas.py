"""One schema for all shards of one side of a join, which may come from several days and be stored in several ways.

2026-03-03: suggestion_id text, shown_at timestamp[ms]           suggestion_id text
2026-03-04: suggestion_id text, shown_at integer, wind float     shown_at      integer, time counted in us
                                                             ->  wind          float, missing on March 3
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import DataError, UsageError
from headrace.files.parquet import read_metadata
from headrace.keyed.columns import checked_at
from headrace.keyed.footers import range_in_file
from headrace.keyed.time_units import Times, by_range, declared_types, joined, needs_unit, type_of_values
from headrace.values import ColumnType, as_feature, feature_type, features, keys, times_us, with_types, written_types
from headrace.values.arrow import chunked, nulls
from headrace.values.column_type import COUNTED
from headrace.values.converted import Converted
from headrace.values.of_arrow import innermost
from headrace.values.stored_types import TYPE_KEY

INT64, FLOAT32 = pa.list_(pa.int64()), pa.list_(pa.float32())


@dataclass(frozen=True, kw_only=True)
class SideSchema:
    """What all shards of one side are brought to.

    Attributes:
        schema: the common schema in feature layout; types that the shards say, and those of times, stand in it.
        rows: how many rows the footers promise.
        times: columns that are times.
        units: types of columns of whole numbers of which the shards say nothing, declared or found by their range.
        remarks: what is to be said of those that were found.
    """

    schema: pa.Schema
    rows: int
    times: tuple[str, ...] = ()
    units: Mapping[str, ColumnType] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def types(self) -> dict[str, ColumnType]:
        """The types that stand in the schema."""
        return written_types(self.schema)

    @property
    def cells(self) -> int:
        """How many values there are: rows times columns."""
        return self.rows * len(self.schema)


@dataclass(frozen=True)
class _Shard:
    path: str
    metadata: pq.FileMetaData
    schema: pa.Schema


def read_side_schema(
    side: str,
    paths: Sequence[str],
    *,
    keys: Collection[str] = (),
    times: Collection[str] = (),
    declared: Times | None = None,
) -> SideSchema:
    """The common schema of the Parquet shards at `paths`, from their footers.

    Args:
        side: names them in errors.
        paths: where they are.
        keys: columns that are compared: decimals and floats of 64 bits are whole numbers there, which float32 is not.
        times: columns that are times.
        declared: what numbers in columns of times count.

    Raises:
        UsageError: there are no shards, or a declaration contradicts them.
        DataError: a file can't be read, a column has different types in two of them or one that Examples can't hold, or
            it is not known what a column of times counts; all are named at once.
    """
    if not paths:
        raise UsageError(f"no files of {side} to join: expected the paths of Parquet shards")
    shards, faults = _opened(side, paths)
    times = list(dict.fromkeys([*times, *(declared or {})]))
    fields: dict[str, tuple[pa.DataType | None, str]] = {}
    types: dict[str, tuple[ColumnType, str, bool]] = {}
    units: dict[str, ColumnType] = {}
    for shard in shards:
        units.update(declared_types(side, shard.schema, declared or {}))
        for one in shard.schema:
            faults += _add_field(fields, one, shard.path, keys, times)
    ranged, remarks, unknown = _by_range(side, shards, [name for name in times if name not in units])
    units.update(ranged)
    faults += unknown
    for shard in shards:
        for one in shard.schema:
            faults += _add_type(types, one, shard.path, units, times)
    if faults:
        raise DataError("; ".join(faults))
    common = pa.schema([(name, kind if kind is not None else FLOAT32) for name, (kind, _) in fields.items()])
    return SideSchema(
        schema=with_types(common, {name: what for name, (what, _, is_known) in types.items() if is_known}),
        rows=sum(shard.metadata.num_rows for shard in shards),
        times=tuple(times),
        units=units,
        remarks=tuple(remarks),
    )


def conform(table: pa.Table, side: SideSchema, *, path: str = "", first_row: int = 0) -> pa.Table:
    """Rows of one shard with the columns of the common schema; those that the shard lacks are null.

    Args:
        table: the rows.
        side: what they are brought to.
        path: of the shard, for errors.
        first_row: number in the shard of the first row, from 0.

    Raises:
        DataError: a value does not fit; it is named with path, column and row.
    """
    columns = []
    for common in side.schema:
        if common.name not in table.column_names:
            columns.append(chunked([nulls(table.num_rows, common.type)], common.type))
            continue
        found = _conformed(table.column(common.name), table.schema.field(common.name), common, side, path)
        columns.append(checked_at(found, common.name, path=path, first_row=first_row).values)
    return pa.Table.from_arrays(columns, schema=side.schema)


def _conformed(column: pa.ChunkedArray, stored: pa.Field, common: pa.Field, side: SideSchema, path: str) -> Converted:
    what = type_of_values(stored)
    if stored.name in side.units and what.is_number:
        what = side.units[stored.name]
    if column.type == common.type and what.resolution in (None, "us"):
        return Converted(values=column)
    if common.type == INT64 and feature_type(column.type) == pa.float32():
        # Floats of 32 bits hold neither keys nor times: only a column that is blank in this shard is stored so.
        whole: Converted = times_us(column, what) if stored.name in side.times else keys(column)
        return Converted(values=features(whole.values).values, faults=whole.faults)
    found = features(column, what)
    if found.values.type == common.type:
        return found
    if found.values.null_count == len(found.values):
        return Converted(values=chunked([nulls(len(column), common.type)], common.type), faults=found.faults)
    try:
        return Converted(values=found.values.cast(common.type), faults=found.faults)
    except pa.ArrowInvalid as error:
        raise DataError(
            f"{path}: column {stored.name!r} has whole numbers here and fractions in another file, as which not all of "
            f"these are exact ({error}): declare one kind of it in Ingest"
        ) from error


def _opened(side: str, paths: Sequence[str]) -> tuple[list[_Shard], list[str]]:
    shards, faults = [], []
    for path in paths:
        try:
            metadata = read_metadata(path)
            shards.append(_Shard(path, metadata, metadata.schema.to_arrow_schema()))
        except (OSError, pa.ArrowInvalid) as error:
            faults.append(f"{path}: expected a Parquet shard of {side}: {error}")
        except DataError as error:
            faults.append(str(error))
    return shards, faults


def _add_field(
    fields: dict[str, tuple[pa.DataType | None, str]],
    one: pa.Field,
    path: str,
    keys: Collection[str],
    times: Collection[str],
) -> Iterator[str]:
    """Adds the column of a shard to the common ones; gives what is wrong."""
    name, inner = one.name, innermost(one.type)
    element = feature_type(one.type)
    if element is None:
        yield (
            f"column {name!r} of {path} is {type_of_values(one)}, which Examples can't hold: leave it out, or take "
            "single values out of it"
        )
        return
    if (name in times and element == pa.float32() and not pa.types.is_decimal(inner)) or (
        name in keys and (pa.types.is_float64(inner) or pa.types.is_decimal(inner))
    ):
        element = pa.int64()
    kind = None if pa.types.is_null(inner) and name not in times else pa.list_(element)
    held, where = fields.setdefault(name, (kind, path))
    if held is None:
        fields[name] = (kind, path)
    elif {held, kind} == {INT64, FLOAT32}:
        # A key is a whole number in all shards: where it is stored as float32, it is blank.
        fields[name] = (INT64 if name in keys else FLOAT32, where)
    elif kind not in (None, held):
        yield f"column {name!r} is {held} in {where} and {kind} in {path}: declare one kind of it in Ingest"


def _add_type(
    types: dict[str, tuple[ColumnType, str, bool]],
    one: pa.Field,
    path: str,
    units: Mapping[str, ColumnType],
    times: Collection[str],
) -> Iterator[str]:
    """Adds what the column of a shard holds as a feature; gives what is wrong: one number that means two things.

    `types` has for each column the type, the shard that has it, and whether the shard says more than how it is stored.
    """
    is_written, element = TYPE_KEY in (one.metadata or {}), feature_type(one.type)
    unit = units.get(one.name) if needs_unit(one) else None
    is_blank = (needs_unit(one) and one.name in times) or (element == pa.float32() and not is_written)
    if element is None or (unit is None and is_blank):
        return  # times without a unit have no value, and what has none in any of its rows is stored as float32
    what = as_feature(unit or type_of_values(one), one.type)
    if one.name in times and what.kind in ("time", "date"):
        what = replace(what, resolution="us")  # floats too, which are stored as whole numbers here
    before, where, is_known = types.get(one.name, (what, path, False))
    if (before.unit, before.resolution) != (what.unit, what.resolution):
        yield f"column {one.name!r} is {before} in {where} and {what} in {path}: declare one of them in Ingest"
    if one.name not in types or not is_known:
        types[one.name] = (what, path, is_written or what.kind in COUNTED)


def _by_range(
    side: str, shards: Sequence[_Shard], names: Sequence[str]
) -> tuple[dict[str, ColumnType], list[str], list[str]]:
    """What the numbers of columns of times count, by the range of all shards; what is to be said, and what is wrong."""
    found: dict[str, ColumnType] = {}
    remarks, faults = [], []
    for name in names:
        undeclared = [shard for shard in shards if name in shard.schema.names and needs_unit(shard.schema.field(name))]
        ranges = [range_in_file(shard.path, shard.metadata, shard.schema, name) for shard in undeclared]
        try:
            what, remark = by_range(side, name, joined(ranges))
        except DataError as error:
            faults.append(str(error))
            continue
        found.update({} if what is None else {name: what})
        remarks += [] if remark is None else [remark]
    return found, remarks, faults
