"""One chunk of a file to typed rows and rejects: records, then text, then values; the ledger checks each step."""

from __future__ import annotations

import itertools
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from headrace.errors import LedgerError
from headrace.ingest.arrow_rows import arrow_rows
from headrace.ingest.csv_rows import csv_rows
from headrace.ingest.fields import Field, RecordSpec
from headrace.ingest.files import Chunk, InputFile, read_chunk
from headrace.ingest.json_rows import json_names, json_rows
from headrace.ingest.observe import merged_columns, observed_kind
from headrace.ingest.records import Places, Records, find_records
from headrace.ingest.rejects import field_rejects, line_rejects
from headrace.ingest.rows import TextRows
from headrace.ingest.typed import type_columns


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """`rows` typed and flat, made of records `kept`; `rejects` count lines and bytes from the chunk's start."""

    records: Records
    rows: pa.Table
    kept: Places
    rejects: pa.Table


def parse_chunk(chunk: Chunk, fields: Sequence[Field], *, only: bool = False) -> Parsed:
    """Typed rows and rejects of a chunk, for fields whose kinds are settled. `only` refuses other keys in JSON.

    Raises:
        LedgerError: rows and rejects do not add up to the records counted in the bytes.
    """
    paths = [field.path for field in fields]
    if chunk.file.format == "database":
        return _typed(chunk, _table_rows(chunk, paths), fields)
    return _typed(chunk, _text_rows(_records(chunk), chunk.file, paths, only=only), fields)


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A chunk parsed by the kinds that its own values show. Where those of the whole data are the same, it is done."""

    kinds: Mapping[str, str]
    fields: tuple[Field, ...]
    parsed: Parsed


def guess_chunk(chunk: Chunk, record: RecordSpec | None) -> Guess:
    """Observes the kinds that are left to the data, by path, and parses the chunk by them.

    Raises:
        LedgerError: rows and rejects do not add up to the records counted in the bytes.
    """
    table = chunk.file.format == "database"
    records = None if table else _records(chunk)
    declared = [field.path for field in record.fields] if record else []
    wanted = {field.path: field.missing for field in record.fields if field.kind == "observed"} if record else {}
    if record is None or record.unknown == "keep":
        there = json_names(records) if records and chunk.file.columns is None else chunk.file.columns or ()
        wanted.update({name: ("",) for name in there if name not in declared and name not in wanted})
    paths = [*declared, *wanted]
    if records is None:
        rows = _table_rows(chunk, paths)
    else:
        rows = _text_rows(records, chunk.file, paths, with_types=True, only=refuses_unknown(record))
    columns, quoted = rows.columns, rows.quoted
    kinds = {
        name: rows.kinds.get(name) or observed_kind(columns[name], quoted.get(name), missing)
        for name, missing in wanted.items()
    }
    fields = settled(record, merged_columns([kinds]))
    return Guess(kinds=kinds, fields=fields, parsed=_typed(chunk, rows, fields))


def _table_rows(chunk: Chunk, wanted: Sequence[str]) -> TextRows:
    from headrace.ingest.databases import DatabaseTable, read_portion

    assert isinstance(chunk.file, DatabaseTable)
    return arrow_rows(read_portion(chunk.file, chunk.start), wanted)


def _records(chunk: Chunk) -> Records:
    return find_records(read_chunk(chunk), quoted_line_breaks=chunk.file.quoted_line_breaks)


def _typed(chunk: Chunk, rows: TextRows, fields: Sequence[Field]) -> Parsed:
    records = rows.records
    typed = type_columns(rows.columns, fields)
    refused, good = field_rejects(rows, typed, fields)
    rejects = pa.concat_tables([*(line_rejects(records, faulty) for faulty in rows.faulty), refused])
    table = pa.table([typed[field.name].values for field in fields], names=[field.name for field in fields])
    if not good.all():
        table = table.filter(pa.array(good))
    if table.num_rows + rejects.num_rows != len(records):
        raise LedgerError(
            f"{chunk.file.path}, bytes {chunk.start} to {chunk.end}: {len(records)} records in, "
            f"{table.num_rows} rows and {rejects.num_rows} rejects out"
        )
    return Parsed(records=records, rows=table, kept=rows.kept[good], rejects=rejects.sort_by("byte_offset"))


def refuses_unknown(record: RecordSpec | None) -> bool:
    """Whether a key that no field declares turns a row away."""
    return record is not None and record.unknown == "refuse"


def must_observe(record: RecordSpec | None) -> bool:
    """Whether kinds depend on the data, so that the data must be read once before they are typed."""
    return record is None or record.unknown == "keep" or any(field.kind == "observed" for field in record.fields)


def settled(record: RecordSpec | None, observed: Mapping[str, str]) -> tuple[Field, ...]:
    """The fields with every `observed` kind replaced by what the data show, and the columns that no field declares.

    A column without any value is a float that is always missing, as TFDV reads it.
    """
    kinds = {name: "float" if kind == "empty" else kind for name, kind in observed.items()}
    declared = record.fields if record else ()
    fields = [_settle(field, kinds.get(field.path, "float")) for field in declared]
    paths = {field.path for field in declared}
    names = {field.name for field in declared}
    extra = [name for name in kinds if name not in paths and name not in names]
    return (*fields, *(_extra(name, kinds, names) for name in extra))


def _extra(path: str, kinds: Mapping[str, str], names: Container[str]) -> Field:
    name = path or "nameless"  # JSON may have the key ""
    while not path and (name in kinds or name in names):
        name += "_"
    return Field(name=name, source=path if name != path else None, kind=kinds[path])  # type: ignore[arg-type]


def _settle(field: Field, kind: str) -> Field:
    if field.kind != "observed":
        return field
    if kind in ("text", "boolean", "timestamp"):  # no number, so no range to hold
        return replace(field, kind=kind, minimum=None, maximum=None, zero_is_missing=False)  # type: ignore[arg-type]
    return replace(field, kind=kind)  # type: ignore[arg-type]


def _text_rows(
    records: Records, file: InputFile, wanted: Sequence[str], *, with_types: bool = False, only: bool = False
) -> TextRows:
    wanted = list(dict.fromkeys(wanted))
    if file.columns is None:
        return json_rows(records, wanted, with_types=with_types, only=only)
    there = [name for name in wanted if name in file.columns]
    # Arrow must parse some column to count rows.
    rows = csv_rows(records, file.columns, there or file.columns[:1], delimiter=file.delimiter)
    absent = pa.nulls(len(rows.kept), pa.string())
    return replace(rows, columns={name: rows.columns.get(name, absent) for name in wanted} if wanted else rows.columns)


def empty_rows(fields: Sequence[Field]) -> pa.Table:
    """No rows, with the columns and types that rows of `fields` have."""
    typed = type_columns({field.path: pa.array([], pa.string()) for field in fields}, fields)
    return pa.table([typed[field.name].values for field in fields], names=[field.name for field in fields])


def line_base(file: InputFile, counts: Sequence[int]) -> list[int]:
    """The line number, from 1, on which each chunk of a file starts, from the line counts of its chunks."""
    return [file.first_line + before for before in itertools.accumulate([0, *counts[:-1]])]
