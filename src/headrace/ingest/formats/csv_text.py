"""CSV records to columns of text, by Arrow's parser, which only sees records that are whole.

a,b          columns: a = ["1", "5"], b = ["x", ""]
1,x          faulty:  record 1 (2,"y)  unclosed_quote
2,"y                  record 2 (3,z,z) too_many_columns: expected 2 values, got 3
3,z,z
5,
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, ClassVar, Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv

from headrace.duckdb_engine import flat
from headrace.errors import DataError, LedgerError
from headrace.ingest.formats.file_format import BOM, Chunk, ChunkContent, FirstLook, InputFile, Match
from headrace.ingest.formats.registry import register
from headrace.ingest.formats.text_files import TextFormat, read_text
from headrace.ingest.records.find_records import Bytes, Records, find_records, invalid_utf8, quote_faults, without
from headrace.ingest.records.scanners import Lines, QuotedLines, Scanner
from headrace.ingest.records.text_rows import Faulty, TextRows

MAX_HEADER_BYTES = 16 << 20


@register
@dataclass(frozen=True, kw_only=True)
class Csv(TextFormat):
    """Values between delimiters, a record a line; what no other format takes is CSV."""

    name = "csv"
    suffixes = (".csv",)
    default_delimiter: ClassVar[str] = ","

    delimiter: str = ","
    quoted_line_breaks: bool = False

    @classmethod
    def match(cls, look: FirstLook) -> Match:
        """As `FileFormat.match`."""
        return max(super().match(look), Match.DEFAULT)

    @classmethod
    def text_head(cls, look: FirstLook, stream: BinaryIO, start: int) -> InputFile:
        """As `TextFormat.text_head`: columns from the first line that is not blank."""
        layout = look.layout
        delimiter = cls.default_delimiter if layout.delimiter == "," else layout.delimiter
        line, lines, used = _first_line(look.path, stream)
        columns = _columns(look.path, line, delimiter, layout.header)
        found = cls(delimiter=delimiter, quoted_line_breaks=layout.quoted_line_breaks)
        if not layout.header:
            return found.file(look, start, columns=columns)
        return found.file(look, start + used, columns=columns, first_line=1 + lines)

    def scanner(self, file: InputFile) -> Scanner:
        """As `TextFormat.scanner`."""
        return QuotedLines(file.start) if self.quoted_line_breaks else Lines(file.start)

    def content(self, chunk: Chunk) -> ChunkContent:
        """As `FileFormat.content`."""
        records = find_records(read_text(chunk), quoted_line_breaks=self.quoted_line_breaks)
        return CsvContent(records=records, header=chunk.file.columns or (), delimiter=self.delimiter)


@register
@dataclass(frozen=True, kw_only=True)
class Tsv(Csv):
    """CSV whose values are between tabs, unless the source declares another delimiter."""

    name = "tsv"
    suffixes = (".tsv",)
    default_delimiter = "\t"

    @classmethod
    def match(cls, look: FirstLook) -> Match:
        """By its name alone."""
        return Match.NAME if super().match(look) == Match.NAME else Match.NO


@dataclass(frozen=True, kw_only=True)
class CsvContent(ChunkContent):
    """The records of a chunk, and the columns that the header of its file names."""

    records: Records
    header: Sequence[str]
    delimiter: str

    def names(self) -> Sequence[str]:
        """As `ChunkContent.names`."""
        return self.header

    def rows(self, wanted: Sequence[str], *, with_types: bool = False, only: bool = False) -> TextRows:
        """As `ChunkContent.rows`; text tells no types, and other columns are refused by the header already."""
        known = set(self.header)
        there = [name for name in dict.fromkeys(wanted) if name in known]
        # Arrow must parse some column to count rows.
        rows = csv_rows(self.records, self.header, there or self.header[:1], delimiter=self.delimiter)
        absent = pa.nulls(len(rows.kept), pa.string())
        columns = {name: rows.columns.get(name, absent) for name in wanted}
        return replace(rows, columns=columns) if wanted else rows


def header_of(line: str, delimiter: str) -> list[str]:
    """The column names in the first line; a nameless column is called by its number from 1, `column_3`."""
    names = next(csv.reader([line], delimiter=delimiter), [])
    return [name if name else f"column_{place}" for place, name in enumerate(names, start=1)]


def csv_rows(records: Records, header: Sequence[str], wanted: Sequence[str], *, delimiter: str = ",") -> TextRows:
    """The `wanted` columns of the records of a file with this `header`. Nothing becomes null: blank is ''."""
    not_text = invalid_utf8(records)
    unclosed, broken = (np.setdiff1d(found, not_text) for found in quote_faults(records, delimiter))
    faulty = [
        Faulty(records=not_text, reason="invalid_utf8", words="the line is not UTF-8"),
        Faulty(records=unclosed, reason="unclosed_quote", words="a quote is opened and not closed in the same record"),
        Faulty(records=broken, reason="stray_line_break", words="a line break (CR) stands outside of quotes"),
    ]
    buffer, kept = without(records, np.concatenate([not_text, unclosed, broken]))
    uneven: list[tuple[int, int]] = []

    def turn_away(row: pyarrow.csv.InvalidRow) -> Literal["skip"]:
        assert row.number is not None, "Arrow numbers rows where it uses one thread"
        uneven.append((row.number - 1, row.actual_columns))
        return "skip"

    columns: dict[str, pa.Array] = {name: pa.array([], pa.string()) for name in wanted}
    if len(kept):
        table = _parse(buffer, header, wanted, delimiter, turn_away, several_lines=len(records) != records.line_count)
        columns = {name: flat(table.column(name)) for name in wanted}
        rows = table.num_rows + len(uneven)
        if rows != len(kept):
            raise LedgerError(f"{len(kept)} CSV records went into Arrow's parser, {rows} came out")
    places = kept[np.array([row for row, _ in uneven], dtype=np.int64)]
    for reason, short in (("too_few_columns", True), ("too_many_columns", False)):
        which = [n for n, (_, count) in enumerate(uneven) if (count < len(header)) == short]
        hint = ": is the line cut off?" if short else ""
        words = [f"expected {len(header)} values, got {uneven[n][1]}{hint}" for n in which]
        faulty.append(Faulty(records=places[which], reason=reason, words=words))
    return TextRows(
        records=records,
        kept=np.delete(kept, [row for row, _ in uneven]) if uneven else kept,
        columns=columns,
        faulty=tuple(fault for fault in faulty if len(fault.records)),
    )


def _parse(
    buffer: Bytes,
    header: Sequence[str],
    wanted: Sequence[str],
    delimiter: str,
    turn_away: Callable[[pyarrow.csv.InvalidRow], Literal["skip"]],
    *,
    several_lines: bool,
) -> pa.Table:
    if buffer[:3].tobytes() == BOM:  # Arrow would take it for the file's; here it is part of the first value
        buffer = np.concatenate([buffer[:3], buffer])
    # Numbers for names: a parser must not care whether two columns have one name.
    places = [str(place) for place in range(len(header))]
    place_of = dict(zip(reversed(header), reversed(places), strict=True))
    chosen = [place_of[name] for name in wanted]
    table = pyarrow.csv.read_csv(
        cast("Any", pa.BufferReader(cast("Any", buffer))),
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False,
            # All in one block: Arrow then never cuts, and numbers rows from 1 on.
            block_size=len(buffer) + 1,
            column_names=places,
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=several_lines, invalid_row_handler=turn_away
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            check_utf8=False,
            column_types={place: pa.string() for place in places},
            strings_can_be_null=False,
            include_columns=chosen,
        ),
    )
    return table.rename_columns(list(wanted))


def _first_line(path: str, stream: BinaryIO) -> tuple[bytes, int, int]:
    """The first line that is not blank, without its line break; the number of lines and bytes up to its end."""
    lines = used = 0
    while True:
        line = stream.readline(MAX_HEADER_BYTES)
        lines += bool(line)
        used += len(line)
        if len(line) == MAX_HEADER_BYTES:
            raise DataError(f"the first line of {path} is longer than {MAX_HEADER_BYTES:,} bytes: this is not CSV")
        if not line or line.rstrip(b"\r\n"):
            return line.rstrip(b"\r\n"), lines, used


def _columns(path: str, line: bytes, delimiter: str, header: bool) -> tuple[str, ...]:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"the first line of {path} is not UTF-8 ({error}): convert the file first") from error
    if "\0" in text:
        raise DataError(f"the first line of {path} has NUL bytes: it is not CSV, or it is UTF-16 or UTF-32 text")
    if "\r" in text:
        raise DataError(f"the lines of {path} end in CR alone: expected LF or CR LF (tr '\\r' '\\n' makes it so)")
    names = header_of(text, delimiter)
    if not header:
        return tuple(f"column_{place}" for place in range(1, len(names) + 1))
    if len(set(names)) < len(names):
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        raise DataError(f"the header of {path} names columns twice: {', '.join(twice)}; rename them")
    return tuple(names)
