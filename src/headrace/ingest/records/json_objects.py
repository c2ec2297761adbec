r"""JSON lines to columns of text, by DuckDB's JSON functions, all members in one pass over a line.

    {"id": 5, "at": {"city": "Łódź"}}      id = ["5", "6"], at.city = ["Łódź", null]
    {"id": "6"}                            quoted: id = [false, true]
    [7]                                    faulty: record 2, not_an_object
    {"id":                                 faulty: record 3, truncated_json

A dotted name is a path into nested objects, or a key with a dot in it. An object that gives it twice is faulty; but in
what came from a log collector, which adds names of its own, the first counts.
Lenient where nothing is lost: a trailing comma is accepted, and NaN is left to the typing of values.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.duckdb_engine import flat, query_rows
from headrace.ingest.records.buffers import strings
from headrace.ingest.records.find_records import Indices, Records, invalid_utf8
from headrace.ingest.records.json_members import Members, by_member
from headrace.ingest.records.json_paths import are_few, by_path
from headrace.ingest.records.json_repeats import repeats
from headrace.ingest.records.json_structure import cut_off
from headrace.ingest.records.text_rows import Faulty, TextRows
from headrace.values.choose import choose

TIME = "@timestamp"
ENVELOPE = "@envelope"
"""The names under which a record has what its log collector adds to it."""

OPEN_BRACE = 123
MAX_DEPTH = 16
"""Objects nested deeper than this are one value: their JSON text."""


@dataclass(frozen=True, kw_only=True)
class JsonObjects:
    """The records that are JSON objects: their indices in `records`, their lines; and those that are not."""

    records: Records
    indices: Indices
    lines: pa.Array
    faulty: tuple[Faulty, ...]

    @functools.cached_property
    def members(self) -> Members:
        """The members of the objects."""
        return Members(self.lines)


def json_objects(records: Records, away: Sequence[Faulty] = ()) -> JsonObjects:
    """The objects among the records. Those in `away` are rejected already."""
    gone = np.concatenate([np.zeros(0, np.int64), *(faulty.records for faulty in away)])
    not_text = np.setdiff1d(invalid_utf8(records), gone)
    rest = np.setdiff1d(np.arange(len(records)), np.concatenate([not_text, gone]))
    lines = record_text(records, rest)
    valid = _of_each(lines, "json_valid(line)").to_numpy(zero_copy_only=False)
    good = rest[valid]
    first = records.data[records.starts[good]] if len(good) else np.zeros(0, np.uint8)
    odd = np.flatnonzero(first != OPEN_BRACE)
    others = np.array([i for i in odd if not records.text(good[i]).lstrip().startswith(b"{")], dtype=np.int64)
    faulty = (
        Faulty(records=not_text, reason="invalid_utf8", words="the line is not UTF-8"),
        *not_json(records, rest[~valid]),
        Faulty(records=good[others], reason="not_an_object", words="expected a JSON object, got another JSON value"),
    )
    objects = np.delete(good, others)
    if len(objects) != len(rest):
        lines = record_text(records, objects)
    faults = (*away, *(fault for fault in faulty if len(fault.records)))
    return JsonObjects(records=records, indices=objects, lines=lines, faulty=faults)


def json_names(objects: JsonObjects) -> list[str]:
    """The dotted names of all values in the lines, in the order in which they first appear, also in nested objects."""
    return list(dict.fromkeys(_names(objects.members, (), flat=_without_nesting(objects))))


def _without_nesting(objects: JsonObjects) -> bool:
    """Whether no object can have another inside: there are no more braces than objects."""
    return int((objects.records.data == OPEN_BRACE).sum()) <= len(objects.indices)


def _names(members: Members, path: tuple[str, ...], *, flat: bool = False) -> Iterator[str]:
    for key in members.keys:
        nested, plain = (False, True) if flat else members.is_nested(key)
        deep = len(path) + 1 >= MAX_DEPTH
        if plain or deep:
            yield ".".join((*path, key))
        if nested and not deep:
            yield from _names(members.below(key), (*path, key))


def json_rows(objects: JsonObjects, wanted: Sequence[str], *, with_types: bool = False, only: bool = False) -> TextRows:
    """The values at the `wanted` dotted paths as text; JSON null and an absent key are null.

    An array or object is its JSON text; an object of which parts are wanted too is null.

    `with_types` fills `quoted`. `only` rejects lines with a key that none of `wanted` covers.
    """
    records, good, lines, faulty = objects.records, objects.indices, objects.lines, objects.faulty
    if only and len(good):
        good, lines, unknown = _refuse_unknown(records, good, lines, wanted)
        faulty = (*faulty, *unknown)
    # An object at a path of which parts are wanted is not a value itself.
    parents = {name[:place] for name in wanted for place, sign in enumerate(name) if sign == "."}.intersection(wanted)
    typed = wanted if with_types else parents
    if are_few(wanted) and not with_types:
        columns, types, several = by_path(lines, wanted, typed)
    else:
        # What types are asked for is read for the first time, and then its keys are known already.
        members = objects.members if lines is objects.lines else Members(lines)
        columns, types = by_member(members, wanted, typed)
        several = None
    # To what came from a log collector, names of this have been added, which may be those of the record.
    if records.items is not None:
        twice = {}
    elif several is None:
        twice = members.repeated(wanted)
    else:
        twice = repeats(records, good, lines, columns, several.to_numpy())
    if twice:
        kept = np.delete(np.arange(len(good)), list(twice))
        faulty = (*faulty, _given_twice(good, twice))
        good = good[kept]
        left: Any = pa.array(kept)
        columns, types = ({name: found[name].take(left) for name in found} for found in (columns, types))
    for name in parents:
        is_object = pc.equal(types[name], pa.scalar("OBJECT")).fill_null(False)
        columns[name] = choose(is_object, pa.scalar(None, pa.string()), columns[name])
    quoted = types if with_types else {}
    return TextRows(records=records, kept=good, columns=columns, faulty=faulty, quoted=quoted, not_finite=True)


def _given_twice(good: Indices, twice: Mapping[int, str]) -> Faulty:
    words = [
        f"the object has several values for {name!r}: expected one, as any may be meant" for name in twice.values()
    ]
    return Faulty(records=good[list(twice)], reason="repeated_key", words=words, fields=list(twice.values()))


def not_json(records: Records, which: Indices) -> list[Faulty]:
    """Faults of the records `which`, none of which is JSON: some are cut off, others are something else."""
    cut = cut_off(records.data, records.starts[which], records.ends[which])
    words = "the line is not JSON: it ends within an object, array or text, as if it was cut off"
    return [
        Faulty(records=which[cut], reason="truncated_json", words=words),
        Faulty(records=which[~cut], reason="malformed_json", words="the line is not JSON"),
    ]


def record_text(records: Records, which: Indices) -> pa.Array:
    """The text of some records as an Arrow array; without a copy if they are all records."""
    if not len(records):
        return pa.array([], pa.string())
    # Value i runs up to the start of record i + 1, so it ends with line breaks: white space to JSON.
    offsets = np.append(records.starts, records.ends[-1]).astype(np.int32)
    whole = strings(offsets, records.data)
    return whole if len(which) == len(records) else whole.take(which)


def _refuse_unknown(
    records: Records, good: Indices, lines: pa.Array, wanted: Sequence[str]
) -> tuple[Indices, pa.Array, list[Faulty]]:
    structures = flat(
        query_rows("SELECT json_structure(line) FROM given", pa.table({"line": lines})).column(0)
    ).dictionary_encode()
    known = set(wanted)
    extra = [
        sorted(name for name in set(_leaves(json.loads(text or "null"), ())) - known if not _is_around(name, records))
        for text in structures.dictionary.to_pylist()
    ]
    codes = structures.indices.to_numpy()
    bad = np.isin(codes, [code for code, names in enumerate(extra) if names])
    if not bad.any():
        return good, lines, []
    words = [f"the record declares no field {', '.join(extra[code])}" for code in codes[bad]]
    faulty = [Faulty(records=good[bad], reason="unknown_field", words=words)]
    return good[~bad], lines.filter(pa.array(~bad)), faulty


def _is_around(name: str, records: Records) -> bool:
    """Whether a key is of the envelope in which the record came: what a collector adds need not be declared."""
    return records.items is not None and (name in (TIME, ENVELOPE) or name.startswith(ENVELOPE + "."))


def _leaves(structure: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(structure, dict) and structure:
        for key, value in structure.items():
            yield from _leaves(value, (*path, key))
    elif path:
        yield ".".join(path)


def _of_each(lines: pa.Array, expression: str) -> pa.Array:
    return flat(query_rows(f"SELECT {expression} FROM given", pa.table({"line": lines})).column(0))
