"""CSV records to columns of text, by Arrow's parser, which only sees records that are whole.

a,b          columns: a = ["1", "5"], b = ["x", ""]
1,x          faulty:  record 1 (2,"y)  unclosed_quote
2,"y                  record 2 (3,z,z) too_many_columns: expected 2 values, got 3
3,z,z
5,
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, ClassVar, Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv

from headrace.duckdb_engine import flat
from headrace.errors import LedgerError
from headrace.ingest.formats.csv_head import columns_of, first_lines, question, skipped
from headrace.ingest.formats.file_format import BOM, Chunk, ChunkContent, FirstLook, InputFile, Match
from headrace.ingest.formats.footer import footer_start, without_footer
from headrace.ingest.formats.registry import register
from headrace.ingest.formats.text_files import TextFormat, read_text
from headrace.ingest.records.csv_layout import CsvLayout, plain_records, without_comments
from headrace.ingest.records.find_records import Bytes, Records, find_records, invalid_utf8, quote_faults, without
from headrace.ingest.records.scanners import CommentedLines, Lines, QuotedLines, Scanner
from headrace.ingest.records.text_rows import Faulty, TextRows

WORDS = {
    "invalid_utf8": "the line is not UTF-8",
    "unclosed_quote": "a quote is opened and not closed in the same record",
    "stray_line_break": "a line break (CR) stands outside of quotes",
    "escaped_quote": "a backslash stands before a quote inside quotes: declare Source(escape='\\\\') if it escapes it",
}


@register
@dataclass(frozen=True, kw_only=True)
class Csv(TextFormat):
    """Values between delimiters, a record a line; what no other format takes is CSV."""

    name = "csv"
    suffixes = (".csv",)
    is_csv = True
    default_delimiter: ClassVar[str] = ","

    layout: CsvLayout = field(default_factory=CsvLayout)
    quoted_line_breaks: bool = False
    footer_rows: int = 0

    @property
    def joinable(self) -> bool:
        """As `FileFormat.joinable`: a quote that one file leaves open must not reach into the next."""
        return not self.quoted_line_breaks

    @classmethod
    def match(cls, look: FirstLook) -> Match:
        """As `FileFormat.match`."""
        return max(super().match(look), Match.DEFAULT)

    @classmethod
    def text_head(cls, look: FirstLook, stream: BinaryIO, start: int) -> InputFile:
        """As `TextFormat.text_head`: columns from the first line that is neither skipped, blank nor a comment.

        Raises:
            DelimiterError: no delimiter is declared, and there is one column by the usual one and more by another.
        """
        declared = look.layout
        layout = CsvLayout(
            delimiter=declared.delimiter or cls.default_delimiter,
            escape=declared.escape,
            comment=declared.comment,
            skip_initial_space=declared.skip_initial_space,
            trailing_delimiter=declared.trailing_delimiter,
        )
        lines, used = skipped(look.path, stream, declared.skip_rows)
        found = first_lines(
            look.path, stream, layout, quoted_line_breaks=declared.quoted_line_breaks, footer_rows=declared.footer_rows
        )
        if declared.delimiter is None:
            question(look.path, found.lines, layout)
        columns = columns_of(look.path, found.lines[:1], layout, header=declared.header)
        if declared.header:
            lines, used = lines + found.line_count, used + found.byte_count
        of_file = cls(layout=layout, quoted_line_breaks=declared.quoted_line_breaks, footer_rows=declared.footer_rows)
        file = of_file.file(look, start + used, columns=columns, first_line=1 + lines)
        if declared.footer_rows and not file.must_unpack:
            file = replace(file, size=footer_start(look.path, file.start, look.size, declared.footer_rows))
        return file

    def kept(self, content: Iterator[bytes]) -> Iterator[bytes]:
        """As `TextFormat.kept`."""
        return without_footer(content, self.footer_rows) if self.footer_rows else content

    def scanner(self, file: InputFile) -> Scanner:
        """As `TextFormat.scanner`."""
        if not self.quoted_line_breaks:
            return Lines(file.start)
        if self.layout.comment is not None:
            return CommentedLines(file.start, self.layout.escape, self.layout.comment)
        return QuotedLines(file.start, self.layout.escape)

    def content(self, chunk: Chunk) -> ChunkContent:
        """As `FileFormat.content`."""
        breaks, escape = self.quoted_line_breaks, self.layout.escape
        found = find_records(read_text(chunk), quoted_line_breaks=breaks, escape=escape, comment=self.layout.comment)
        records = without_comments(found, self.layout)
        return CsvContent(records=records, header=chunk.file.columns or (), layout=self.layout)


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
    layout: CsvLayout

    def names(self) -> Sequence[str]:
        """As `ChunkContent.names`."""
        return self.header

    def rows(self, wanted: Sequence[str], *, with_types: bool = False, only: bool = False) -> TextRows:
        """As `ChunkContent.rows`; text tells no types, and other columns are refused by the header already."""
        known = set(self.header)
        there = [name for name in dict.fromkeys(wanted) if name in known]
        # Arrow must parse some column to count rows.
        rows = csv_rows(self.records, self.header, there or self.header[:1], self.layout)
        absent = pa.nulls(len(rows.kept), pa.string())
        columns = {name: rows.columns.get(name, absent) for name in wanted}
        return replace(rows, columns=columns) if wanted else rows


PLAIN = CsvLayout()


def csv_rows(records: Records, header: Sequence[str], wanted: Sequence[str], layout: CsvLayout = PLAIN) -> TextRows:
    """The `wanted` columns of the records of a file with this `header`. Nothing becomes null: blank is ''."""
    not_text = invalid_utf8(records)
    faults = {"invalid_utf8": not_text}
    # What the parser sees: the same records, one for one.
    text, torn = (records, ()) if layout.is_plain else plain_records(records, layout, len(header))
    delimiter = layout.separator.decode()
    away = np.concatenate([not_text, *(one.records for one in torn)])
    faults.update({reason: np.setdiff1d(which, away) for reason, which in quote_faults(text, delimiter).items()})
    faulty = [Faulty(records=which, reason=reason, words=WORDS[reason]) for reason, which in faults.items()]
    faulty += [replace(one, records=np.setdiff1d(one.records, not_text)) for one in torn]
    buffer, kept = without(text, np.concatenate([one.records for one in faulty]))
    uneven: list[tuple[int, int]] = []

    def turn_away(row: pyarrow.csv.InvalidRow) -> Literal["skip"]:
        assert row.number is not None, "Arrow numbers rows where it uses one thread"
        uneven.append((row.number - 1, row.actual_columns))
        return "skip"

    columns: dict[str, pa.Array] = {name: pa.array([], pa.string()) for name in wanted}
    if len(kept):
        table = _parse(buffer, header, wanted, delimiter, turn_away, several_lines=len(text) != text.line_count)
        columns = {name: flat(column) for name, column in zip(wanted, table.columns, strict=True)}
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
    # Columns are called by their numbers, because two of them may have the same name.
    places = [str(place) for place in range(len(header))]
    place_of = dict(zip(reversed(header), reversed(places), strict=True))
    chosen = [place_of[name] for name in wanted]
    # `read_csv` would search all objects of the process for frames each time, which takes 12 ms.
    reader = pyarrow.csv.open_csv(
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
    with reader:
        return reader.read_all().rename_columns(list(wanted))
