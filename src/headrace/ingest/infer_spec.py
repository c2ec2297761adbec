"""A first spec from data: for each column the narrowest kind that holds all of its values.

"12", "-", "7"          integer, missing "" and "-"         "1,300 ft", "90 m"     quantity in ft
"103:40:32", "40:32"    duration                            "2026-03-01T07:00Z"    timestamp
"yes", "no"             boolean                             "007", "+4912345"      identifier: its digits are a code

What a column holds, `headrace.values.infer` says; the rules by which ingest types values then try it, so an inferred
spec rejects no value of the data that it was inferred from.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import DataError, UsageError
from headrace.files.inputs import Inputs
from headrace.files.storage import exists
from headrace.ingest.formats.csv_head import DelimiterError
from headrace.ingest.formats.file_format import InputFile
from headrace.ingest.parse import nameless
from headrace.ingest.read_table import SOURCE_KEY, file_at, read_table
from headrace.ingest.spec.fields import Field, RecordSpec
from headrace.ingest.spec.ingest_spec import IngestSpec
from headrace.ingest.spec.source import Source
from headrace.ingest.values.cast import null_missing, type_columns
from headrace.ingest.values.typed import Typed
from headrace.ingest.values.value_rule import MEASURED, Kind
from headrace.values.batches import batches
from headrace.values.column_type import Kind as ColumnKind
from headrace.values.infer import Inferred, infer_text, infer_texts
from headrace.values.show import show
from headrace.values.text_patterns import INFINITE
from headrace.words import counted

KINDS: Mapping[ColumnKind, Kind] = {
    "integer": "integer", "real": "float", "boolean": "boolean", "quantity": "quantity", "duration": "duration",
    "time": "timestamp", "date": "date", "time_of_day": "time_of_day", "identifier": "identifier",
    "category": "category", "text": "text", "blank": "float",
}  # fmt: skip
SHOWN_WORDS = 8
SHOWN_REJECTS = 5


@dataclass(frozen=True, kw_only=True)
class InferredSpec:
    """The spec, and notes on what was seen: by field, and under "" on the data as a whole."""

    spec: IngestSpec
    notes: Mapping[str, str]


def infer(
    paths: Sequence[str], *, name: str = "files", source: Source | None = None, ranges: bool = False
) -> InferredSpec:
    """A spec of what the files hold, which have the same columns, and are all read into memory.

    `source` declares how they are to be read, apart from name and pattern; a delimiter that is not declared is looked
    for in the first lines. A column without negative numbers gets the minimum 0, or, with `ranges`, the one seen.

    Raises:
        UsageError: no such file.
        DataError: CSV files with different columns, no column at all, or no row that can be read: names the first; a
            file changed while it was read.
    """
    with Inputs(paths).unchanged():
        return _infer(paths, name, source, ranges)


def _infer(paths: Sequence[str], name: str, source: Source | None, ranges: bool) -> InferredSpec:
    given = source or Source(name=name, pattern=tuple(paths))
    layout, files = _layout(paths, given)
    found_delimiter = layout.delimiter != given.delimiter
    layout = replace(layout, name=name, pattern=tuple(paths))
    tables, unread, read, sources = [], [], 0, dict[str, str]()
    for path, file in zip(paths, files, strict=True):
        columns = file.all_columns
        if columns is None:  # the records name them
            schema = read_table(path, source=layout)[0].schema
            columns = tuple(schema.names)
            in_file = {one.name: (one.metadata or {}).get(SOURCE_KEY) for one in schema}
            sources |= {name: key.decode() for name, key in in_file.items() if key is not None}
        elif "" in columns:
            sources[nameless(columns)] = ""
            columns = tuple(name or nameless(columns) for name in columns)
        plain = tuple(Field(name=column, source=sources.get(column), missing=()) for column in columns)
        record = RecordSpec(fields=plain) if columns else None
        texts, rejects, ledger = read_table(path, source=layout, record=record)
        read += ledger.total
        unread += [f"{path}, line {row['line']}: {row['words']}" for row in rejects.slice(0, 3).to_pylist()]
        if columns:
            tables.append((file, texts))
    _same_columns(tables)
    if not tables or (unread and not sum(table.num_rows for _, table in tables)):
        why = f"; {unread[0]}" if unread else ""
        raise DataError(f"{', '.join(paths)}: no {'row can be read' if tables else 'column was found'}{why}")
    columns_of_all = _joined([table for _, table in tables])
    read_from = [file.path for file, _ in tables]
    found = _fields(columns_of_all, ranges, _with_infinity(columns_of_all, read_from, layout, sources))
    fields = tuple(
        replace(field, source=sources[name]) if name in sources else field for name, (field, _) in found.items()
    )
    spec = IngestSpec(sources=(layout,), record=RecordSpec(fields=fields))
    whole = [f"Inferred from {read:,} rows of {len(paths)} file{'s' * (len(paths) > 1)}. To be edited and committed."]
    if found_delimiter:
        whole.append(f"The delimiter {layout.delimiter!r} is the one by which the first lines have equal columns.")
    if unread:
        whole += ["Rows that can't be read:", *unread[:SHOWN_REJECTS]]
    return InferredSpec(spec=spec, notes={"": "\n".join(whole), **{name: note for name, (_, note) in found.items()}})


def _layout(paths: Sequence[str], source: Source) -> tuple[Source, list[InputFile]]:
    """The source with the delimiter of the files, if it had to be found; and the files as it describes them."""
    for path in paths:
        if not exists(path):
            raise UsageError(f"no such file: {path}")
    try:
        return source, [file_at(path, source) for path in paths]
    except DelimiterError as error:
        found = replace(source, delimiter=error.delimiter)
        return found, [file_at(path, found) for path in paths]


def _same_columns(tables: Sequence[tuple[InputFile, pa.Table]]) -> None:
    # Where only the records name columns, some may lack what others have.
    known = [(file.path, set(table.column_names)) for file, table in tables if file.columns is not None]
    for path, columns in known[1:]:
        if columns != known[0][1]:
            odd = ", ".join(sorted(columns ^ known[0][1]))
            raise DataError(f"{known[0][0]} and {path} differ in the columns {odd}: infer a spec for each")


def _joined(tables: Sequence[pa.Table]) -> dict[str, pa.Array]:
    """The columns of all tables as text, each in one piece; null where a table lacks it."""
    found = {}
    known = [dict(zip(table.column_names, table.columns, strict=True)) for table in tables]
    for name in dict.fromkeys(chain.from_iterable(known)):
        parts = [
            columns[name] if name in columns else pa.nulls(table.num_rows, pa.string())
            for table, columns in zip(tables, known, strict=True)
        ]
        chunks = [chunk for part in parts for chunk in (part.chunks if isinstance(part, pa.ChunkedArray) else [part])]
        found[name] = pa.concat_arrays(chunks or [pa.array([], pa.string())])
    return found


def _with_infinity(
    texts: Mapping[str, pa.Array], paths: Sequence[str], layout: Source, sources: Mapping[str, str]
) -> set[str]:
    """The columns of numbers of which some are infinite, in files that have infinity as a number: CSV has not."""
    found = {}
    suspects = [batch for batch in batches(texts) if _any_matches(batch.values, INFINITE)]
    for name in (name for batch in suspects for name in batch.names if _any_matches(texts[name], INFINITE)):
        shown = infer_text(texts[name], name)
        if shown.type.kind == "real":
            found[name] = replace(_field(name, shown), source=sources.get(name))
    if not found:
        return set()
    # Only reading them as numbers shows what the files hold: the text "inf" is the same in all.
    rejects = [read_table(path, source=layout, record=RecordSpec(fields=tuple(found.values())))[1] for path in paths]
    refused = {name for table in rejects for name in table.column("field").to_pylist()}
    return set(found) - refused


def _any_matches(text: pa.Array, pattern: str) -> bool:
    return pc.any(pc.match_substring_regex(text, pattern)).as_py() is True


def _fields(texts: Mapping[str, pa.Array], ranges: bool, infinite: Collection[str]) -> dict[str, tuple[Field, str]]:
    """The field of each column, and what was seen in it; `infinite` columns may hold infinity as a number."""
    shown = infer_texts(texts)
    fields = {name: _field(name, one) for name, one in shown.items()}
    typed = {
        **type_columns(texts, [field for name, field in fields.items() if name not in infinite]),
        **type_columns(texts, [field for name, field in fields.items() if name in infinite], not_finite=True),
    }
    return {name: _narrowed(texts[name], fields[name], typed[name], shown[name], ranges) for name in texts}


def _field(name: str, shown: Inferred) -> Field:
    """The field whose values are of the type that was inferred."""
    return Field(
        name=name,
        kind=KINDS[shown.type.kind],
        missing=("", *(token for token in shown.missing if token)),
        unit=shown.type.unit,
        formats=shown.formats,
        finer="floor" if shown.finer else "refuse",
    )


def _narrowed(text: pa.Array, field: Field, typed: Typed, shown: Inferred, ranges: bool) -> tuple[Field, str]:
    """The field with the demands that all of its values meet, and a note on them."""
    values, unsure = typed.values, list(shown.unsure)
    if typed.reasons is not None:
        faulty = text.filter(typed.reasons.is_valid())[0].as_py()
        unsure = [f"they would be {field.kind}, but for {faulty[:40]!r} ({typed.reasons.drop_null()[0].as_py()})"]
        field = Field(name=field.name)
        values = null_missing(text, field.missing)
    if shown.type.kind == "blank":
        return field, "no value was seen: declare the kind, or leave it out"
    required = values.null_count == 0
    if pa.types.is_string(values.type):
        note = _note([_words(values, listed=field.kind == "category"), *unsure])
        return replace(field, required=required), note
    if field.kind == "boolean":
        note = _note([f"{_counted(values)}, {pc.mean(values).as_py():.1%} true", *unsure])
        return replace(field, required=required), note
    low, high = (bound.as_py() for bound in pc.min_max(values).values())
    least, most = None, None
    if field.kind in MEASURED:
        least, most = (_bound(low), _bound(high)) if ranges else (0 if low >= 0 else None, None)
    field = replace(field, required=required, minimum=least, maximum=most)
    if field.kind == "integer" and (low, high) == (0, 1):
        unsure.append("a boolean?")
    unit = " s" if field.kind == "duration" else ""
    return field, _note([f"{_counted(values)}, from {_shown(low, field)} to {_shown(high, field)}{unit}", *unsure])


def _bound(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _shown(value: float, field: Field) -> str:
    if field.kind not in MEASURED:
        return show(value, field.column_type)
    return f"{value:,}" if field.kind == "integer" else f"{value:.6g}{' ' + field.unit if field.unit else ''}"


def _words(values: pa.Array, *, listed: bool) -> str:
    """How many texts there are, and some of them."""
    unique = values.unique().drop_null()
    note = f"{_counted(values)}, {len(unique):,} different"
    if not listed:
        return note
    more = ", ..." if len(unique) > SHOWN_WORDS else ""
    return f"{note}: {', '.join(value[:20] for value in sorted(map(str, unique.to_pylist()))[:SHOWN_WORDS])}{more}"


def _counted(values: pa.Array) -> str:
    there = len(values) - values.null_count
    return counted(there, "value") + (f" and {values.null_count:,} missing" if values.null_count else "")


def _note(parts: Sequence[str]) -> str:
    return " ".join("; ".join(parts).split())
