"""Rejected rows with their reasons: one table, the same for all sources and formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.records.find_records import Indices, Records
from headrace.ingest.records.text_rows import Faulty, TextRows
from headrace.ingest.spec.fields import Field
from headrace.ingest.values.sql_rules import EXPECTED
from headrace.ingest.values.typed import Typed
from headrace.values.choose import choose

Flags = npt.NDArray[np.bool_]

_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("source", pa.string()),
    ("file", pa.string()),
    ("line", pa.int64()),
    ("byte_offset", pa.int64()),
    ("item", pa.int64()),
    ("raw", pa.string()),
    ("field", pa.string()),
    ("value", pa.string()),
    ("reason", pa.string()),
    ("words", pa.string()),
]
SCHEMA = pa.schema(_COLUMNS)
"""`line` counts from 1, `byte_offset` from 0; `raw` is the record as it stands in the file (bytes that are not UTF-8
escaped). A record that was unwrapped from a line of a log collector has the `line` and `byte_offset` of that line,
`item` is its index in it, and `raw` the record alone. `field`, `value`, `reason` are those of the first fault, `words`
describe all faults."""


def line_rejects(records: Records, faulty: Faulty) -> pa.Table:
    """Records that never became rows, without source and file; lines and offsets count from the chunk's start."""
    count = len(faulty.records)
    words = [faulty.words] * count if isinstance(faulty.words, str) else faulty.words
    return _table(
        records,
        faulty.records,
        field=pa.nulls(count, pa.string()) if faulty.fields is None else pa.array(faulty.fields, pa.string()),
        value=pa.nulls(count, pa.string()),
        reason=pa.array([faulty.reason] * count, pa.string()),
        words=pa.array(words, pa.string()),
    )


def field_rejects(rows: TextRows, typed: Mapping[str, Typed], fields: Sequence[Field]) -> tuple[pa.Table, Flags]:
    """Rows in which some field is at fault, as a table, and a mask of the rows that are not."""
    at_fault = [(field, reasons) for field in fields if (reasons := typed[field.name].reasons) is not None]
    good = np.ones(len(rows.kept), dtype=bool)
    for _, reasons in at_fault:
        good &= reasons.is_null().to_numpy(zero_copy_only=False)
    bad = np.flatnonzero(~good)
    none = pa.nulls(len(bad), pa.string())
    first = {"field": none, "value": none, "reason": none}
    words = []
    for field, reasons in at_fault:
        reason = reasons.take(bad)
        value = rows.columns[field.path].take(bad)
        is_first = pc.and_(reason.is_valid(), first["reason"].is_null())
        first["field"] = choose(is_first, field.name, first["field"])
        first["value"] = choose(is_first, value, first["value"])
        first["reason"] = choose(is_first, reason, first["reason"])
        words.append(_words(field, value, reason))
    parts: list[Any] = [*words, "; "]
    all_words = pc.binary_join_element_wise(*parts, null_handling="skip") if words else none
    return _table(rows.records, rows.kept[bad], words=all_words, **first), good


def placed(rejects: pa.Table, *, source: str, file: str, first_line: int, start: int | None) -> pa.Table:
    """Rejects of a chunk with their lines and bytes in the file; the chunk starts on `first_line`, at byte `start`.

    `start` is None where records have no byte of their own.
    """
    count = rejects.num_rows
    return pa.table({
        "source": pa.array([source] * count, pa.string()),
        "file": pa.array([file] * count, pa.string()),
        "line": pc.add(rejects.column("line"), first_line),
        "byte_offset": pc.add(rejects.column("byte_offset"), pa.scalar(start, pa.int64())),
        **{name: rejects.column(name) for name in ("item", "raw", "field", "value", "reason", "words")},
    }).cast(SCHEMA)  # fmt: skip


def _words(field: Field, value: pa.Array, reason: pa.Array) -> pa.Array:
    """`heart_rate: expected a whole number, got 'x'` where there is a reason, else null."""
    known = reason.is_valid()
    got = choose(value.is_valid(), _joined("'", pc.fill_null(value, pa.scalar("")), "'"), "nothing")
    expected = pc.replace_with_mask(reason, known, _expected(reason, field))
    return choose(known, _joined(f"{field.name}: ", expected, ", got ", got), None)


def _joined(*parts: Any) -> pa.Array:
    """Texts one after the other, row by row; null where one is."""
    columns: list[Any] = [*parts, ""]
    return pc.binary_join_element_wise(*columns)


def _expected(reason: pa.Array, field: Field) -> pa.Array:
    """What was expected, for each reason that is not null."""
    number = _number_words(field)
    given = " as " + " or ".join(field.formats) if field.formats else ""
    extra = {
        "below_minimum": f" {field.minimum}",
        "above_maximum": f" {field.maximum}",
        "bad_integer": number,
        "bad_quantity": f" such as '{'1.300,5' if field.decimal == ',' else '1,300'} {field.unit}'",
        "unknown_unit": f" that converts to {field.unit}",
        "bad_float": (" point" if field.decimal == "." else " comma") + number,
        "bad_timestamp": given or " in ISO 8601 (for numbers since 1970, declare formats: s, ms, us or ns)",
        "bad_date": given or " in ISO 8601",
        "bad_time_of_day": given or " such as 08:30",
    }
    codes = list(EXPECTED)
    words = pa.array([EXPECTED[code] + extra.get(code, "") for code in codes])
    return words.take(pc.index_in(reason.drop_null(), pa.array(codes)))


def _number_words(field: Field) -> str:
    """How numbers are written, where more is declared than their decimal mark."""
    words = [f"groups of three digits by {field.thousands!r}"] if field.thousands else []
    words += [f"{field.currency} or no other sign"] if field.currency else []
    words += ["% behind it"] if field.percent else []
    return f", {', '.join(words)}" if words else ""


def _table(records: Records, which: Indices, **columns: pa.Array) -> pa.Table:
    origin = records.starts if records.origin is None else records.origin
    none = pa.nulls(len(which), pa.int64())
    return pa.table({
        "line": pa.array(records.lines[which]),
        "byte_offset": pa.array(origin[which]),
        "item": none if records.items is None else pa.array(records.items[which], pa.int64()),
        "raw": pa.array(records.texts(which), pa.string()),
        **{name: columns[name] for name in ("field", "value", "reason", "words")},
    })  # fmt: skip
