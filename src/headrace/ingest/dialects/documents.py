r"""Messages of collectors that are not one a line: JSON documents over many lines, or with nothing between them.

    {"messageType": 1}{"messageType": 2}{      records end where all brackets are closed, at bytes 18, 36 and 40; what
     }                                         precedes a document counts as part of it, so nothing gets lost

And pairs of lines of which the first announces the second (bulk bodies): no chunk may end between the two.
"""

from __future__ import annotations

import json

import numpy as np

from headrace.ingest.dialects.dialect import Dialect
from headrace.ingest.dialects.unwrap import looks_like_heads
from headrace.ingest.records.buffers import binaries
from headrace.ingest.records.find_records import LF, Bytes, Indices, Records
from headrace.ingest.records.json_structure import Structure
from headrace.ingest.records.scanners import Scanner

PROBE_BYTES = 1 << 20


def holds_documents(head: bytes) -> bool:
    """Whether a file with this beginning holds JSON documents, and not one JSON value a line.

    It does if its first line is more than one document, or if it is less than one and the second line is not one
    either. Where only the first of several lines is cut off, it is one faulty line.
    """
    lines = [line for line in head.decode(errors="replace").splitlines() if line.strip()][:3]
    if not lines or lines[0].lstrip()[:1] not in ("{", "["):
        return False
    first = lines[0].strip()
    try:
        _, end = json.JSONDecoder().raw_decode(first)
        return first[end:].lstrip()[:1] in ("{", "[")
    except ValueError:
        if len(lines) == 1:
            return False
    try:
        json.loads(lines[1])
    except ValueError:
        return True
    return len(lines) == 3 and lines[2].lstrip()[:1] not in ("{", "[")


def find_documents(data: Bytes) -> Records:
    """The documents in `data`, each with what precedes it; what follows the last one is a record of its own."""
    ends = Structure().read(data).closed + 1
    solid = np.flatnonzero((data != 32) & ((data < 9) | (data > 13)))
    edges = np.concatenate([np.zeros(1, np.int64), ends, np.full(1, len(data), np.int64)])
    first = np.searchsorted(solid, edges[:-1])
    last = np.searchsorted(solid, edges[1:]) - 1
    full = last >= first
    starts, ends = solid[first[full]], solid[last[full]] + 1
    breaks = np.flatnonzero(data == LF)
    count = len(breaks) + int(len(data) > 0 and data[-1] != LF)
    lines = np.searchsorted(breaks, starts).astype(np.int64)
    return Records(data=data, starts=starts, ends=ends, lines=lines, line_count=count)


class Documents(Scanner):
    """A record is a document."""

    def __init__(self, start: int) -> None:
        self._place = start
        self._structure = Structure()

    def scan(self, block: bytes) -> Indices:
        """Behind each document."""
        found = self._structure.read(np.frombuffer(block, np.uint8)).closed + self._place + 1
        self._place += len(block)
        return found

    def finish(self) -> None:
        """A document that is cut off is a fault of its record, not of the file."""


class Paired(Scanner):
    """A record is a line, or two lines of which the first announces the second."""

    def __init__(self, start: int, dialect: Dialect) -> None:
        self._place = start
        self._dialect = dialect
        self._rest = b""
        self._announced = False

    def scan(self, block: bytes) -> Indices:
        """Behind each line that does not announce another."""
        content = self._rest + block
        whole = content.rfind(b"\n") + 1
        start, self._place = self._place, self._place + whole
        self._rest = content[whole:]
        breaks = np.flatnonzero(np.frombuffer(content[:whole], np.uint8) == LF)
        if not len(breaks):
            return breaks
        edges = np.append(0, breaks + 1).astype(np.int32)
        lines = binaries(edges, np.frombuffer(content, np.uint8)[:whole])
        announces = np.append(self._announced, looks_like_heads(lines, self._dialect))
        # After a blank line, the line before it still decides.
        blank = np.append(False, np.diff(edges) <= 2)
        announces = announces[np.maximum.accumulate(np.where(blank, 0, np.arange(len(announces))))]
        self._announced = bool(announces[-1])
        return start + edges[1:][~announces[1:]].astype(np.int64)

    def finish(self) -> None:
        """An announced line that is absent is a fault of the line that announced it."""
