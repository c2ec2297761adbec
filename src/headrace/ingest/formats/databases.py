"""Queries of PostgreSQL and SQLite to Arrow, by ADBC (https://arrow.apache.org/adbc), range by range of a column.

partition_by="id", partitions=3, ids 1 to 90, some null:
    "id" < 31 OR "id" IS NULL        "id" >= 31 AND "id" < 61        "id" >= 61

The ends are open, so every row is in exactly one range, whatever the bounds were when they were looked up.
"""

from __future__ import annotations

import datetime
import decimal
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pyarrow as pa

from headrace.config.secrets import masked
from headrace.errors import DataError, UsageError
from headrace.ingest.formats.chunk import InputFile
from headrace.ingest.formats.database_rows import NUMERIC_TEXT
from headrace.ingest.spec.database_source import DatabaseSource

TYPE_NAME = b"ADBC:postgresql:typname"
EXTENSION_NAME = b"ARROW:extension:name"
MAX_PORTION_BYTES = 1 << 30


@dataclass(frozen=True, kw_only=True)
class DatabaseTable(InputFile):
    """What one query gives: `portions` are the SQL queries that read it, one a chunk; `columns` those of the result."""

    database: DatabaseSource
    portions: tuple[str, ...]


def find_tables(source: DatabaseSource) -> list[DatabaseTable]:
    """One table for each query of the source: its columns, and how it is read in portions.

    Raises:
        DataError: no connection, a query that the database refuses, columns of one name.
        UsageError: the driver or the password is missing, or `partition_by` can't divide the result.
    """
    tables = []
    with _cursor(source) as cursor:
        for number, query in enumerate(source.queries, start=1):
            inner = f"({query.strip().rstrip(';')}\n) AS query"  # the line break ends a comment, if there is one
            cursor.execute(f"SELECT * FROM {inner} LIMIT 0")
            schema = cursor.fetch_record_batch().schema
            columns = tuple(schema.names)
            twice = sorted({name for name in columns if columns.count(name) > 1})
            if twice:
                raise DataError(f"query {number} gives columns twice: {', '.join(twice)}; rename them with AS")
            select = f"SELECT {', '.join(_selected(field) for field in schema)} FROM {inner}"
            portions: tuple[str, ...] = (select,)
            if source.partition_by is not None:
                portions = tuple(f"{select} WHERE {where}" for where in _ranges(cursor, inner, columns, source))
            tables.append(
                DatabaseTable(
                    path=f"{source.uri} query {number}",
                    source=source.name,
                    format="database",
                    columns=columns,
                    size=len(portions),
                    database=source,
                    portions=portions,
                )
            )
    return tables


def read_portion(table: DatabaseTable, number: int) -> pa.Table:
    """The rows of one portion, in no order.

    Raises:
        DataError: the database fails, or the portion is over 1 GiB.
    """
    batches, size = [], 0
    with _cursor(table.database) as cursor:
        cursor.execute(table.portions[number])
        reader = cursor.fetch_record_batch()
        for batch in reader:
            size += batch.nbytes
            if size > MAX_PORTION_BYTES:
                raise DataError(
                    f"portion {number + 1} of {len(table.portions)} of {table.path} is over "
                    f"{MAX_PORTION_BYTES:,} bytes: read it in more partitions (partition_by, partitions)"
                )
            batches.append(batch)
        return pa.Table.from_batches(batches, schema=reader.schema)


def _selected(field: pa.Field) -> str:
    """The column in SQL; as text where Arrow has no type for it (uuid, inet, interval)."""
    name = _quoted(field.name)
    metadata = field.metadata or {}
    # A uuid is 16 bytes with a type of its own around them, which Arrow 18 knows and older ones leave in the metadata.
    known = not (TYPE_NAME in metadata or EXTENSION_NAME in metadata or isinstance(field.type, pa.BaseExtensionType))
    foreign = not known and not NUMERIC_TEXT.items() <= metadata.items()
    # Of an interval, Arrow 10 knows little more than that it is one.
    return f"{name}::text AS {name}" if foreign or "interval" in str(field.type) else name


def _ranges(cursor: Any, inner: str, columns: tuple[str, ...], source: DatabaseSource) -> list[str]:
    name = source.partition_by or ""
    if name not in columns:
        raise UsageError(f"partition_by names {name!r}, which the query lacks; it has {', '.join(columns)}")
    column = _quoted(name)
    cursor.execute(f"SELECT min({column}) AS low, max({column}) AS high FROM {inner}")
    row = cursor.fetch_arrow_table()
    low, high = (_number(row.column(end), name) for end in ("low", "high"))
    if low is None or high is None or low == high or source.partitions == 1:
        return ["true"] if not source.is_sqlite else ["1 = 1"]
    kind = row.schema.field("low").type
    steps = [low + (high - low) * step / source.partitions for step in range(1, source.partitions)]
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


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _cursor(source: DatabaseSource) -> Iterator[Any]:
    """A cursor of a read-only connection; what the driver says of a failure is told without the password."""
    driver, options = _driver(source)
    secrets = _secrets(source)
    try:
        with driver.connect(_target(source), autocommit=True) as connection, connection.cursor(**options) as cursor:
            if not source.is_sqlite:
                cursor.execute("SET default_transaction_read_only = on")
                cursor.execute("SET TIME ZONE 'UTC'")
            yield cursor
    except (driver.Error, pa.ArrowException, OSError) as error:  # Arrow's, for what goes wrong while rows come
        told = str(error)
        for secret in secrets:
            told = told.replace(secret, "***")
        # From None: a traceback would print what was just taken out.
        raise DataError(f"source {source.name!r}, {source.uri}: {' '.join(masked(told).split())}") from None


def _driver(source: DatabaseSource) -> tuple[Any, dict[str, Any]]:
    extra = "sqlite" if source.is_sqlite else "postgres"
    try:
        if source.is_sqlite:
            import adbc_driver_sqlite.dbapi as sqlite

            # SQLite's columns have no type: by default the first rows would decide, and others fail.
            return sqlite, {"adbc_stmt_kwargs": {"adbc.sqlite.query.batch_rows": str(1 << 30)}}
        import adbc_driver_postgresql.dbapi as postgresql

        return postgresql, {}
    except ImportError:
        raise UsageError(f"source {source.name!r} needs a driver: pip install 'headrace[{extra}]'") from None


def _target(source: DatabaseSource) -> str:
    if source.is_sqlite:
        path = unquote(urlsplit(source.uri).path)[1:]
        if not os.path.isfile(path):
            raise DataError(f"source {source.name!r}: no such file: {path}")
        return f"file:{quote(path)}?mode=ro"
    if source.password_env == "PGPASSWORD":
        return source.uri  # the driver looks there itself, and into ~/.pgpass
    password = os.environ.get(source.password_env)
    if password is None:
        raise UsageError(
            f"source {source.name!r}: the environment variable {source.password_env}, which is to hold the password, "
            "is not set"
        )
    return f"{source.uri}{'&' if '?' in source.uri else '?'}password={quote(password, safe='')}"


def _secrets(source: DatabaseSource) -> list[str]:
    password = os.environ.get(source.password_env, "")
    return [secret for secret in (quote(password, safe=""), password) if secret]
