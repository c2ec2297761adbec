r"""How values lie in a CSV record, and records of any layout as ones that Arrow's parser reads.

    delimiter="||"            1||x||"a||b"         ->   1 US x US a||b             (US: the control character 0x1F)
    escape="\\"               1,"a \"b\" c"        ->   1,"a ""b"" c"
    skip_initial_space=True   1, "a, b"            ->   1,"a, b"
    trailing_delimiter=True   1,2,                 ->   1,2                        (the header has two names)
    comment="#"               # made by hand       ->   no record

A quote opens a value only at its start, as for `csv.reader`; what follows the closing quote belongs to the value.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from headrace.ingest.records.find_records import LF, Indices, Records, compact, with_any
from headrace.ingest.records.text_rows import Faulty

SEPARATOR = b"\x1f"
"""Stands for a delimiter of several characters: text hardly has it, and where it does, the value is quoted."""
UNCLOSED = "unclosed_quote"
STRAY_ESCAPE = "stray_escape"
DELIMITERS = (";", "|", "\t", ",")
"""What is tried where a file seems to have one column."""


@dataclass(frozen=True, kw_only=True)
class CsvLayout:
    """What is declared of the records of a CSV file; see `headrace.ingest.Source`."""

    delimiter: str = ","
    escape: str | None = None
    comment: str | None = None
    skip_initial_space: bool = False
    trailing_delimiter: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether Arrow's parser reads such records as they are."""
        return self == CsvLayout(delimiter=self.delimiter) and len(self.delimiter) == 1

    @property
    def separator(self) -> bytes:
        """The delimiter in records as `plain_records` writes them: one byte."""
        return self.delimiter.encode() if len(self.delimiter) == 1 else SEPARATOR

    def is_comment(self, line: bytes) -> bool:
        """Whether a line is no record but a comment."""
        return self.comment is not None and line.startswith(self.comment.encode())


@dataclass(frozen=True, kw_only=True)
class Values:
    """The values of one record, without quotes and escapes, and which of them must be in quotes to be read again.

    `behind`: whether some value goes on behind its closing quote. `fault` is the reason code of a record whose end is
    missing: its last value then is all of the rest.
    """

    values: list[bytes]
    quoted: list[bool]
    behind: bool = False
    fault: str | None = None


def split_record(record: bytes, layout: CsvLayout) -> Values:
    """The values of one record, of which a line break in quotes, or behind an escape, is part."""
    separator = layout.separator
    if b'"' not in record and layout.escape is None and not layout.skip_initial_space:
        values = record.split(layout.delimiter.encode())
        return Values(values=values, quoted=[separator in value for value in values])
    value_of, escaped = _patterns(layout)
    values, quoted = list[bytes](), list[bool]()
    place, goes_on = 0, False
    while True:
        found = value_of.match(record, place)
        if found is None:
            stray = layout.escape is not None and not record[place:].lstrip(b" ").startswith(b'"')
            return Values(
                values=[*values, record[place:]],
                quoted=[*quoted, True],
                behind=goes_on,
                fault=STRAY_ESCAPE if stray else UNCLOSED,
            )
        inside, first, behind, plain = found.group("inside", "first", "behind", "plain")
        raw = plain if inside is None else inside
        value = raw if escaped is None else escaped.sub(rb"\1", raw)
        if inside is not None:
            goes_on |= bool(first)
            doubled = inside.replace(b'""', b'"') if escaped is None else _undoubled(inside, layout)
            value = doubled + first + (behind if escaped is None else escaped.sub(rb"\1", behind))
        values.append(value)
        quoted.append(inside is not None or value != raw or separator in value)
        place = found.end()
        if found.end("end") == found.start("end"):
            return Values(values=values, quoted=quoted, behind=goes_on)


def plain_records(records: Records, layout: CsvLayout, width: int) -> tuple[Records, tuple[Faulty, ...]]:
    """The same records, one for one, as Arrow's parser reads them, and those that can't be read.

    `width` is the number of columns. Comments must be left out of `records` before.
    """
    if replace(layout, comment=None).is_plain:
        return compact(records), ()
    escape = (layout.escape or "").encode()
    moved = layout.skip_initial_space or len(layout.delimiter) > 1
    separator = SEPARATOR if layout.separator == SEPARATOR else b""
    if not len(_places(records, b'"' + escape + separator)):
        whole_chunk = _without_marks(records, layout, width)
        if whole_chunk is not None:
            return whole_chunk, ()
    texts = [records.text(index) for index in range(len(records))]
    # Quotes alone are read by Arrow as they are.
    special = with_any(records, _places(records, escape + separator + (b'"' if moved else b""))).tolist()
    if moved:
        simple = sorted(set(range(len(texts))).difference(special))
        whole = _plain_lines(b"\n".join(texts[index] for index in simple), layout)
        for index, text in zip(simple, whole.split(b"\n"), strict=False):
            texts[index] = text
    faults: dict[str, list[int]] = {UNCLOSED: [], STRAY_ESCAPE: []}
    for index in special:
        found = split_record(texts[index], layout)
        if found.fault is not None:
            faults[found.fault].append(index)
        texts[index] = _joined(found, layout.separator) if found.fault is None else b"x"
    if layout.trailing_delimiter:
        texts = [_without_last(text, layout.separator, width) for text in texts]
    words = {
        UNCLOSED: "a quote is opened and not closed in the same record",
        STRAY_ESCAPE: "the record ends with the escape character: is it cut off, or are line breaks escaped "
        "(quoted_line_breaks=True)?",
    }
    faulty = tuple(
        Faulty(records=np.array(found, np.int64), reason=reason, words=words[reason])
        for reason, found in faults.items()
        if found
    )
    return _as_records(texts, records), faulty


def without_comments(records: Records, layout: CsvLayout) -> Records:
    """The records that are not comments."""
    if layout.comment is None or not len(records):
        return records
    sign = np.frombuffer(layout.comment.encode(), np.uint8)
    comment = records.ends - records.starts >= len(sign)
    for place, byte in enumerate(sign):
        comment &= records.data[np.minimum(records.starts + place, len(records.data) - 1)] == byte
    keep = ~comment
    return replace(records, starts=records.starts[keep], ends=records.ends[keep], lines=records.lines[keep])


def likely_delimiter(lines: Sequence[bytes], layout: CsvLayout) -> str | None:
    """Another delimiter than that of the layout, if by this one the first line has one value, or the lines do not look
    as they should, and by the other all lines have the same number of values, 2 or more."""
    found = [split_record(line, layout) for line in lines]
    counts = {len(one.values) for one in found}
    if not found or (len(found[0].values) > 1 and len(counts) == 1 and not any(one.behind for one in found)):
        return None
    for delimiter in DELIMITERS:
        found = [split_record(line, replace(layout, delimiter=delimiter)) for line in lines]
        counts = {len(one.values) for one in found}
        if delimiter != layout.delimiter and len(counts) == 1 and counts.pop() > 1 and not found[0].behind:
            return delimiter
    return None


@functools.lru_cache(maxsize=64)
def _patterns(layout: CsvLayout) -> tuple[re.Pattern[bytes], re.Pattern[bytes] | None]:
    """What one value is, with the delimiter behind it or the end of the record; and an escaped character."""
    sign = re.escape(layout.delimiter.encode())
    escape = re.escape(layout.escape.encode()) if layout.escape is not None else b""
    pair = escape + b".|" if escape else b""
    # Loops over runs of plain characters: one character at a time is many times as slow.
    inside = rb'(?P<inside>[^"%b]*(?:(?:%b"")[^"%b]*)*)"(?!")' % (escape, pair, escape)
    first = re.escape(layout.delimiter[0].encode())
    more = pair + rb"(?!%b)%b" % (sign, first) if len(layout.delimiter) > 1 else pair.rstrip(b"|")
    run = rb"[^%b%b]*" % (first, escape)
    free = run + rb"(?:(?:%b)%b)*" % (more, run) if more else run
    # Right behind a closing quote an escape is a character like others, as for `csv.reader`.
    behind = rb"(?P<first>(?!%b).|(?=%b|\Z))(?P<behind>%b)" % (sign, sign, free)
    space = rb" *(?! )" if layout.skip_initial_space else b""
    value = rb'%b(?:"%b%b|(?P<plain>(?!")%b))(?P<end>%b|\Z)' % (space, inside, behind, free, sign)
    return re.compile(value, re.DOTALL), re.compile(escape + b"(.)", re.DOTALL) if escape else None


def _undoubled(inside: bytes, layout: CsvLayout) -> bytes:
    """What stands in quotes: an escaped character is itself, two quotes are one."""
    escape = re.escape((layout.escape or "").encode())
    return re.sub(escape + rb'(.)|"(")', lambda found: found[1] or found[2], inside, flags=re.DOTALL)


def _places(records: Records, marks: bytes) -> Indices:
    """Where any of these bytes stand."""
    found = [np.flatnonzero(records.data == mark) for mark in marks]
    return np.sort(np.concatenate([np.zeros(0, np.int64), *found]))


def _without_marks(records: Records, layout: CsvLayout, width: int) -> Records | None:
    """Records without quotes and escapes, and so without line breaks; None if one has nothing in it."""
    data = np.frombuffer(_plain_lines(compact(records).data.tobytes().removesuffix(b"\n"), layout) + b"\n", np.uint8)
    if layout.trailing_delimiter:
        ends = np.flatnonzero(data == LF)
        is_separator = data == layout.separator[0]
        counts = np.diff(np.concatenate([[0], np.cumsum(is_separator)[ends]]))
        keep = np.ones(len(data), bool)
        keep[ends[(counts == width) & is_separator[ends - 1]] - 1] = False
        data = data[keep]
    ends = np.flatnonzero(data == LF)
    starts = np.concatenate([[0], ends[:-1] + 1])
    if len(ends) != len(records) or (starts == ends).any():
        return None
    return Records(data=data, starts=starts, ends=ends, lines=records.lines, line_count=len(records))


def _plain_lines(text: bytes, layout: CsvLayout) -> bytes:
    """Lines without quotes and escapes with one separator, and without the spaces that are to be skipped."""
    text = text.replace(layout.delimiter.encode(), layout.separator)
    if layout.skip_initial_space:
        text = text.lstrip(b" ")
        for before in (layout.separator, b"\n"):
            while before + b" " in text:
                text = text.replace(before + b" ", before)
    return text


def _joined(found: Values, separator: bytes) -> bytes:
    return separator.join(
        b'"' + value.replace(b'"', b'""') + b'"' if quoted else value
        for value, quoted in zip(found.values, found.quoted, strict=True)
    )


def _without_last(text: bytes, separator: bytes, width: int) -> bytes:
    """The record without the delimiter at its end, if there is one more value than columns, and that is empty."""
    if not text.endswith(separator):
        return text
    count = len(split_record(text, CsvLayout(delimiter=separator.decode())).values)
    return text[: -len(separator)] if count == width + 1 else text


def _as_records(texts: list[bytes], records: Records) -> Records:
    """Texts one after the other, each with a line break, as records on the lines of `records`."""
    texts = [text or b'""' for text in texts]  # an empty line would be none
    lengths = np.array([len(text) for text in texts], np.int64)
    ends = np.cumsum(lengths + 1) - 1
    data = np.frombuffer(b"".join(text + b"\n" for text in texts), np.uint8)
    count = int((data == LF).sum())
    return Records(data=data, starts=ends - lengths, ends=ends, lines=records.lines, line_count=count)
