"""Data files of any format as record batches of one schema.

    a.csv      pace 4, 5        (int64)           pace: list<float>, 4.0, 5.0 and 4.5
    b.parquet  pace [4.5]       (list<float>) ->
    c.csv      pace fast        (string)          DataError: 'pace' is text in c.csv and a number in a.csv
    d.parquet  at {"zip": 1}    (struct)          `at` is named as left out, and the rest goes on

Parquet is read batch by batch. Other files are held whole, as flat columns: their types are known only after the last
row. Times are microseconds since 1970, whatever they are stored as.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from headrace.errors import DataError
from headrace.files.parquet import open_parquet, read_metadata
from headrace.files.storage import open_file
from headrace.ingest.plain_file import DeclaredColumns, read_plain, typed
from headrace.ledger import Ledger
from headrace.values import ColumnType, as_feature, checked, feature_type, features, merged_types, types_of
from headrace.values.arrow import value_type
from headrace.values.of_arrow import innermost, is_list

BATCH_ROWS = 131_072


@dataclass(frozen=True, kw_only=True)
class FeatureFile:
    """An open file, with the types of its columns. `table` holds its rows; None of Parquet, read in batches."""

    path: str
    schema: pa.Schema
    types: Mapping[str, ColumnType]
    ledger: Ledger
    table: pa.Table | None


@dataclass(frozen=True, kw_only=True)
class FeatureTypes:
    """What holds the features of all files.

    Attributes:
        elements: by feature int64, float or binary; null where no file has a value.
        types: what each feature holds.
        left_out: columns that can't be features, by name, and why.
    """

    elements: Mapping[str, pa.DataType] = field(default_factory=dict)
    types: Mapping[str, ColumnType] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


def nothing(name: str) -> bool:
    """Leaves out no column."""
    return False


def open_files(
    paths: Sequence[str], declared: DeclaredColumns | None = None, leave_out: Callable[[str], bool] = nothing
) -> list[FeatureFile]:
    """The files in their order, with what is `declared` of their columns; values that `leave_out` names are not read.

    Raises:
        UsageError: most values of a column are not what is declared.
        DataError: a file can't be read in its format.
    """
    return [_open(path, declared or DeclaredColumns(), leave_out) for path in paths]


def feature_types(files: Sequence[FeatureFile], leave_out: Callable[[str], bool] = nothing) -> FeatureTypes:
    """The element type that holds each feature in all files, without columns that can't be features.

    Raises:
        DataError: a column is text in one file and a number in another; all are named.
    """
    found: dict[str, pa.DataType] = {}
    where: dict[str, str] = {}
    left_out: dict[str, str] = {}
    faults: list[str] = []
    for file in files:
        for stored in file.schema:
            name = stored.name
            if leave_out(name):
                continue
            kind = _element(stored.type)
            if kind is None:
                words = f"{name!r} of {file.path} is {file.types[name]}, which no statistics are made of"
                left_out.setdefault(name, words)
                continue
            before = found.get(name)
            if before is None or pa.types.is_null(before):
                found[name], where[name] = kind, file.path
            elif _is_number(before) and _is_number(kind):
                found[name] = kind if before == kind else pa.float32()
            elif before != kind and not pa.types.is_null(kind):
                faults.append(f"{name!r} is {_words(kind)} in {file.path} and {_words(before)} in {where[name]}")
    if faults:
        raise DataError("; ".join(faults) + ": look at each file by itself, or leave the column out")
    types = merged_types(
        {stored.name: as_feature(file.types[stored.name], stored.type) for stored in file.schema} for file in files
    )
    return FeatureTypes(
        elements={name: kind for name, kind in found.items() if name not in left_out}, types=types, left_out=left_out
    )


def batches(files: Sequence[FeatureFile], of: FeatureTypes) -> Iterator[pa.RecordBatch]:
    """The rows of all files in order, columns as lists of `feature_types`; at least one batch a file.

    Raises:
        DataError: a value does not fit a feature, such as 1e300 or an unsigned number beyond 2^63.
    """
    for file in files:
        for rows in _rows(file):
            names = [name for name in rows.column_names if name in of.elements]
            columns = [_cast(rows.column(name), of.elements[name], file.types[name], name, file.path) for name in names]
            none = pa.RecordBatch.from_arrays([pa.array([], column.type) for column in columns], names)
            yield from pa.table(columns, names).combine_chunks().to_batches() or [none]


def _open(path: str, declared: DeclaredColumns, leave_out: Callable[[str], bool]) -> FeatureFile:
    with open_file(path) as file:
        is_parquet = file.read(4) == b"PAR1"
    if not is_parquet:
        table, _, ledger = read_plain(path, declared, leave_out=leave_out)
        table, _ = typed(table, declared.without(leave_out), path=path)
        # A column without values takes the type that it has in other files.
        columns = zip(table.column_names, table.columns, strict=True)
        schema = pa.schema(
            [(name, pa.null() if column.null_count == len(column) else column.type) for name, column in columns]
        )
        return FeatureFile(path=path, schema=schema, types=types_of(table.schema), ledger=ledger, table=table)
    try:
        metadata = read_metadata(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} can't be read as Parquet: {error}") from error
    ledger = Ledger(subject="rows", total=metadata.num_rows, parts={"accepted": metadata.num_rows, "rejected": 0})
    schema = metadata.schema.to_arrow_schema()
    named = {name: kind for name, kind in declared.by_column.items() if name in schema.names}
    return FeatureFile(path=path, schema=schema, types={**types_of(schema), **named}, ledger=ledger, table=None)


def _rows(file: FeatureFile) -> Iterator[pa.Table]:
    if file.table is not None:
        for start in range(0, max(file.table.num_rows, 1), BATCH_ROWS):
            yield file.table.slice(start, BATCH_ROWS)
    elif file.ledger.total:
        with open_parquet(file.path) as parquet:
            for batch in parquet.iter_batches(batch_size=BATCH_ROWS):
                yield pa.Table.from_batches([batch])
    else:
        yield file.schema.empty_table()


def _element(stored: pa.DataType) -> pa.DataType | None:
    """What a column has for elements; None of what can't be a feature, null of what has no values."""
    inner = innermost(stored)
    if is_list(stored) and is_list(value_type(stored)):
        return None
    return inner if pa.types.is_null(inner) else feature_type(stored)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _words(kind: pa.DataType) -> str:
    return "a number" if _is_number(kind) else "text" if pa.types.is_binary(kind) else str(kind)


def _cast(column: pa.ChunkedArray, element: pa.DataType, kind: ColumnType, name: str, path: str) -> pa.ChunkedArray:
    if column.null_count == len(column):
        # The type of a column without values can be anything, and may not cast.
        element = pa.float32() if pa.types.is_null(element) else element
        return pa.chunked_array([pa.nulls(len(column), pa.list_(element))])
    return checked(features(column, kind, finer="floor"), name, where=path).values.cast(pa.list_(element), safe=False)
