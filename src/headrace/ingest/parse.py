"""One chunk of a file to typed rows and rejects: records, then text, then values; the ledger checks each step."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import cast

import pyarrow as pa

from headrace.errors import DataError, LedgerError
from headrace.ingest.faults.null_field import NulledValues, count_nulled, null_faults
from headrace.ingest.faults.rejects import field_rejects, line_rejects
from headrace.ingest.formats.file_format import Chunk
from headrace.ingest.formats.path_columns import chunk_content
from headrace.ingest.records.find_records import Indices, Records
from headrace.ingest.records.text_rows import Faulty, TextRows
from headrace.ingest.spec.fields import Field, RecordSpec, column_types
from headrace.ingest.values.cast import present_floats, type_columns
from headrace.ingest.values.defaults import filled
from headrace.ingest.values.infer_kind import InferredKind, infer_kinds, merged_columns
from headrace.ingest.values.typed import Typed
from headrace.ingest.values.value_rule import TEXTS, Kind
from headrace.ingest.values.written_times import KINDS as TIMED
from headrace.values import typed_table


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """`rows` typed and flat, made of records `kept`; `rejects` count lines and bytes from the chunk's start.

    `control` counts messages of a log collector that are meant to hold no record.
    `nulled` counts the faulty values that became null, `defaulted` masks the rows that hold a default, by field.
    """

    records: Records
    rows: pa.Table
    kept: Indices
    rejects: pa.Table
    control: int = 0
    nulled: tuple[NulledValues, ...] = ()
    defaulted: Mapping[str, pa.Array] = field(default_factory=dict)


def parse_chunk(chunk: Chunk, fields: Sequence[Field], *, only: bool = False, nullable: Collection[str] = ()) -> Parsed:
    """Typed rows and rejects of a chunk, for fields of known kinds. `only` refuses other keys in JSON.

    In the `nullable` fields a faulty value becomes null and its row stays.

    Raises:
        LedgerError: rows and rejects do not add up to the records counted in the bytes.
    """
    content = chunk_content(chunk)
    rows = content.rows([field.path for field in fields], only=only)
    return _typed(chunk, rows, fields, nullable, control=content.control)


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A chunk parsed by the kinds that its own values show. Where those of the whole data are the same, it is done."""

    kinds: Mapping[str, str]
    fields: tuple[Field, ...]
    parsed: Parsed


def guess_chunk(chunk: Chunk, record: RecordSpec | None, *, nullable: Collection[str] = ()) -> Guess:
    """Infers the kinds that are left to the data, by path, and parses the chunk by them.

    Raises:
        LedgerError: rows and rejects do not add up to the records counted in the bytes.
    """
    content = chunk_content(chunk)
    declared = [field.path for field in record.fields] if record else []
    wanted = {field.path: field.missing for field in record.fields if field.kind == "observed"} if record else {}
    if record is None or record.unknown == "keep":
        wanted.update({name: ("",) for name in content.names() if name not in declared and name not in wanted})
    rows = content.rows([*declared, *wanted], with_types=True, only=refuses_unknown(record))
    texts = {name: rows.columns[name] for name in wanted if name not in rows.kinds}
    inferred = infer_kinds(texts, rows.quoted, wanted, not_finite=rows.not_finite)
    shown = {name: inferred.get(name) or InferredKind(kind=rows.kinds[name]) for name in wanted}
    kinds = {name: one.kind for name, one in shown.items()}
    fields = resolve_kinds(record, merged_columns([kinds]))
    read = {field.name: shown[field.path].values_of(field) for field in fields if field.path in shown}
    parsed = _typed(chunk, rows, fields, nullable, control=content.control, read=read)
    return Guess(kinds=kinds, fields=fields, parsed=parsed)


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
    texts = {field.name: rows.columns[field.path] for field in fields}
    known = {name: values for name, values in read.items() if values is not None}
    known |= {
        field.name: present_floats(texts[field.name], rows.floats[field.path], field)
        for field in fields
        if field.kind == "float" and field.path in rows.floats
    }
    typed, defaulted = filled(type_columns(texts, fields, known, not_finite=rows.not_finite), fields)
    typed, taken = null_faults(typed, nullable)
    refused, good = field_rejects(rows, typed, fields)
    faults = [_in_encoding(faulty, chunk.file.encoding) for faulty in rows.faulty]
    rejects = pa.concat_tables([*(line_rejects(records, faulty) for faulty in faults), refused])
    table = _table(typed, fields)
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
        nulled=count_nulled(rows, taken, good, fields),
        defaulted={name: mask.filter(pa.array(good)) for name, mask in defaulted.items()},
    )


def _in_encoding(faulty: Faulty, encoding: str) -> Faulty:
    """The fault in terms of the file's own encoding."""
    if faulty.reason != "invalid_utf8" or encoding == "utf-8":
        return faulty
    return replace(faulty, reason="invalid_encoding", words=f"the line is not {encoding}")


def refuses_unknown(record: RecordSpec | None) -> bool:
    """Whether a key that no field declares turns a row away."""
    return record is not None and record.unknown == "refuse"


def must_infer_kinds(record: RecordSpec | None) -> bool:
    """Whether kinds depend on the data, so that the data must be read once before they are typed."""
    return record is None or record.unknown == "keep" or any(field.kind == "observed" for field in record.fields)


def resolve_kinds(record: RecordSpec | None, inferred: Mapping[str, str]) -> tuple[Field, ...]:
    """The fields, the kind `observed` replaced by what is `inferred` by path, and a field for each undeclared column.

    A column without any value is a float that is always missing, as TFDV reads it.
    """
    kinds = {name: "float" if kind == "empty" else kind for name, kind in inferred.items()}
    declared = record.fields if record else ()
    fields = [_resolve(field, kinds.get(field.path, "float")) for field in declared]
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


def _extra(path: str, kinds: Mapping[str, str], names: Collection[str]) -> Field:
    name = path or nameless([*kinds, *names])
    return _plain_field(name, path if name != path else None, kinds[path])


def nameless(others: Collection[str]) -> str:
    """What a column without a name is called beside others: JSON may have the key "", Parquet a column of that name."""
    name = "nameless"
    while name in others:
        name += "_"
    return name


@functools.lru_cache(maxsize=1 << 16)
def _plain_field(name: str, source: str | None, kind: str) -> Field:
    # Each chunk and each step asks for the same fields again, and there may be thousands of columns.
    return Field(name=name, source=source, kind=_kind(kind))


def _resolve(field: Field, kind: str) -> Field:
    if field.kind != "observed":
        return field
    if kind in (*TEXTS, *TIMED, "boolean"):  # no number, so no range to hold
        return replace(field, kind=_kind(kind), minimum=None, maximum=None, zero_is_missing=False)
    return replace(field, kind=_kind(kind))


def _kind(inferred: str) -> Kind:
    return cast("Kind", inferred)  # `Field` checks it


def empty_rows(fields: Sequence[Field]) -> pa.Table:
    """No rows, with the columns and types that rows of `fields` have."""
    typed = type_columns({field.name: pa.array([], pa.string()) for field in fields}, fields)
    return _table(typed, fields)


def _table(typed: Mapping[str, Typed], fields: Sequence[Field]) -> pa.Table:
    return typed_table({field.name: typed[field.name].values for field in fields}, column_types(fields))
