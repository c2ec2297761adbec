"""Where one record ends and the next may start, in a file that is read block by block.

A scanner gets the blocks in order and returns the bytes, counted from the start of the file, at which a chunk may
start. It remembers what it needs from block to block (inside quotes or not, how deep in brackets).
"""

from __future__ import annotations

import abc
from collections.abc import Iterable, Iterator
from typing import ClassVar

import numpy as np

from headrace.errors import DataError
from headrace.ingest.records.find_records import LF, Indices, escaped_places, outer_breaks
from headrace.ingest.records.json_structure import Structure


class Scanner(abc.ABC):
    """Finds borders between records.

    Attributes:
        needs_all_before: whether all bytes before a border decide that it is one; else each line break is one.
        checks_end: whether `finish` may raise, so that a file is read to its end even where it is one chunk.
    """

    needs_all_before: ClassVar[bool] = True
    checks_end: ClassVar[bool] = False

    @abc.abstractmethod
    def scan(self, block: bytes) -> Indices:
        """The borders in the next block, in order."""

    @abc.abstractmethod
    def finish(self) -> None:
        """To be called at the end of the file."""


class Lines(Scanner):
    """A record is a line."""

    needs_all_before = False

    def __init__(self, start: int) -> None:
        self._place = start

    def scan(self, block: bytes) -> Indices:
        """Behind each line break."""
        found = np.flatnonzero(np.frombuffer(block, np.uint8) == LF) + self._place + 1
        self._place += len(block)
        return found

    def finish(self) -> None:
        """Lines may end anywhere."""


class QuotedLines(Scanner):
    """A record is a line, and a line break behind an odd number of quotes, or an escape, is part of a value."""

    def __init__(self, start: int, escape: str | None = None) -> None:
        self._place = start
        self._odd = 0
        self._escape = escape
        self._held = b""  # the escape at the end of a block, which is of the first character of the next

    def scan(self, block: bytes) -> Indices:
        """Behind each line break outside of quotes."""
        data = np.frombuffer(self._held + block, np.uint8)
        start = self._place - len(self._held)
        found, self._odd = outer_breaks(data, np.flatnonzero(data == LF), self._escape, odd=self._odd)
        self._place += len(block)
        if self._escape is not None:
            escape = self._escape.encode()
            last = data[-1:].tobytes()
            whole = escaped_places(data, np.array([len(data)]), ord(escape))[0]
            self._held = escape if last == escape and whole else b""
        return found + start + 1

    def finish(self) -> None:
        """An unclosed quote is the fault of its record."""


class CommentedLines(Scanner):
    """As `QuotedLines`, and a line that begins with the comment sign where a record may start is a comment."""

    def __init__(self, start: int, escape: str | None, comment: str) -> None:
        self._place = start
        self._escape, self._comment = escape, comment
        self._odd, self._goes_on = 0, False
        self._rest = b""  # a line that is not all there: whether it is a comment decides about its quotes

    def scan(self, block: bytes) -> Indices:
        """Behind each line break outside of quotes."""
        content = self._rest + block
        data = np.frombuffer(content, np.uint8)[: content.rfind(b"\n") + 1]
        self._rest = content[len(data) :]
        start, self._place = self._place, self._place + len(data)
        breaks = np.flatnonzero(data == LF)
        if not len(breaks):
            return breaks
        found, self._odd = outer_breaks(
            data, breaks, self._escape, odd=self._odd, comment=self._comment, goes_on=self._goes_on
        )
        self._goes_on = not self._odd and breaks[-1] not in found[-1:]
        return found + start + 1

    def finish(self) -> None:
        """An unclosed quote is the fault of its record."""


class Elements(Scanner):
    """A record is an element of the one JSON array that the file is."""

    checks_end = True

    def __init__(self, start: int, path: str) -> None:
        self._place = self._last = start
        self._path = path
        self._structure = Structure()

    def scan(self, block: bytes) -> Indices:
        """Behind each comma between elements.

        Raises:
            DataError: something stands before or behind the array.
        """
        found = self._structure.read(np.frombuffer(block, np.uint8))
        if len(found.strange):
            raise DataError(
                f"{self._path} is not one JSON array: at byte {self._place + found.strange[0]:,} something stands "
                "outside of it; records one a line are format='jsonl'"
            )
        commas = found.commas + self._place + 1
        if len(commas):
            self._last = int(commas[-1])
        self._place += len(block)
        return commas

    def finish(self) -> None:
        """Raises:
        DataError: the array is not closed, so its last record may be cut off.
        """
        if self._place and not self._structure.closed:
            what = "a quote" if self._structure.in_text else "a bracket"
            raise DataError(
                f"{self._path} is a JSON array that is not closed: {what} is open at its end, byte {self._place:,}, "
                f"in the element that starts at byte {self._last:,}; is the file cut off?"
            )


def chunk_starts(borders: Iterable[Indices], start: int, chunk_bytes: int) -> Iterator[int]:
    """The borders at which chunks of at least `chunk_bytes` start, after the first, which starts at `start`."""
    for found in borders:
        while len(found):
            place = int(np.searchsorted(found, start + chunk_bytes))
            if place == len(found):
                break
            start = int(found[place])
            yield start
