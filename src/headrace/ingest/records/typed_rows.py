"""Tables of typed columns (Parquet, Avro, tf.Example) to rows of text, so that one set of rules judges all input.

    at: struct<city: string>, bpm: list<int64>      at.city = ["Łódź", null], bpm = ["61", "[60, 62]"]
    {"city": "Łódź"}          [61]                  kinds: at.city text, bpm integer
    null                      [60, 62]

A list of one value, which is how tf.Example holds any value, is that value; a longer one is its JSON text. Rows keep
the order of the file. The raw text of a row is its JSON; its line is its number, and it has no byte.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.duckdb_engine import connected, flat
from headrace.errors import DataError
from headrace.ingest.records.buffers import offsets_and_data
from headrace.ingest.records.find_records import Indices, Records
from headrace.ingest.records.text_rows import Faulty, TextRows

NUMERIC_TEXT = {b"ADBC:postgresql:typname": b"numeric"}
"""How ADBC marks a column of exact decimals, which it gives as text."""


NOWHERE = np.zeros(0, np.int64)


@dataclass(frozen=True, kw_only=True)
class TableRecords(Records):
    """Rows of a table as records: the bytes of one are all of its values, for hashing; its text is JSON."""

    table: pa.Table

    def text(self, index: int) -> bytes:
        """One row as JSON."""
        row = self.table.slice(index, 1).to_pylist()[0]
        return json.dumps(row, ensure_ascii=False, default=_plain).encode("utf-8", "surrogatepass")


def table_rows(table: pa.Table, wanted: Sequence[str]) -> TextRows:
    """The `wanted` columns of a table as text, null where they are null or absent. A row with bytes that are not UTF-8
    is faulty.

    Raises:
        DataError: the rows as text exceed 2 GiB.
    """
    texts, kinds, bad = {}, {}, np.zeros(table.num_rows, bool)
    for field in table.schema:
        try:
            column = _unlisted(flat(table.column(field.name)))
            texts[field.name], wrong = _text(column)
        except pa.ArrowInvalid as error:
            raise DataError(f"column {field.name!r} can't be read as text in one portion: {error}") from error
        bad[wrong] = True
        empty = texts[field.name].null_count == table.num_rows
        kinds[field.name] = "empty" if empty else kind_of_column(pa.field(field.name, column.type))
    records = _records(table, list(texts.values()))
    kept = np.flatnonzero(~bad)
    if bad.any():
        texts = {name: text.filter(pa.array(~bad)) for name, text in texts.items()}
    faulty = Faulty(records=np.flatnonzero(bad), reason="invalid_utf8", words="a value is not UTF-8")
    columns = {name: texts.get(name, pa.nulls(len(kept), pa.string())) for name in wanted}
    return TextRows(records=records, kept=kept, columns=columns, faulty=(faulty,) if bad.any() else (), kinds=kinds)


def kind_of_column(field: pa.Field) -> str:
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


def _unlisted(column: pa.Array) -> pa.Array:
    """Lists of at most one value each as their values."""
    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
        return column
    lengths = pc.list_value_length(column)
    if (pc.max(lengths).as_py() or 0) > 1:
        return column
    full = pc.fill_null(pc.equal(lengths, pa.scalar(1)), False)
    places = pc.if_else(full, pc.subtract(pc.cumulative_sum(full.cast(pa.int64())), 1), None)
    return pc.list_flatten(column).take(places)


def _text(column: pa.Array) -> tuple[pa.Array, Indices]:
    """A column as text, null where its bytes are not UTF-8, and the indices of these rows."""
    kind = column.type
    if isinstance(column, pa.ExtensionArray):
        return _text(column.storage)
    if pa.types.is_dictionary(kind):
        return _text(column.cast(kind.value_type))
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_duration(kind):
        per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
        column = pc.divide(column.cast(pa.int64()).cast(pa.float64()), float(per_second))
    if pa.types.is_float16(kind):
        column = column.cast(pa.float32())
    if pa.types.is_nested(kind):
        with connected() as connection:
            connection.register("given", pa.table({"c": column}))
            found = connection.execute("SELECT to_json(c)::VARCHAR AS c FROM given").fetch_arrow_table()
        return pc.if_else(column.is_valid(), flat(found.column("c")), pa.scalar(None, pa.string())), np.zeros(
            0, np.int64
        )
    if _is_bytes(kind):
        # Text in a file is declared to be UTF-8, but need not be: the cast from bytes checks.
        column = column.cast(pa.binary())
        try:
            return column.cast(pa.string()), NOWHERE
        except pa.ArrowInvalid:
            wrong = [
                place for place, value in enumerate(column.to_pylist()) if value is not None and not _is_utf8(value)
            ]
            right = np.ones(len(column), bool)
            right[wrong] = False
            clean = pc.if_else(pa.array(right), column, pa.scalar(None, pa.binary()))
            return clean.cast(pa.string()), np.array(wrong, np.int64)
    return column.cast(pa.string()), NOWHERE


def _is_bytes(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests) or pa.types.is_fixed_size_binary(kind)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _records(table: pa.Table, texts: Sequence[pa.Array]) -> TableRecords:
    count = table.num_rows
    lines = np.arange(count, dtype=np.int64)
    offsets, data = np.zeros(count + 1, np.int64), np.zeros(0, np.uint8)
    if count and texts:
        try:
            # A separator that text hardly has, and another character for null: this is hashed, and not read back.
            parts: list[Any] = [*texts, "\x1f"]
            whole = flat(pc.binary_join_element_wise(*parts, null_handling="replace", null_replacement="\x1e"))
        except pa.ArrowInvalid as error:
            raise DataError(f"a portion of {count:,} rows is over 2 GiB as text: {error}") from error
        offsets, data = offsets_and_data(whole)
    return TableRecords(data=data, starts=offsets[:-1], ends=offsets[1:], lines=lines, line_count=count, table=table)


def _plain(value: object) -> object:
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
