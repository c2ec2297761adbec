"""Columns that have types already, as a database gives them, to rows of text, to be typed as all else is.

    id: int64    at: timestamp            id = ["7"], at = ["2026-03-01 05:00:00.000000Z"], both of known kind
    7            2026-03-01 05:00 UTC     raw: {"id":7,"at":"2026-03-01 05:00:00.000000Z"}

A database promises no order without ORDER BY, so rows stand in the order of their raw text: equal rows, equal output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from headrace.duckdb_engine import connected, flat, literal
from headrace.errors import DataError
from headrace.ingest.formats.records import Records
from headrace.ingest.formats.text_rows import TextRows

NUMERIC_TEXT = {b"ADBC:postgresql:typname": b"numeric"}
"""How ADBC marks a column of exact decimals, which it gives as text."""


def arrow_rows(table: pa.Table, wanted: Sequence[str]) -> TextRows:
    """The `wanted` columns of a table as text, null where they are null or absent.

    Raises:
        DataError: the rows as text exceed 2 GiB.
    """
    kinds = {field.name: "empty" if table.column(field.name).null_count == table.num_rows else kind_of(field)
             for field in table.schema}  # fmt: skip
    texts = pa.table([_text(table.column(name)) for name in table.column_names], names=table.column_names)
    texts, lines = _ordered(texts, kinds)
    records = _records(lines)
    columns = {
        name: flat(texts.column(name)) if name in kinds else pa.nulls(len(lines), pa.string()) for name in wanted
    }
    return TextRows(records=records, kept=np.arange(len(lines)), columns=columns, faulty=(), kinds=kinds)


def kind_of(field: pa.Field) -> str:
    """The kind of field that holds the values of an Arrow column: as it is declared, not as its values look."""
    kind = field.type
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    if (
        pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or NUMERIC_TEXT.items() <= (field.metadata or {}).items()
    ):
        return "float"
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "timestamp"
    return "duration" if pa.types.is_time(kind) else "text"


def _text(column: pa.ChunkedArray) -> pa.Array:
    array = flat(column)
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    try:
        return array.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # lists, intervals, bytes that are no text
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
    if not len(lines):
        none = np.zeros(0, np.int64)
        return Records(data=np.zeros(0, np.uint8), starts=none, ends=none, lines=none, line_count=0)
    _, offsets, data = lines.buffers()
    borders = np.frombuffer(offsets, dtype=np.int32)[lines.offset : lines.offset + len(lines) + 1].astype(np.int64)
    every = np.frombuffer(data, dtype=np.uint8)
    return Records(
        data=every[: borders[-1]],
        starts=borders[:-1],
        ends=borders[1:],
        lines=np.arange(len(lines), dtype=np.int64),
        line_count=len(lines),
    )
