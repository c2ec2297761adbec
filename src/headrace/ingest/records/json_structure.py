"""Quotes and brackets of JSON in bytes, before any parser sees them: the elements of one array as records.

[{"a": 1},         records: {"a": 1} on line 0, {"a": "x,]"} on line 2
 ,
 {"a": "x,]"}]     what is between them is blanked out; a superfluous comma makes no record
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headrace.ingest.records.find_records import LF, QUOTE, Bytes, Indices, Records

COMMA, BACKSLASH = 44, 92
_SIGNS = np.zeros(256, np.int8)
_SIGNS[[COMMA, 91, 93, 123, 125]] = [2, 1, -1, 1, -1]
_IS_SIGN = _SIGNS != 0
_SOLID = np.ones(256, bool)
_SOLID[[9, 10, 13, 32]] = False


@dataclass(frozen=True, kw_only=True)
class ArrayScan:
    """Indices in one block: commas between elements, the brackets of the array, and solid bytes outside of it."""

    commas: Indices
    opened: Indices
    closed: Indices
    strange: Indices


class Structure:
    """Follows quotes, escapes and brackets through the blocks of an array. `depth` 1 is between elements."""

    def __init__(self, depth: int = 0) -> None:
        self.depth = depth
        self.in_text = False
        self.closed = False
        self._escapes = 0

    def read(self, data: Bytes) -> ArrayScan:
        """What the next block holds."""
        quotes = self.quotes(data)
        signs = np.flatnonzero(_IS_SIGN[data])
        outside = (np.searchsorted(quotes, signs) + self.in_text) % 2 == 0
        signs = signs[outside]
        kinds = _SIGNS[data[signs]]
        steps = np.where(kinds == 2, 0, kinds)
        after = self.depth + np.cumsum(steps, dtype=np.int64)
        opened = signs[(steps == 1) & (after == 1)]
        closed = signs[(steps == -1) & (after == 0)]
        found = ArrayScan(
            commas=signs[(kinds == 2) & (after == 1)],
            opened=opened,
            closed=closed,
            strange=self._strange(data, opened, closed),
        )
        self.depth = int(after[-1]) if len(after) else self.depth
        self.closed = self.closed or len(closed) > 0
        self.in_text = (self.in_text + len(quotes)) % 2 == 1
        return found

    def quotes(self, data: Bytes) -> Indices:
        """Quotes that open or close a text: those that follow an even number of backslashes."""
        quotes = np.flatnonzero(data == QUOTE)
        slashes = np.flatnonzero(data == BACKSLASH)
        if not len(slashes) and not self._escapes:
            return quotes
        # The length of the run of backslashes that ends before each byte, by the last byte that is not a backslash.
        ends = np.append(quotes, len(data))
        plain = np.flatnonzero(data != BACKSLASH)
        before = np.searchsorted(plain, ends) - 1
        lengths = np.where(before >= 0, ends - 1 - plain[np.maximum(before, 0)] if len(plain) else 0, ends)
        lengths = lengths + np.where(before < 0, self._escapes, 0)
        self._escapes = int(lengths[-1] % 2)
        return quotes[lengths[:-1] % 2 == 0]

    def _strange(self, data: Bytes, opened: Indices, closed: Indices) -> Indices:
        if self.depth > 0 and not self.closed and not len(closed):
            return np.zeros(0, np.int64)
        solid = np.flatnonzero(_SOLID[data])
        if self.closed:
            return solid
        starts = 0 if self.depth > 0 else int(opened[0]) if len(opened) else len(data)
        ends = int(closed[0]) if len(closed) else len(data)
        wrong_bracket = len(opened) > 0 and self.depth == 0 and data[opened[0]] != 91
        return solid[(solid < starts) | (solid > ends)] if not wrong_bracket else opened[:1]


def cut_off(data: Bytes, starts: Indices, ends: Indices) -> npt.NDArray[np.bool_]:
    """Which of the texts `data[starts[i]:ends[i]]`, none of them JSON, begin an object or array and do not end it."""
    if not len(starts):
        return np.zeros(0, bool)
    lengths = ends - starts
    edges = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    # The texts alone, one after the other.
    inside = np.repeat(starts - edges[:-1], lengths) + np.arange(edges[-1])
    packed = data[inside]
    solid = np.append(np.flatnonzero(_SOLID[packed]), edges[-1])
    first = solid[np.searchsorted(solid, edges[:-1])]
    begins = (first < edges[1:]) & np.isin(packed[np.minimum(first, len(packed) - 1)], (91, 123))
    quotes = Structure().quotes(packed)
    before = np.searchsorted(quotes, edges)
    in_text = (before[1:] - before[:-1]) % 2 == 1
    signs = np.flatnonzero(_IS_SIGN[packed] & (packed != COMMA))
    owner = np.searchsorted(edges, signs, side="right") - 1
    outside = (np.searchsorted(quotes, signs) - before[owner]) % 2 == 0
    depth = np.bincount(owner[outside], weights=_SIGNS[packed[signs[outside]]], minlength=len(starts))
    return begins & (in_text | (depth > 0))


def find_elements(data: Bytes, *, first: bool) -> Records:
    """The elements in a chunk of an array: the `first` chunk starts with the bracket, others start behind a comma."""
    found = Structure(0 if first else 1).read(data)
    inner = found.opened[0] + 1 if first and len(found.opened) else 0
    outer = found.closed[0] if len(found.closed) else len(data)
    starts = np.concatenate([np.array([inner], np.int64), found.commas + 1])
    ends = np.concatenate([found.commas, np.array([outer], np.int64)])
    solid = np.append(np.flatnonzero(_SOLID[data]), len(data))
    starts = solid[np.searchsorted(solid, starts)]
    last = np.searchsorted(solid, ends) - 1
    ends = np.where(last >= 0, solid[np.maximum(last, 0)] + 1, 0)
    full = ends > starts
    starts, ends = starts[full], ends[full]
    # Line breaks, which are white space to JSON and not part of a record's text, in place of all bytes in between.
    edges = np.zeros(len(data) + 1, np.int8)
    edges[starts] += 1
    np.add.at(edges, ends, -1)
    apart = np.where(np.cumsum(edges[:-1], dtype=np.int8) > 0, data, np.uint8(LF))
    breaks = np.flatnonzero(data == LF)
    lines = np.searchsorted(breaks, starts).astype(np.int64)
    return Records(data=apart, starts=starts, ends=ends, lines=lines, line_count=len(breaks))
