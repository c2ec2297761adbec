"""One chunk of a file to typed rows and rejects: records, then text, then values; the ledger checks each step."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pyarrow as pa

from headrace.errors import DataError, LedgerError
from headrace.ingest.dialects.dialect import dialect_named
from headrace.ingest.dialects.documents import find_documents
from headrace.ingest.dialects.unwrap import Unwrapped, unwrap
from headrace.ingest.faults import null_field as nulling
from headrace.ingest.faults.rejects import field_rejects, line_rejects
from headrace.ingest.formats.chunk import Chunk, InputFile, read_chunk
from headrace.ingest.formats.csv_text import csv_rows
from headrace.ingest.formats.database_rows import arrow_rows
from headrace.ingest.formats.json_array import find_elements
from headrace.ingest.formats.json_lines import Objects, json_names, json_objects, json_rows
from headrace.ingest.formats.open_chunk import read_rows
from headrace.ingest.formats.records import Places, Records, find_records
from headrace.ingest.formats.text_rows import Faulty, TextRows
from headrace.ingest.formats.typed_rows import file_rows
from headrace.ingest.spec.fields import Field, RecordSpec
from headrace.ingest.values.cast import type_columns
from headrace.ingest.values.defaults import filled
from headrace.ingest.values.infer_kind import Observed, merged_columns, observed


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """`rows` typed and flat, made of records `kept`; `rejects` count lines and bytes from the chunk's start.

    `control` counts messages of a log collector that are meant to hold no record.
    `nulled` counts the faulty values that became null, `defaulted` masks the rows that hold a default, by field.
    """

    records: Records
    rows: pa.Table
    kept: Places
    rejects: pa.Table
    control: int = 0
    nulled: Sequence[nulling.Counts] = ()
    defaulted: Mapping[str, pa.Array] = field(default_factory=dict)


def parse_chunk(chunk: Chunk, fields: Sequence[Field], *, only: bool = False, nullable: Collection[str] = ()) -> Parsed:
    """Typed rows and rejects of a chunk, for fields whose kinds are settled. `only` refuses other keys in JSON.

    In the `nullable` fields a faulty value becomes null and costs no row.

    Raises:
        LedgerError: rows and rejects do not add up to the records counted in the bytes.
    """
    paths = [field.path for field in fields]
    if (table := _table(chunk)) is not None:
        return _typed(chunk, _table_rows(chunk, table, paths, only=only), fields, nullable)
    text = _text(chunk)
    return _typed(chunk, _text_rows(text, chunk.file, paths, only=only), fields, nullable, control=text.control)


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A chunk parsed by the kinds that its own values show. Where those of the whole data are the same, it is done."""

    kinds: Mapping[str, str]
    fields: tuple[Field, ...]
    parsed: Parsed


def guess_chunk(chunk: Chunk, record: RecordSpec | None, *, nullable: Collection[str] = ()) -> Guess:
    """Observes the kinds that are left to the data, by path, and parses the chunk by them.

    Raises:
        LedgerError: rows and rejects do not add up to the records counted in the bytes.
    """
    table = _table(chunk)
    text = _text(chunk) if table is None else None
    declared = [field.path for field in record.fields] if record else []
    wanted = {field.path: field.missing for field in record.fields if field.kind == "observed"} if record else {}
    if record is None or record.unknown == "keep":
        there = table.column_names if table is not None else chunk.file.columns or ()
        if text is not None and text.objects is not None:
            there = json_names(text.objects)
        wanted.update({name: ("",) for name in there if name not in declared and name not in wanted})
    paths = [*declared, *wanted]
    if table is not None:
        rows = _table_rows(chunk, table, paths, only=refuses_unknown(record))
    elif text is not None:
        rows = _text_rows(text, chunk.file, paths, with_types=True, only=refuses_unknown(record))
    columns, quoted = rows.columns, rows.quoted
    shown = {
        name: Observed(kind=rows.kinds[name])
        if name in rows.kinds
        else observed(columns[name], quoted.get(name), missing)
        for name, missing in wanted.items()
    }
    kinds = {name: one.kind for name, one in shown.items()}
    fields = settled(record, merged_columns([kinds]))
    read = {field.name: shown[field.path].values_of(field) for field in fields if field.path in shown}
    control = text.control if text is not None else 0
    parsed = _typed(chunk, rows, fields, nullable, control=control, read=read)
    return Guess(kinds=kinds, fields=fields, parsed=parsed)


def _table(chunk: Chunk) -> pa.Table | None:
    """The typed columns of a chunk; None where it holds text."""
    if chunk.file.format == "database":
        from headrace.ingest.formats.databases import DatabaseTable, read_portion

        assert isinstance(chunk.file, DatabaseTable)
        return read_portion(chunk.file, chunk.start)
    return read_rows(chunk) if chunk.file.is_table else None


def _table_rows(chunk: Chunk, table: pa.Table, wanted: Sequence[str], *, only: bool) -> TextRows:
    if chunk.file.format == "database":
        return arrow_rows(table, wanted)
    extra = [name for name in table.column_names if name not in wanted]
    if only and extra:
        raise DataError(f"{chunk.file.path} has columns that the record refuses: {', '.join(extra)}")
    return file_rows(table, wanted)


@dataclass(frozen=True, kw_only=True)
class _Text:
    """The records in a chunk of text, and the objects among them where it is JSON."""

    records: Records
    objects: Objects | None
    control: int


def _text(chunk: Chunk) -> _Text:
    inside = _unwrapped(_records(chunk), chunk.file)
    objects = json_objects(inside.records, inside.faulty) if chunk.file.columns is None else None
    return _Text(records=inside.records, objects=objects, control=inside.control)


def _unwrapped(records: Records, file: InputFile) -> Unwrapped:
    if file.dialect is not None:
        return unwrap(records, dialect_named(file.dialect))
    return Unwrapped(records=records, faulty=(), control=0)


def _records(chunk: Chunk) -> Records:
    if chunk.file.format == "documents":
        return find_documents(read_chunk(chunk))
    if chunk.file.format == "json_array":
        return find_elements(read_chunk(chunk), first=chunk.start == chunk.file.start)
    return find_records(read_chunk(chunk), quoted_line_breaks=chunk.file.quoted_line_breaks)


def _typed(
    chunk: Chunk,
    rows: TextRows,
    fields: Sequence[Field],
    nullable: Collection[str],
    *,
    control: int = 0,
    read: Mapping[str, pa.Array | None] = MappingProxyType({}),
) -> Parsed:
    records = rows.records
    known = {name: values for name, values in read.items() if values is not None}
    typed, defaulted = filled(type_columns(rows.columns, fields, known), fields)
    typed, taken = nulling.null_faults(typed, nullable)
    refused, good = field_rejects(rows, typed, fields)
    rejects = pa.concat_tables([*(line_rejects(records, _told(faulty, chunk.file)) for faulty in rows.faulty), refused])
    table = pa.table([typed[field.name].values for field in fields], names=[field.name for field in fields])
    if not good.all():
        table = table.filter(pa.array(good))
    # A table without columns has no number of rows: such a chunk is parsed again, by the fields that others show.
    accepted = table.num_rows if fields else int(good.sum())
    if accepted + rejects.num_rows != len(records):
        raise LedgerError(
            f"{chunk.file.path}, bytes {chunk.start} to {chunk.end}: {len(records)} records in, "
            f"{accepted} rows and {rejects.num_rows} rejects out"
        )
    return Parsed(
        records=records,
        rows=table,
        kept=rows.kept[good],
        rejects=rejects.sort_by([("byte_offset", "ascending"), ("item", "ascending")]),
        control=control,
        nulled=nulling.counted(rows, taken, good, fields),
        defaulted={name: mask.filter(pa.array(good)) for name, mask in defaulted.items()},
    )


def _told(faulty: Faulty, file: InputFile) -> Faulty:
    """The fault in terms of the file's own encoding."""
    if faulty.reason != "invalid_utf8" or file.encoding == "utf-8":
        return faulty
    return replace(faulty, reason="invalid_encoding", words=f"the line is not {file.encoding}")


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


def refuse_bare(fields: Sequence[Field], counts: Iterable[tuple[str, int, int]]) -> None:
    """Refuses data that have records and no field at all; `counts` are file, records read and rejected, by chunk.

    Raises:
        DataError: there are no fields, and some records were read and not rejected; names the first file with any.
    """
    bare = [(path, read - rejected) for path, read, rejected in counts if read > rejected]
    if bare and not fields:
        raise DataError(
            f"{bare[0][0]}: {sum(count for _, count in bare):,} records have no field at all, such as {{}} in JSON "
            "lines; expected at least one that has, or a declared record, whose fields may be missing"
        )


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
    text: _Text, file: InputFile, wanted: Sequence[str], *, with_types: bool = False, only: bool = False
) -> TextRows:
    wanted = list(dict.fromkeys(wanted))
    if text.objects is not None:
        return json_rows(text.objects, wanted, with_types=with_types, only=only)
    header = file.columns or ()
    there = [name for name in wanted if name in header]
    # Arrow must parse some column to count rows.
    rows = csv_rows(text.records, header, there or header[:1], delimiter=file.delimiter)
    absent = pa.nulls(len(rows.kept), pa.string())
    return replace(rows, columns={name: rows.columns.get(name, absent) for name in wanted} if wanted else rows.columns)


def empty_rows(fields: Sequence[Field]) -> pa.Table:
    """No rows, with the columns and types that rows of `fields` have."""
    typed = type_columns({field.path: pa.array([], pa.string()) for field in fields}, fields)
    return pa.table([typed[field.name].values for field in fields], names=[field.name for field in fields])


def line_base(file: InputFile, counts: Sequence[int]) -> list[int]:
    """The line number, from 1, on which each chunk of a file starts, from the line counts of its chunks."""
    return [file.first_line + before for before in itertools.accumulate([0, *counts[:-1]])]
