"""A first spec from data: for each column the narrowest kind that holds all of its values.

"12", "-", "7"          integer, missing "" and "-"         "1,300 ft", "90 m"     quantity in ft
"03:40:32", "40:32"     duration                            "2026-03-01T07:00Z"    timestamp
"yes", "no"             boolean                             "007", "12"            text: a code, its zeros count

A kind is tried by the same rules by which ingest types values, so an inferred spec rejects no value of the data that it
was inferred from; one value that is not of a kind rules that kind out, and a note says so where nearly all values are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import DataError
from headrace.ingest.read_table import file_at, read_table
from headrace.ingest.records.value_counts import value_counts
from headrace.ingest.spec.fields import Field, RecordSpec
from headrace.ingest.spec.ingest_spec import IngestSpec
from headrace.ingest.spec.source import Source
from headrace.ingest.values.cast import null_missing, type_columns
from headrace.ingest.values.sql_rules import CLOCK, GROUPED
from headrace.units import conversion

TOKENS = ("-", "--", "NA", "N/A", "n/a", "null", "NULL", "None", "nan", "NaN", "?")
"""What means missing in a column whose other values are all of one kind; in text they may be values, and stay."""

FORMATS = (
    "%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S",
    "%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%d/%b/%Y:%H:%M:%S %z", "%a, %d %b %Y %H:%M:%S %z",
)  # fmt: skip
EPOCHS = (("s", 1e9, 4e9), ("ms", 1e12, 4e12), ("us", 1e15, 4e15))
"""Whole numbers in these ranges are times from 2001 to 2096, if the column is called like one."""

TIME_WORDS = r"(?i)(time|date|_at$|_on$|^at$|^ts$|_ts$|epoch|stamp)"
CODE = r"^[+-]?0[0-9]"
LONG = r"^[+-]?[0-9]{19,}$"
"""More digits than a float keeps."""
WORDS = ("true", "false", "t", "f", "yes", "no", "y", "n")
CATEGORIES = 50
NEARLY = 0.9
PROBE_ROWS = 2_000
UNITS = 20


@dataclass(frozen=True, kw_only=True)
class Inferred:
    """The spec, and notes on what was seen: by field, and under "" on the data as a whole."""

    spec: IngestSpec
    notes: Mapping[str, str]


def infer(paths: Sequence[str], *, name: str = "files", ranges: bool = False) -> Inferred:
    """A spec of what the files hold, which have the same columns, and are all read into memory.

    A column without negative numbers gets the minimum 0; with `ranges`, the range that was seen.

    Raises:
        UsageError: no such file.
        DataError: CSV files with different columns, or no column at all.
    """
    tables, unread, read = [], [], 0
    for path in paths:
        table, _, _ = read_table(path)
        fields = tuple(Field(name=column, missing=()) for column in table.column_names)
        if not fields:
            continue
        texts, rejects, ledger = read_table(path, record=RecordSpec(fields=fields))
        tables.append((path, texts))
        read += ledger.total
        unread += [f"{path}, line {row['line']}: {row['words']}" for row in rejects.slice(0, 3).to_pylist()]
    _same_columns(tables)
    columns = list(dict.fromkeys(chain.from_iterable(table.column_names for _, table in tables)))
    if not columns:
        raise DataError(f"{', '.join(paths)}: no column was found")
    found = {}
    for column in columns:
        parts = [t.column(column) if column in t.column_names else pa.nulls(t.num_rows, pa.string()) for _, t in tables]
        chunks = list(
            chain.from_iterable(part.chunks if isinstance(part, pa.ChunkedArray) else [part] for part in parts)
        )
        found[column] = _column(column, pa.concat_arrays(chunks or [pa.array([], pa.string())]), ranges)
    spec = IngestSpec(
        sources=(Source(name=name, pattern=tuple(paths)),),
        record=RecordSpec(fields=tuple(f for f, _ in found.values())),
    )
    whole = f"Inferred from {read:,} rows of {len(paths)} file{'s' * (len(paths) > 1)}. To be edited and committed."
    if unread:
        whole += "\n" + "\n".join(["Rows that can't be read:", *unread[:5]])
    return Inferred(spec=spec, notes={"": whole, **{column: note for column, (_, note) in found.items()}})


def _same_columns(tables: Sequence[tuple[str, pa.Table]]) -> None:
    # Where only the records name columns, some may lack what others have.
    known = [(path, set(table.column_names)) for path, table in tables if file_at(path).columns is not None]
    for path, columns in known[1:]:
        if columns != known[0][1]:
            odd = ", ".join(sorted(columns ^ known[0][1]))
            raise DataError(f"{known[0][0]} and {path} differ in the columns {odd}: infer a spec for each")


def _column(name: str, text: pa.Array, ranges: bool) -> tuple[Field, str]:
    """The field of one column, and what was seen in it."""
    blank = null_missing(text, ("",))
    bare = null_missing(blank, TOKENS)
    values = len(bare) - bare.null_count
    if not values:
        seen = ("", *(token for token in TOKENS if _holds(text, token)))
        return Field(name=name, kind="float", missing=seen), "no value was seen: declare the kind, or leave it out"
    tokens = ("", *(token for token in TOKENS if _holds(blank, token)))
    nearly = None
    for field in _candidates(name, bare, tokens):
        typed, faulty = _typed(bare, field)
        if not faulty:
            return _narrowed(field, typed, ranges)
        if faulty <= (1 - NEARLY) * values and nearly is None:
            odd = text.filter(_faults(bare, field))[0].as_py()
            nearly = f"nearly {field.kind}: {faulty:,} of {values:,} values are not, such as {odd[:40]!r}"
    return _of_text(name, blank, nearly)


def _candidates(name: str, text: pa.Array, missing: tuple[str, ...]) -> Iterator[Field]:
    """Fields to try, narrowest first, without those that no value of the first rows fits."""
    plain = Field(name=name, missing=missing)
    probe = text.drop_null().slice(0, PROBE_ROWS)
    trimmed = pc.utf8_trim(probe, characters=" \t")
    if pc.all(pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(WORDS))).as_py():
        yield replace(plain, kind="boolean")
    if not _has(text, CODE):
        yield from _epochs(name, text, plain)
        yield replace(plain, kind="integer")
        if not _has(text, LONG):
            yield replace(plain, kind="float")
    if _has(trimmed, r"^\d{4}-\d{2}-\d{2}"):
        yield replace(plain, kind="timestamp")
    if _has(trimmed, r"\d[/. ]"):
        for form in FORMATS:
            tried = replace(plain, kind="timestamp", formats=(form,))
            if not _typed(probe, tried)[1]:
                yield tried
    if _has(trimmed, CLOCK):
        yield replace(plain, kind="duration")
    unit = _unit(trimmed)
    if unit:
        yield replace(plain, kind="quantity", unit=unit)


def _epochs(name: str, text: pa.Array, plain: Field) -> Iterator[Field]:
    if not _has(pa.array([name]), TIME_WORDS):
        return
    numbers, faulty = _typed(text, replace(plain, kind="integer"))
    if faulty:
        return
    low, high = pc.min_max(numbers).values()
    for unit, start, end in EPOCHS:
        if start <= low.as_py() and high.as_py() < end:
            yield replace(plain, kind="timestamp", formats=(unit,))


def _unit(text: pa.Array) -> str | None:
    """The most frequent unit of quantities, if all units that are seen convert to it."""
    pattern = GROUPED.replace("([+-]?(?:", "(?P<n>[+-]?(?:", 1).replace(r"\s*(.*)$", r"\s*(?P<u>.*)$")
    units = pc.struct_field(pc.extract_regex(text, pattern), [1])
    counted = sorted(value_counts(units.drop_null()).items(), key=lambda one: (-one[1], one[0]))
    names = [name for name, _ in counted if name][:UNITS]
    if not names or any(ch.isdigit() for ch in names[0]):
        return None
    return names[0] if all(conversion(unit, names[0]) for unit in names) else None


def _typed(text: pa.Array, field: Field) -> tuple[pa.Array, int]:
    """The values, and how many are not of the kind."""
    typed = type_columns({field.name: text}, [field])[field.name]
    return typed.values, 0 if typed.reasons is None else len(text) - typed.reasons.null_count


def _faults(text: pa.Array, field: Field) -> pa.Array:
    reasons = type_columns({field.name: text}, [field])[field.name].reasons
    return pa.array([False] * len(text)) if reasons is None else reasons.is_valid()


def _narrowed(field: Field, values: pa.Array, ranges: bool) -> tuple[Field, str]:
    """The field with the demands that all of its values meet, and a note on them."""
    missing = values.null_count
    low, high = (bound.as_py() for bound in pc.min_max(values).values())
    if field.kind in ("integer", "float", "duration", "quantity"):
        if ranges:
            field = replace(field, minimum=low, maximum=high)
        elif low >= 0:
            field = replace(field, minimum=0)
    note = f"{_counted(values)}, from {_shown(low, field)} to {_shown(high, field)}"
    if field.kind == "boolean":
        note = f"{_counted(values)}, {pc.mean(values).as_py():.1%} true"
    elif field.kind == "integer" and (low, high) == (0, 1):
        note += "; a boolean?"
    elif field.kind == "duration":
        note += " s"
    elif (
        field.formats and any("%d/" in form or "/%d" in form for form in field.formats) and "%b" not in field.formats[0]
    ):
        note += "; is it day or month that comes first?"
    return replace(field, required=missing == 0), note


def _shown(value: float, field: Field) -> str:
    if field.kind == "timestamp":
        return str(pa.scalar(value, pa.int64()).cast(pa.timestamp("us")).cast(pa.string()).as_py())[:19] + "Z"
    return f"{value:,}" if field.kind == "integer" else f"{value:.6g}{' ' + field.unit if field.unit else ''}"


def _of_text(name: str, text: pa.Array, nearly: str | None) -> tuple[Field, str]:
    unique = pc.count_distinct(text).as_py()
    field = Field(name=name, required=text.null_count == 0)
    note = f"{_counted(text)}, {unique:,} different"
    if unique <= CATEGORIES and unique <= (len(text) - text.null_count) / 2:
        field = replace(field, kind="category")
        shown = sorted(map(str, text.unique().drop_null().to_pylist()))
        note += ": " + ", ".join(value[:20] for value in shown[:8]) + (", ..." if unique > 8 else "")
    tokens = [token for token in TOKENS if _holds(text, token)]
    if tokens:
        note += f"; is {' or '.join(map(repr, tokens))} missing?"
    return field, " ".join((note + (f"; {nearly}" if nearly else "")).split())


def _counted(values: pa.Array) -> str:
    there = len(values) - values.null_count
    return f"{there:,} values" + (f" and {values.null_count:,} missing" if values.null_count else "")


def _holds(text: pa.Array, token: str) -> bool:
    return bool(pc.any(pc.equal(text, pa.scalar(token))).as_py())


def _has(text: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(text, pattern)).as_py())
