r"""Lines that were too long for a collector, which stand in parts: the parts become the one line that they were.

    07:00 stdout P {"bib":        07:00 stdout F {"bib": 7}       of stdout, in the place of its first part
    07:01 stderr F late           07:01 stderr F late
    07:02 stdout F  7}

Parts are joined as bytes, since a character may be cut in two. Lines of two streams may alternate. No chunk may end
where a line is open in any stream.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.records.buffers import binaries, record_bytes, with_text
from headrace.ingest.records.find_records import LF, Indices, Records
from headrace.ingest.records.scanners import Scanner

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Which lines are parts.

    Attributes:
        streams: for each stream of lines, a pattern of its lines up to their text.
        open: a pattern of those of which another part follows in their stream.
        whole: what the tag of an open part, its first group in `open`, is called in a line that is whole.
        missing: what is to be said of a part that no other follows.
    """

    streams: tuple[str, ...]
    open: str
    whole: bytes
    missing: str


@dataclass(frozen=True, kw_only=True)
class JoinedLines:
    """The `lines`, whole, each in the place of its first part; those of `open` lack their last part."""

    lines: Records
    open: Indices


def join_parts(lines: Records, parts: Parts) -> JoinedLines:
    """The lines whole, in the order of their first parts."""
    raw = record_bytes(lines)
    is_open = _fits(raw, parts.open)
    if not is_open.any():
        return JoinedLines(lines=lines, open=np.zeros(0, np.int64))
    leaders = np.arange(len(raw))  # of each line the first of its parts
    for of_stream in _members(raw, parts):
        places = np.flatnonzero(of_stream)
        starts = np.append(True, ~is_open[places][:-1])[: len(places)]
        leaders[places] = places[np.maximum.accumulate(np.where(starts, np.arange(len(places)), 0))]
    first = np.unique(leaders)
    counts = np.bincount(leaders, minlength=len(raw))
    texts = raw.take(pa.array(first)).to_pylist()
    order = np.argsort(leaders, kind="stable")  # the parts of a line one behind the other
    ends = np.cumsum(counts)
    unfinished = []
    for place in np.flatnonzero(is_open[first]).tolist():
        leader = int(first[place])
        members = order[ends[leader] - counts[leader] : ends[leader]]
        lacks_last = bool(is_open[members[-1]])
        texts[place] = _joined([raw[int(one)].as_py() for one in members], parts, lacks_last=lacks_last)
        unfinished += [place] * lacks_last
    whole = with_text(lines, pa.array(texts, pa.binary()), first)
    return JoinedLines(lines=whole, open=np.array(unfinished, np.int64))


def _joined(pieces: list[bytes], parts: Parts, *, lacks_last: bool) -> bytes:
    """The line of its parts: what precedes the text is that of the first, but for its tag if the line is whole."""
    starts = [_text_start(piece, parts) for piece in pieces]
    head = pieces[0][: starts[0]]
    tag = re.match(parts.open.encode(), head)
    if tag is not None and not lacks_last:
        head = head[: tag.start(1)] + parts.whole + head[tag.end(1) :]
    return head + b"".join(piece[start:] for piece, start in zip(pieces, starts, strict=True))


def _text_start(piece: bytes, parts: Parts) -> int:
    found = (re.match(stream.encode(), piece) for stream in parts.streams)
    return next(match.end() for match in found if match is not None)


def _members(raw: pa.Array, parts: Parts) -> list[Flags]:
    """Of each stream, which lines are of it."""
    return [_fits(raw, stream) for stream in parts.streams]


def _fits(raw: pa.Array, pattern: str) -> Flags:
    found: Flags = pc.match_substring_regex(raw, pattern).to_numpy(zero_copy_only=False)
    return found


class PartLines(Scanner):
    """A record is a line, or the parts of one."""

    def __init__(self, start: int, parts: Parts) -> None:
        self._place = start
        self._parts = parts
        self._rest = b""
        self._open = [False] * len(parts.streams)

    def scan(self, block: bytes) -> Indices:
        """Behind each line that leaves no stream open."""
        content = self._rest + block
        whole = content.rfind(b"\n") + 1
        start, self._place = self._place, self._place + whole
        self._rest = content[whole:]
        data = np.frombuffer(content, np.uint8)[:whole]
        edges = np.append(0, np.flatnonzero(data == LF) + 1)
        lines = binaries(edges.astype(np.int32), data)
        is_open = _fits(lines, self._parts.open)
        if not any(self._open) and not is_open.any():
            return start + edges[1:]
        border = np.ones(len(lines), bool)
        for number, of_stream in enumerate(_members(lines, self._parts)):
            # Of each line, whether the last line of this stream up to it is open.
            states = np.append(self._open[number], is_open)
            last = np.maximum.accumulate(np.where(np.append(True, of_stream), np.arange(len(states)), 0))
            states = states[last]
            border &= ~states[1:]
            self._open[number] = bool(states[-1])
        return start + edges[1:][border]

    def finish(self) -> None:
        """A line whose last part is absent is a fault of that line."""
