"""The head of a CSV file: what stands before its first record, the names of its columns, and whether there is a doubt.

report of 3 March              skip_rows=1
# in metres                    comment="#"
bib;net                        columns: bib, net        by ",": one column, so the delimiter is asked for
7;03:40:32
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from headrace.errors import DataError
from headrace.ingest.records.csv_layout import UNCLOSED, CsvLayout, likely_delimiter, split_record

MAX_HEADER_BYTES = 16 << 20
PROBE_LINES = 5


class DelimiterError(DataError):
    """A file seems to have another delimiter than the one it was read by: `delimiter`."""

    def __init__(self, words: str, delimiter: str) -> None:
        super().__init__(words)
        self.delimiter = delimiter

    def __reduce__(self) -> tuple[type[DelimiterError], tuple[str, str]]:
        return type(self), (str(self), self.delimiter)


@dataclass(frozen=True, kw_only=True)
class FirstLines:
    """The first lines that are neither blank nor comments, without line breaks; where the first of them ends.

    `line_count` and `byte_count` are those from where reading began to the end of that first line.
    """

    lines: list[bytes]
    line_count: int
    byte_count: int


def skipped(path: str, stream: BinaryIO, rows: int) -> tuple[int, int]:
    """Reads lines that are to be skipped; how many lines and bytes there were."""
    lines = used = 0
    for _ in range(rows):
        line = _line(path, stream)
        lines += bool(line)
        used += len(line)
    return lines, used


def first_lines(
    path: str, stream: BinaryIO, layout: CsvLayout, *, quoted_line_breaks: bool, footer_rows: int
) -> FirstLines:
    """The first lines of a stream, that of the header and what is no footer; with `quoted_line_breaks` the first of
    them goes on while a quote is open."""
    found: list[bytes] = []
    lines = used = 0
    while len(found) < PROBE_LINES + footer_rows:
        line = stream.readline(MAX_HEADER_BYTES) if found else _line(path, stream)
        if len(line) == MAX_HEADER_BYTES:
            break  # a record of any length may follow the header
        text = line.rstrip(b"\r\n")
        count, size = int(bool(line)), len(line)
        if text and not found and quoted_line_breaks and not layout.is_comment(text):
            while line and split_record(text, layout).fault is not None and size < MAX_HEADER_BYTES:
                line = _line(path, stream)
                count, size = count + bool(line), size + len(line)
                text = (text + b"\n" + line).rstrip(b"\r\n")
        if not found:
            lines, used = lines + count, used + size
        if not line:
            found += [text] if text else []
            break
        if text and not layout.is_comment(text):
            found.append(text)
    found = found[: max(len(found) - footer_rows, 1)]
    return FirstLines(lines=found, line_count=lines, byte_count=used)


def question(path: str, lines: Sequence[bytes], layout: CsvLayout) -> None:
    """Asks for the delimiter where there is one column, and several by another delimiter.

    Raises:
        DelimiterError: it is so.
    """
    other = likely_delimiter(lines, layout)
    if other is None:
        return
    count = len(split_record(lines[0], CsvLayout(delimiter=other)).values)
    columns = len(split_record(lines[0], layout).values)
    raise DelimiterError(
        f"{path} has {columns:,} column{'s' * (columns > 1)} by the delimiter {layout.delimiter!r}, and {count:,} "
        f"columns by {other!r}: declare delimiter={other!r}, or delimiter={layout.delimiter!r} if that is meant",
        other,
    )


def columns_of(path: str, first: Sequence[bytes], layout: CsvLayout, *, header: bool) -> tuple[str, ...]:
    """The names in the first line, or `column_1`, ... if it is not a `header`; a nameless column has its number.

    Raises:
        DataError: it is not text, or names a column twice.
    """
    line = first[0] if first else b""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"the first line of {path} is not UTF-8 ({error}): convert the file first") from error
    if "\0" in text:
        raise DataError(f"the first line of {path} has NUL bytes: it is not CSV, or it is UTF-16 or UTF-32 text")
    if "\r" in text and "\n" not in text:
        raise DataError(f"the lines of {path} end in CR alone: expected LF or CR LF (tr '\\r' '\\n' makes it so)")
    names = header_of(text, layout)
    if not header:
        return tuple(f"column_{place}" for place in range(1, len(names) + 1))
    if split_record(line, layout).fault == UNCLOSED:
        raise DataError(f"the header of {path} opens a quote that it does not close; expected the names of the columns")
    if len(set(names)) < len(names):
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        raise DataError(f"the header of {path} names columns twice: {', '.join(twice)}; rename them")
    return tuple(names)


def header_of(line: str, layout: CsvLayout) -> list[str]:
    """The column names in the first line; a nameless column is called by its number from 1, `column_3`."""
    if not line:
        return []
    found = split_record(line.encode(), layout)
    names = [value.decode() for value in found.values]
    if layout.trailing_delimiter and len(names) > 1 and not names[-1] and not found.quoted[-1]:
        names.pop()
    return [name if name else f"column_{place}" for place, name in enumerate(names, start=1)]


def _line(path: str, stream: BinaryIO) -> bytes:
    line = stream.readline(MAX_HEADER_BYTES)
    if len(line) == MAX_HEADER_BYTES:
        raise DataError(f"the first line of {path} is longer than {MAX_HEADER_BYTES:,} bytes: this is not CSV")
    return line
