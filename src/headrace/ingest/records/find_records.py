r"""Where records are in a run of bytes, and which of them no parser may see. Does not know columns.

    b'a,1\r\n\nb,"2\nc,3'   ->   starts 0, 6, 11; ends 3, 10, 14; lines 0, 2, 3; the second: unclosed_quote

Records are counted here, before any parser and independently of it, so that the ledger can prove that none was lost.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]
LF, CR, QUOTE = 10, 13, 34


@dataclass(frozen=True, kw_only=True)
class Records:
    """`data[starts[i]:ends[i]]` is record i without its line break; `lines[i]` counts line breaks before it.

    Records that were unwrapped from lines of a log collector have `data` of their own: record i was item `items[i]` of
    the line that starts at byte `origin[i]`.
    """

    data: Bytes
    starts: Indices
    ends: Indices
    lines: Indices
    line_count: int
    origin: Indices | None = None
    items: Indices | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, index: int) -> bytes:
        """The bytes of one record."""
        return self.data[self.starts[index] : self.ends[index]].tobytes()

    def texts(self, which: Indices) -> list[str]:
        """Some records as people read them; bytes that are not UTF-8 are escaped."""
        return [self.text(index).decode(errors="backslashreplace") for index in which.tolist()]


def find_records(
    data: Bytes, *, quoted_line_breaks: bool = False, escape: str | None = None, comment: str | None = None
) -> Records:
    """The records of `data`, which starts where one starts. Blank lines are not records, comments are.

    A line break is LF or CR LF; the last may be absent. With `quoted_line_breaks`, one that follows an odd number of
    quotes, or the `escape` character, belongs to the value; a quote behind that is no quote. A line where a record may
    start and that begins with `comment` is one record, whatever quotes are in it.
    """
    breaks = np.flatnonzero(data == LF)
    borders = breaks
    if quoted_line_breaks and len(breaks):
        borders = outer_breaks(data, breaks, escape, comment=comment)[0]
    starts = np.concatenate([np.zeros(1, np.int64), borders + 1])
    ends = np.concatenate([borders, np.full(1, len(data), np.int64)])
    if len(data):
        before = data[np.maximum(ends - 1, 0)]
        ends = ends - ((before == CR) & (ends > starts))
    full = ends > starts
    lines = np.arange(len(starts), dtype=np.int64)
    if borders is not breaks:
        lines = np.searchsorted(breaks, starts).astype(np.int64)
    count = len(breaks) + int(len(data) > 0 and data[-1] != LF)
    return Records(data=data, starts=starts[full], ends=ends[full], lines=lines[full], line_count=count)


def outer_breaks(
    data: Bytes,
    breaks: Indices,
    escape: str | None,
    *,
    odd: int = 0,
    comment: str | None = None,
    goes_on: bool = False,
) -> tuple[Indices, int]:
    """Of the line `breaks` those outside of quotes, and the number of quotes modulo 2; before `data` it is `odd`.

    With `comment`, `data` starts where a line does; `goes_on`: behind an escaped line break.
    """
    quotes = np.flatnonzero(data == QUOTE)
    inner = np.zeros(len(breaks), bool)
    if escape is not None:
        quotes = quotes[~escaped_places(data, quotes, ord(escape))]
        inner = escaped_places(data, breaks, ord(escape))
    if comment is not None:
        quotes, inner = _without_comments(data, breaks, quotes, inner, comment.encode(), odd, goes_on)
    outer = ~inner & ((np.searchsorted(quotes, breaks) + odd) % 2 == 0)
    return breaks[outer], (odd + len(quotes)) % 2


def _without_comments(
    data: Bytes, breaks: Indices, quotes: Indices, inner: npt.NDArray[np.bool_], sign: bytes, odd: int, goes_on: bool
) -> tuple[Indices, npt.NDArray[np.bool_]]:
    """The quotes that are in no comment, and the breaks that are `inner` because of an escape that is in none.

    Whether a line that looks like a comment is one depends on the quotes before it, and so on the comments before it:
    but only on those with an odd number of quotes, or an escape at their end. These few are looked at in turn.
    """
    starts = np.concatenate([np.zeros(1, np.int64), breaks + 1])
    ends = np.append(breaks, len(data))
    looks = ends - starts >= len(sign)
    for place, byte in enumerate(sign):
        looks &= data[np.minimum(starts + place, len(data) - 1)] == byte
    first, last = np.searchsorted(quotes, starts), np.searchsorted(quotes, ends)
    decides = looks & (((last - first) % 2 == 1) | np.append(inner, False))
    keep, inner, dropped = np.ones(len(quotes), bool), inner.copy(), 0
    for line in np.flatnonzero(decides).tolist():
        escaped = inner[line - 1] if line else goes_on
        if not escaped and (first[line] + dropped + odd) % 2 == 0:
            keep[first[line] : last[line]] = False
            dropped += int(last[line] - first[line])
            if line < len(inner):
                inner[line] = False
    return quotes[keep], inner


def escaped_places(data: Bytes, places: Indices, escape: int) -> npt.NDArray[np.bool_]:
    """Which of the places in `data` have an odd number of escapes right before them."""
    marks = np.flatnonzero(data == escape)
    if not len(marks) or not len(places):
        return np.zeros(len(places), bool)
    # Runs of escapes: the start of the run that ends right before a place says how many there are.
    starts = np.concatenate([[0], np.flatnonzero(np.diff(marks) != 1) + 1])
    run = np.searchsorted(marks, places - 1)
    there = (run < len(marks)) & (marks[np.minimum(run, len(marks) - 1)] == places - 1)
    first = marks[starts[np.maximum(np.searchsorted(starts, run, side="right") - 1, 0)]]
    return there & ((places - first) % 2 == 1)


def invalid_utf8(records: Records) -> Indices:
    """Which records are not UTF-8, as indices in order."""
    data = records.data
    if not (data >= 128).any():
        return np.zeros(0, np.int64)
    try:
        codecs.utf_8_decode(data.data, "strict", True)
    except UnicodeDecodeError:
        suspects = with_any(records, np.flatnonzero(data >= 128))
        return np.array([i for i in suspects if not _is_utf8(records.text(i))], dtype=np.int64)
    return np.zeros(0, np.int64)


def quote_faults(records: Records, delimiter: str) -> dict[str, Indices]:
    """CSV records that can't be read, by reason code.

    unclosed_quote: they end inside quotes. stray_line_break: they have one (a lone CR, mostly) outside of quotes.
    escaped_quote: a quote inside quotes seems to be escaped by a backslash, so that the value would be another one.

    A quote opens a value only at its start, as for `csv.reader`: `5" pipe` is a value. Records in which every quote is
    where it may be are found by arrays; only the others are checked one by one.
    """
    suspects = np.union1d(_odd_quotes(records, ord(delimiter)), _inner_breaks(records))
    closed = _closed_record(delimiter)
    opens = re.compile(rb'(?:^|%b)"' % re.escape(delimiter).encode())
    found: dict[str, list[int]] = {"unclosed_quote": [], "stray_line_break": [], "escaped_quote": []}
    for index in suspects.tolist():
        text = records.text(index)
        if rb"\"" in text and opens.search(text):
            found["escaped_quote"].append(index)
        elif not closed.fullmatch(text):
            is_closed = closed.fullmatch(text.replace(b"\r", b" ").replace(b"\n", b" "))
            found["stray_line_break" if is_closed else "unclosed_quote"].append(index)
    return {reason: np.array(which, dtype=np.int64) for reason, which in found.items()}


def without(records: Records, drop: Indices) -> tuple[Bytes, Indices]:
    """The bytes of the records that are not in `drop`, one a line, and their indices."""
    keep = np.ones(len(records), dtype=bool)
    keep[drop] = False
    kept = np.flatnonzero(keep)
    dense = len(records) == records.line_count and not len(drop)
    if dense or not len(kept):
        return (records.data if dense else records.data[:0]), kept
    return _joined(records, kept)


def _joined(records: Records, kept: Indices) -> tuple[Bytes, Indices]:
    # +1 opens a record, -1 closes it: the running sum is 1 for the bytes inside records, without line breaks.
    edges = np.zeros(len(records.data) + 1, dtype=np.int8)
    np.add.at(edges, records.starts[kept], 1)
    np.add.at(edges, records.ends[kept], -1)
    inside = np.cumsum(edges[:-1], dtype=np.int8).astype(bool)
    last = records.ends[kept]
    inside[last[last < len(inside)]] = True  # the byte after a record: becomes its LF
    data = records.data.copy()
    data[last[last < len(data)]] = LF
    return data[inside], kept


def compact(records: Records) -> Records:
    """Records of one line each, one for one, with nothing but an LF between them."""
    if not len(records) or (len(records) == records.line_count and not (records.data == CR).any()):
        return records
    data, _ = _joined(records, np.arange(len(records)))
    lengths = records.ends - records.starts
    ends = np.cumsum(lengths + 1) - 1
    return Records(data=data, starts=ends - lengths, ends=ends, lines=records.lines, line_count=len(records))


def _odd_quotes(records: Records, delimiter: int) -> Indices:
    """Records in which some quote is not where a well-formed one may be."""
    data = records.data
    quotes = np.flatnonzero(data == QUOTE)
    if not len(quotes) or not len(records):
        return np.zeros(0, np.int64)
    owner = np.searchsorted(records.starts, quotes, side="right") - 1
    first = np.searchsorted(quotes, records.starts)
    opening = (np.arange(len(quotes)) - first[owner]) % 2 == 0
    before = data[np.maximum(quotes - 1, 0)]
    after = data[np.minimum(quotes + 1, len(data) - 1)]
    opens = (quotes == records.starts[owner]) | (before == delimiter) | (before == QUOTE)
    closes = (quotes + 1 == records.ends[owner]) | (after == delimiter) | (after == QUOTE)
    misplaced = np.where(opening, ~opens, ~closes)
    odd = np.flatnonzero(np.bincount(owner, minlength=len(records)) % 2)
    return np.union1d(owner[misplaced], odd)


def _inner_breaks(records: Records) -> Indices:
    data = records.data
    found = np.flatnonzero(data == CR)
    if len(records) != records.line_count:
        found = np.concatenate([found, np.flatnonzero(data == LF)])
    return with_any(records, found)


def with_any(records: Records, places: Indices) -> Indices:
    """The records that have one of `places` inside."""
    if not len(records) or not len(places):
        return np.zeros(0, np.int64)
    owner = np.searchsorted(records.starts, places, side="right") - 1
    inside = (owner >= 0) & (places < records.ends[owner])
    return np.unique(owner[inside])


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _closed_record(delimiter: str) -> re.Pattern[bytes]:
    # A value is quoted (then anything may follow up to the delimiter, as csv.reader has it) or plain.
    sign = re.escape(delimiter).encode()
    value = rb'(?:"[^"]*(?:""[^"]*)*"(?!")[^%b\r\n]*|(?!")[^%b\r\n]*)' % (sign, sign)
    return re.compile(value + rb"(?:" + sign + value + rb")*")
