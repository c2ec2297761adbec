"""Queries of a database as files: read range by range of a column, by ADBC, to rows of text that are typed as all else.

partition_by="id", partitions=3, ids 1 to 90, some null:
    "id" < 31 OR "id" IS NULL        "id" >= 31 AND "id" < 61        "id" >= 61

The ends are open, so every row is in exactly one range, whatever the bounds were when they were looked up.

    id: int64    at: timestamp            id = ["7"], at = ["2026-03-01 05:00:00.000000Z"], both of known kind
    7            2026-03-01 05:00 UTC     raw: {"id":7,"at":"2026-03-01 05:00:00.000000Z"}

A database promises no order without ORDER BY, so rows stand in the order of their raw text: equal rows, equal output.
"""

from __future__ import annotations

import datetime
import decimal
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from headrace.duckdb_engine import connected, flat, identifier, literal
from headrace.errors import DataError, UsageError
from headrace.ingest.formats.database_connection import DatabaseConnection, cursor_of
from headrace.ingest.formats.file_format import Chunk, ChunkContent, FileFormat, FirstLook, InputFile, Piece
from headrace.ingest.records.buffers import offsets_and_data
from headrace.ingest.records.find_records import Records
from headrace.ingest.records.text_rows import TextRows
from headrace.ingest.records.typed_rows import NUMERIC_TEXT, kind_of_column

TYPE_NAME = b"ADBC:postgresql:typname"
EXTENSION_NAME = b"ARROW:extension:name"
MAX_PORTION_BYTES = 1 << 30


@dataclass(frozen=True, kw_only=True)
class Database(FileFormat):
    """The result of one query: `portions` are the SQL that reads it, one a chunk. Its files come from `query_files`."""

    name = "database"
    declarable = False

    connection: DatabaseConnection
    portions: tuple[str, ...]

    @classmethod
    def head(cls, look: FirstLook) -> InputFile:
        """A file is never a query."""
        raise UsageError(f"{look.path} is a file: expected a DatabaseSource, with a query")

    def borders(self, file: InputFile, chunk_bytes: int) -> Iterator[int]:
        """As `FileFormat.borders`: numbers of portions."""
        return iter(range(1, len(self.portions)))

    def pieces(self, file: InputFile, folder: str, chunk_bytes: int) -> list[Piece]:
        """Nothing is to be unpacked."""
        raise NotImplementedError

    def content(self, chunk: Chunk) -> ChunkContent:
        """As `FileFormat.content`.

        Raises:
            DataError: the database fails, or the portion is over 1 GiB.
        """
        return QueryContent(table=self._read(chunk.file.path, chunk.start))

    def _read(self, path: str, number: int) -> pa.Table:
        batches, size = [], 0
        with cursor_of(self.connection) as cursor:
            cursor.execute(self.portions[number])
            reader = cursor.fetch_record_batch()
            for batch in reader:
                size += batch.nbytes
                if size > MAX_PORTION_BYTES:
                    raise DataError(
                        f"portion {number + 1} of {len(self.portions)} of {path} is over "
                        f"{MAX_PORTION_BYTES:,} bytes: read it in more partitions (partition_by, partitions)"
                    )
                batches.append(batch)
            return pa.Table.from_batches(batches, schema=reader.schema)


@dataclass(frozen=True, kw_only=True)
class QueryContent(ChunkContent):
    """The rows of one portion, in no order."""

    table: pa.Table

    def names(self) -> Sequence[str]:
        """As `ChunkContent.names`."""
        return self.table.column_names

    def rows(self, wanted: Sequence[str], *, with_types: bool = False, only: bool = False) -> TextRows:
        """As `ChunkContent.rows`; other columns are refused by the columns of the query already."""
        return database_rows(self.table, wanted)


def query_files(
    connection: DatabaseConnection,
    queries: Sequence[str],
    *,
    partition_by: str | None = None,
    partitions: int = 1,
) -> list[InputFile]:
    """A file for each query: the columns of its result, and how it is read in portions.

    Raises:
        DataError: no connection, a query that the database refuses, columns of one name.
        UsageError: the driver or the password is missing, or `partition_by` can't divide the result.
    """
    files = []
    with cursor_of(connection) as cursor:
        for number, query in enumerate(queries, start=1):
            inner = f"({query.strip().rstrip(';')}\n) AS query"  # the line break ends a comment, if there is one
            cursor.execute(f"SELECT * FROM {inner} LIMIT 0")
            schema = cursor.fetch_record_batch().schema
            columns = tuple(schema.names)
            twice = sorted({name for name in columns if columns.count(name) > 1})
            if twice:
                raise DataError(f"query {number} gives columns twice: {', '.join(twice)}; rename them with AS")
            select = f"SELECT {', '.join(_selected(field) for field in schema)} FROM {inner}"
            portions: tuple[str, ...] = (select,)
            if partition_by is not None:
                ranges = _ranges(cursor, inner, columns, partition_by, partitions, is_sqlite=connection.is_sqlite)
                portions = tuple(f"{select} WHERE {where}" for where in ranges)
            files.append(
                InputFile(
                    path=f"{connection.uri} query {number}",
                    source=connection.source,
                    format=Database(connection=connection, portions=portions),
                    columns=columns,
                    size=len(portions),
                )
            )
    return files


def database_rows(table: pa.Table, wanted: Sequence[str]) -> TextRows:
    """The `wanted` columns of a table as text, null where they are null or absent.

    Raises:
        DataError: the rows as text exceed 2 GiB.
    """
    texts = pa.table([_text(table.column(name)) for name in table.column_names], names=table.column_names)
    kinds = {field.name: kind_of_column(field, flat(texts.column(field.name))) for field in table.schema}
    texts, lines = _ordered(texts, kinds)
    records = _records(lines)
    columns = {
        name: flat(texts.column(name)) if name in kinds else pa.nulls(len(lines), pa.string()) for name in wanted
    }
    return TextRows(records=records, kept=np.arange(len(lines)), columns=columns, faulty=(), kinds=kinds)


def _selected(field: pa.Field) -> str:
    """The column in SQL; as text where Arrow has no type for it (uuid, inet, interval)."""
    name = identifier(field.name)
    metadata = field.metadata or {}
    # A uuid is 16 bytes with a type of its own around them, which Arrow 18 knows and older ones leave in the metadata.
    known = not (TYPE_NAME in metadata or EXTENSION_NAME in metadata or isinstance(field.type, pa.BaseExtensionType))
    foreign = not known and not NUMERIC_TEXT.items() <= metadata.items()
    # Of an interval, Arrow 10 knows little more than that it is one.
    return f"{name}::text AS {name}" if foreign or "interval" in str(field.type) else name


def _ranges(
    cursor: Any, inner: str, columns: tuple[str, ...], name: str, partitions: int, *, is_sqlite: bool
) -> list[str]:
    if name not in columns:
        raise UsageError(f"partition_by names {name!r}, which the query lacks; it has {', '.join(columns)}")
    column = identifier(name)
    cursor.execute(f"SELECT min({column}) AS low, max({column}) AS high FROM {inner}")
    row = cursor.fetch_arrow_table()
    low, high = (_number(row.column(end), name) for end in ("low", "high"))
    if low is None or high is None or low == high or partitions == 1:
        return ["true"] if not is_sqlite else ["1 = 1"]
    kind = row.schema.field("low").type
    steps = [low + (high - low) * step / partitions for step in range(1, partitions)]
    borders = list(dict.fromkeys(_literal(step, kind) for step in steps))
    inside = [f"{column} >= {a} AND {column} < {b}" for a, b in itertools.pairwise(borders)]
    return [f"{column} < {borders[0]} OR {column} IS NULL", *inside, f"{column} >= {borders[-1]}"]


def _number(values: pa.ChunkedArray, name: str) -> decimal.Decimal | None:
    value = values[0].as_py()
    if isinstance(value, datetime.datetime):
        return decimal.Decimal(values.cast(pa.timestamp("us")).cast(pa.int64())[0].as_py())
    if isinstance(value, datetime.date):
        return decimal.Decimal(value.toordinal())
    numeric = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    if value is None or numeric:
        number = None if value is None else decimal.Decimal(value)
        return number if number is None or number.is_finite() else None
    needs = "a column of whole or floating numbers, dates or times"
    raise UsageError(f"partition_by needs {needs}, {name!r} is {values.type}")


def _literal(number: decimal.Decimal, kind: pa.DataType) -> str:
    """`number` as SQL of the type of the column, so that an index on it is of use."""
    if pa.types.is_floating(kind):
        return repr(float(number))
    whole = int(number.to_integral_value())
    if pa.types.is_date(kind):
        return f"DATE '{datetime.date.fromordinal(whole).isoformat()}'"
    if pa.types.is_timestamp(kind):
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=whole)
        return f"TIMESTAMPTZ '{moment.isoformat()}+00:00'" if kind.tz else f"TIMESTAMP '{moment.isoformat()}'"
    return str(whole)


def _text(column: pa.ChunkedArray) -> pa.Array:
    array = flat(column)
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    try:
        return array.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # lists, intervals, bytes that are not text
        sql = "to_json(c)" if pa.types.is_nested(array.type) else "c"
        with connected() as connection:
            connection.register("given", pa.table({"c": array}))
            return flat(connection.execute(f"SELECT {sql}::VARCHAR AS c FROM given").fetch_arrow_table().column("c"))


def _ordered(texts: pa.Table, kinds: Mapping[str, str]) -> tuple[pa.Table, pa.Array]:
    """The rows in the order of their raw text, and that: each row as one JSON object, numbers as numbers."""
    names = texts.column_names
    places = texts.rename_columns([f"c{place}" for place in range(len(names))])
    parts = []
    for place, name in enumerate(names):
        plain = kinds[name] in ("integer", "boolean", "float")
        value = f"coalesce(try_cast(c{place} AS JSON), to_json(c{place}))" if plain else f"to_json(c{place})"
        parts.append(f"{literal(name)}, {value}")
    with connected() as connection:
        connection.register("given", places)
        sql = f"SELECT *, json_object({', '.join(parts)})::VARCHAR AS line FROM given ORDER BY line"
        found = connection.execute(sql).fetch_arrow_table()
    try:
        lines = flat(found.column("line"))
    except pa.ArrowInvalid as error:
        raise DataError("a portion of a database is over 2 GiB as text: read it in more partitions") from error
    return found.drop(["line"]).rename_columns(names), lines


def _records(lines: pa.Array) -> Records:
    """Records as if the lines stood one after the other in a file."""
    offsets, data = offsets_and_data(lines)
    numbers = np.arange(len(lines), dtype=np.int64)
    return Records(data=data, starts=offsets[:-1], ends=offsets[1:], lines=numbers, line_count=len(lines))
