"""Tables of typed columns (Parquet, Avro, tf.Example) to rows of text, so that one set of rules judges all input.

    at: struct<city: string>, bpm: list<int64>      at.city = ["Łódź", null], bpm = ["61", "[60,62]"]
    {"city": "Łódź"}          [61]                  kinds: at.city text, bpm text
    null                      [60, 62]

How values are written, and what each type is, `headrace.values` knows. A list of one value, which is how tf.Example
holds any value, is that value; a longer one is its JSON text. Rows keep the order of the file. The raw text of a row is
its JSON; its line is its number, and it has no byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.duckdb_engine import flat
from headrace.errors import DataError
from headrace.ingest.records.buffers import offsets_and_data
from headrace.ingest.records.find_records import Indices, Records
from headrace.ingest.records.text_rows import Faulty, TextRows
from headrace.values import ColumnType, Converted, of_arrow, reals, show_at, written, written_json
from headrace.values.choose import choose
from headrace.values.of_arrow import innermost

NUMERIC_TEXT = {b"ADBC:postgresql:typname": b"numeric"}
"""How ADBC marks a column of exact decimals, which it gives as text; Avro's unions of numbers are marked so too."""

_KINDS = {
    "integer": "integer", "boolean": "boolean", "real": "float", "quantity": "float", "time": "timestamp",
    "date": "date", "duration": "duration", "time_of_day": "time_of_day",
}  # fmt: skip
_REASONS = {"not_utf8": "invalid_utf8"}
"""The reasons of rejects that have another name here than in `headrace.values`."""


@dataclass(frozen=True, kw_only=True)
class TableRecords(Records):
    """Rows of a table as records: the bytes of one are all of its values, for hashing; its text is JSON."""

    table: pa.Table

    def texts(self, which: Indices) -> list[str]:
        """Rows as JSON."""
        return rows_as_json(self.table.take(which))


def table_rows(table: pa.Table, wanted: Sequence[str], *, path: str = "the table") -> TextRows:
    """The `wanted` columns of a table as text, null where they are null or absent. A row with a value that can't be
    written as text exactly (bytes that are not UTF-8, a time of year 10000) is faulty.

    Raises:
        DataError: a wanted column is of a type that has no text (a union, an interval); the rows as text exceed 2 GiB.
    """
    readable = _without_unsupported(table, wanted, path)
    texts: dict[str, pa.Array] = {}
    kinds: dict[str, str] = {}
    floats: dict[str, pa.Array] = {}
    faults: dict[int, _RowFault] = {}
    for field in readable.schema:
        column = flat(readable.column(field.name))
        found = written(column)
        if len(found.values.chunks) > 1:
            raise DataError(f"column {field.name!r} of {path} is over 1 GiB as text in one portion")
        texts[field.name] = found.array
        kinds[field.name] = kind_of_column(field, found.array)
        if kinds[field.name] == "float" and (values := _not_finite(column, found.array)) is not None:
            floats[field.name] = values
        _add_faults(faults, field.name, found)
    records = _records(table, list(texts.values()))
    bad = np.array(sorted(faults), np.int64)
    good = np.ones(table.num_rows, bool)
    good[bad] = False
    if len(bad):
        texts = {name: text.filter(pa.array(good)) for name, text in texts.items()}
        floats = {name: values.filter(pa.array(good)) for name, values in floats.items()}
    kept = np.flatnonzero(good)
    columns = {name: texts.get(name, pa.nulls(len(kept), pa.string())) for name in wanted}
    return TextRows(records=records, kept=kept, columns=columns, faulty=_faulty(faults), kinds=kinds, floats=floats)


def kind_of_column(field: pa.Field, text: pa.Array) -> str:
    """The kind of field that holds the values of an Arrow column, whose text is `text`: as it is declared, not as its
    values look. Lists of at most one value each have the kind of these values.
    """
    if text.null_count == len(text):
        return "empty"
    if NUMERIC_TEXT.items() <= (field.metadata or {}).items():
        return "float"
    kind = of_arrow(field.type)
    if kind.element is not None and kind.kind != "map" and pc.any(pc.starts_with(text, "[")).as_py():
        return "text"
    while kind.element is not None and kind.kind != "map":
        kind = kind.element
    if kind.kind == "decimal":
        return "float" if "." in str(text.drop_null()[0]) else "integer"
    return _KINDS.get(kind.kind, "text")


def rows_as_json(table: pa.Table) -> list[str]:
    """Each row as one line of JSON. A value that can't be written exactly is shown instead, as a text."""
    columns: list[Any] = []
    for field in table.schema:
        column = flat(table.column(field.name))
        found = written_json(column)
        shown = found.array.to_pylist()
        for row in found.at_fault.tolist():
            shown[row] = json.dumps(show_at(column, row), ensure_ascii=False)
        columns.append((json.dumps(field.name, ensure_ascii=False), shown))
    return ["{" + ", ".join(f"{name}: {shown[row]}" for name, shown in columns) + "}" for row in range(table.num_rows)]


def _without_unsupported(table: pa.Table, wanted: Sequence[str], path: str) -> pa.Table:
    odd = [field.name for field in table.schema if not _has_text(of_arrow(field.type))]
    if refused := [name for name in odd if name in wanted]:
        named = ", ".join(f"{name!r} is {table.schema.field(name).type}" for name in refused)
        raise DataError(
            f"{path}: column {named}, which can't be read as text: leave it out of the record, or store it as text or "
            "numbers where it is made"
        )
    return table.drop(odd) if odd else table


def _has_text(kind: ColumnType) -> bool:
    inner = [*([kind.element] if kind.element is not None else []), *(one for _, one in kind.fields)]
    return kind.kind != "unsupported" and all(map(_has_text, inner))


def _not_finite(column: pa.Array, text: pa.Array) -> pa.Array | None:
    """The values of floats of which some are NaN or infinite, which no text of a number says; None of others."""
    if of_arrow(innermost(column.type)).kind != "real":
        return None
    values = reals(column).array
    finite = pc.is_finite(values)
    if pc.all(finite).as_py() is not False:
        return None
    # The finite ones as their text is read, so that a column has the same values with and without a NaN.
    return choose(finite, choose(finite, text, pa.scalar(None, pa.string())).cast(pa.float64()), values)


@dataclass(frozen=True)
class _RowFault:
    """The first fault of a row, and words on all of its faults."""

    reason: str
    column: str
    words: str


def _add_faults(faults: dict[int, _RowFault], name: str, found: Converted) -> None:
    for fault in found.faults:
        reason = _REASONS.get(fault.reason.code, fault.reason.code)
        words = f"{name}: the value {fault.reason.words}: {fault.reason.cure}"
        for row in fault.rows.tolist():
            first = faults.get(row)
            faults[row] = replace(first, words=f"{first.words}; {words}") if first else _RowFault(reason, name, words)


def _faulty(faults: Mapping[int, _RowFault]) -> tuple[Faulty, ...]:
    found = []
    for reason in sorted({fault.reason for fault in faults.values()}):
        rows = sorted(row for row, fault in faults.items() if fault.reason == reason)
        of_rows = [faults[row] for row in rows]
        words, columns = [one.words for one in of_rows], [one.column for one in of_rows]
        found.append(Faulty(records=np.array(rows, np.int64), reason=reason, words=words, fields=columns))
    return tuple(found)


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
