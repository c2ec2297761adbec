"""Data files of any format as record batches of one schema.

    a.csv      pace 4, 5        (int64)           pace: list<float>, 4.0, 5.0 and 4.5
    b.parquet  pace [4.5]       (list<float>) ->
    c.csv      pace fast        (string)          DataError: 'pace' is text in c.csv and a number in a.csv

Parquet is read batch by batch. Other files are held whole, as flat columns: their types are known only after the last
row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from headrace.errors import DataError
from headrace.examples.layout import feature_type, to_features
from headrace.files.parquet import open_parquet, read_metadata
from headrace.ingest.read_table import read_table
from headrace.ledger import Ledger

BATCH_ROWS = 131_072


@dataclass(frozen=True, kw_only=True)
class FeatureFile:
    """An open file: `table` holds its rows; None for Parquet, whose rows are read batch by batch."""

    path: str
    schema: pa.Schema
    ledger: Ledger
    table: pa.Table | None


def open_files(paths: Sequence[str]) -> list[FeatureFile]:
    """The files in their order.

    Raises:
        DataError: a file can't be read in its format.
    """
    return [_open(path) for path in paths]


def feature_types(files: Sequence[FeatureFile], leave_out: Collection[str] = ()) -> dict[str, pa.DataType]:
    """The element type that holds each feature in all files: int64, float or binary; null where none has a value.

    Columns in `leave_out` may have any type.

    Raises:
        DataError: a column is text in one file and a number in another, or no feature can have its type; all are named.
    """
    found: dict[str, pa.DataType] = {}
    where: dict[str, str] = {}
    faults: list[str] = []
    for file in files:
        for field in file.schema:
            if field.name in leave_out:
                found[field.name] = pa.null()
                continue
            try:
                kind = _kind(field.type)
            except DataError as error:
                faults.append(f"{field.name!r} of {file.path}: {error}")
                continue
            before = found.get(field.name)
            if before is None or pa.types.is_null(before):
                found[field.name], where[field.name] = kind, file.path
            elif _is_number(before) and _is_number(kind):
                found[field.name] = kind if before == kind else pa.float32()
            elif before != kind and not pa.types.is_null(kind):
                other = f"{_words(before)} in {where[field.name]}"
                faults.append(f"{field.name!r} is {_words(kind)} in {file.path} and {other}")
    if faults:
        raise DataError("; ".join(faults) + ": look at each file by itself, or leave the column out")
    return found


def batches(
    files: Sequence[FeatureFile], of_kind: Mapping[str, pa.DataType], leave_out: Collection[str] = ()
) -> Iterator[pa.RecordBatch]:
    """The rows of all files in order, columns as lists of `feature_types`; at least one batch a file."""
    for file in files:
        for rows in _rows(file):
            features = to_features(rows.select([name for name in rows.column_names if name not in leave_out]))
            names = features.column_names
            columns = [_cast(features.column(name), of_kind[name]) for name in names]
            none = pa.RecordBatch.from_arrays([pa.array([], column.type) for column in columns], names)
            yield from pa.table(columns, names).combine_chunks().to_batches() or [none]


def _open(path: str) -> FeatureFile:
    with open(path, "rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    if not is_parquet:
        table, _, ledger = read_table(path)
        # A column without values takes the type that it has in other files.
        columns = zip(table.column_names, table.columns, strict=True)
        schema = pa.schema(
            [(name, pa.null() if column.null_count == len(column) else column.type) for name, column in columns]
        )
        return FeatureFile(path=path, schema=schema, ledger=ledger, table=table)
    try:
        metadata = read_metadata(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} can't be read as Parquet: {error}") from error
    ledger = Ledger(subject="rows", total=metadata.num_rows, parts={"accepted": metadata.num_rows, "rejected": 0})
    return FeatureFile(path=path, schema=metadata.schema.to_arrow_schema(), ledger=ledger, table=None)


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


def _kind(column: pa.DataType) -> pa.DataType:
    inner = column.value_type if pa.types.is_list(column) else column
    is_kept = pa.types.is_null(inner) or pa.types.is_nested(inner)
    return inner if is_kept else feature_type(inner)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _words(kind: pa.DataType) -> str:
    return "a number" if _is_number(kind) else "text" if pa.types.is_binary(kind) else str(kind)


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.null_count == len(column):
        # The type of a column without values can be anything, and may not cast.
        kind = pa.float32() if pa.types.is_null(kind) else kind
        return pa.chunked_array([pa.nulls(len(column), pa.list_(kind))])
    return column.cast(pa.list_(kind), safe=False)
