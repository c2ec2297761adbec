r"""Objects in which a wanted name has two values: a key is given twice, or as a path and as a key with a dot.

    {"id": 1, "id": 2}              id: no telling which is meant
    {"a.b": 1, "a": {"b": 2}}       a.b
    {"id": 1, "at": {"id": 2}}      nothing: two names

Nearly all chunks have none, and most show it by a sum: there are as many keys as values that were found. In the rest,
the keys of an object are compared by what they end with, and only where two of one object agree is it read once more.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.ingest.records.find_records import QUOTE, Bytes, Indices, Records
from headrace.ingest.records.json_members import Members

COLON, SPACE, OPEN, CLOSE = 58, 32, 123, 125
_WORD = 8
_QUOTES, _SLASHES, _LOW = (np.uint64(int(byte * _WORD, 16)) for byte in ("22", "5c", "7f"))
_MIX = np.uint64(0x9E3779B97F4A7C15)
_FEW = 1 << 12
_BESIDE = np.isin(np.arange(256), [*b"\t\n\r :,[{}]\0"])
"""Before an opening brace, and behind a closing one; elsewhere a brace is in a text."""

Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]


def repeats(
    records: Records, which: Indices, lines: pa.Array, columns: Mapping[str, pa.Array], several: Indices
) -> dict[int, str]:
    """Rows that give a name of `columns` twice, with that name.

    Args:
        records: all records of the chunk.
        which: those that the rows are made of.
        lines: the text of these.
        columns: their values by name, as they were found.
        several: rows in which a dotted name led to several values.
    """
    keys = _key_ends(records.data)
    found = sum(len(column) - column.null_count for column in columns.values())
    if keys is not None and _are_as_many(records.data, keys, found, len(which) * len(columns)):
        return {}
    rows = np.arange(len(which)) if keys is None else np.union1d(_suspects(records, which, keys), several)
    if not len(rows):
        return {}
    twice = Members(lines.take(pa.array(rows))).repeated(list(columns))
    return {int(rows[row]): name for row, name in sorted(twice.items())}


def _key_ends(data: Bytes) -> Indices | None:
    """The places of colons that follow a quote, behind keys or in texts; None if keys may be written otherwise."""
    colons = np.flatnonzero(data == COLON)
    before = data[colons - 1]
    return None if (before <= SPACE).any() else colons[before == QUOTE]


def _are_as_many(data: Bytes, keys: Indices, found: int, cells: int) -> bool:
    """Whether no key can be one too many: each has a value that was found, or is null and every row has all keys."""
    after = data.take(keys + 1, mode="clip")
    start = keys + 1 + (after == SPACE)
    null = (data.take(start, mode="clip") == ord("n")) & (data.take(start + 1, mode="clip") == ord("u"))
    nulls = int(np.count_nonzero(null))
    return found == len(keys) - nulls and (not nulls or len(keys) == cells)


def _suspects(records: Records, which: Indices, keys: Indices) -> Indices:
    """The rows in which two keys of one depth end alike."""
    data, starts = records.data, records.starts
    keys = keys[keys >= starts[0]]
    row = np.searchsorted(starts, keys, side="right") - 1
    braces = np.flatnonzero((data == OPEN) | (data == CLOSE))
    depth = np.append(0, np.cumsum(np.where(data[braces] == OPEN, 1, -1)))
    borders = depth[np.searchsorted(braces, np.append(starts, len(data)))]
    at = depth[np.searchsorted(braces, keys)] - borders[row]
    last, escaped = _last_bytes(data, keys)
    signature = (last * _MIX) ^ at.astype(np.uint64)
    codes = pa.array(signature).dictionary_encode()
    count = len(codes.dictionary)
    cells = row * count + codes.indices.to_numpy()
    if count <= _FEW:
        places = np.flatnonzero(np.bincount(cells, minlength=1) > 1)
    else:
        ordered = np.sort(cells)
        places = ordered[1:][ordered[1:] == ordered[:-1]]
    # Where some brace is in a text, depths say nothing. Escapes write a key in several ways.
    beside = np.where(data[braces] == OPEN, data[braces - 1], data.take(braces + 1, mode="clip"))
    first = np.searchsorted(starts, braces, side="right") - 1
    strange = ~_BESIDE[beside] & (starts[first] != braces)
    odd = np.concatenate([first[strange], np.flatnonzero(borders[1:] != borders[:-1])])
    return np.flatnonzero(np.isin(which, np.concatenate([places // max(count, 1), odd, row[escaped]])))


def _last_bytes(data: Bytes, keys: Indices) -> tuple[Words, Flags]:
    """At most 16 last bytes of the keys that end before these colons, as a number; and whether a `\\` is in them."""
    padded = np.concatenate([np.full(2 * _WORD, QUOTE, np.uint8), data])
    words: Words = np.ndarray((len(padded) - _WORD + 1,), "<u8", padded, strides=(1,))
    last = keys + _WORD - 1  # the word that ends before the closing quote, in `padded`
    near, goes_on = _behind_quote(words[last])
    far = np.where(goes_on, _behind_quote(words[last - _WORD])[0], np.uint64(0))
    return (near * _MIX) ^ far, (_places(near, _SLASHES) | _places(far, _SLASHES)) != 0


def _behind_quote(words: Words) -> tuple[Words, Flags]:
    """The bytes behind the last quote in each word, the others 0; and whether there is no quote in it."""
    gone = quote = _places(words, _QUOTES)
    for shift in (8, 16, 32):
        gone = gone | (gone >> np.uint64(shift))
    kept = ((gone >> np.uint64(7)) * np.uint64(255)) ^ np.uint64(0xFFFFFFFFFFFFFFFF)
    return words & kept, quote == 0


def _places(words: Words, byte: np.uint64) -> Words:
    """The highest bit of each byte of the words that is the one that `byte` repeats."""
    other = words ^ byte
    found: Words = ~(((other & _LOW) + _LOW) | other | _LOW)
    return found
