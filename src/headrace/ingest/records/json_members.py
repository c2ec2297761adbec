"""The members of JSON objects as columns: each object is read once, however many keys are asked for.

{"id": 5, "at": {"city": "Łódź"}}     keys: id, at     values("id") = ["5", null]
{"at": {"city": "Ulm"}}               below("at"): members of its own, values("city") = ["Łódź", "Ulm"]

Looking up one key after the other takes time that grows with the square of the number of keys.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.duckdb_engine import flat, query_rows
from headrace.ingest.records.find_records import Indices
from headrace.values.arrow import array
from headrace.values.choose import choose


@dataclass(frozen=True)
class Members:
    """The members of `objects`: JSON texts of objects, null where a row has none. Where a key is given twice the first
    counts, and `repeated` says so.
    """

    objects: pa.Array

    @property
    def keys(self) -> Sequence[str]:
        """The keys, in the order in which they first appear."""
        return list(self._cells)

    def has(self, key: str) -> bool:
        """Whether it is one of the keys."""
        return key in self._cells

    def values(self, key: str) -> pa.Array:
        """The values of one of the keys as text: null for JSON null, and where there is none."""
        return self._of(key, self._values)

    def types(self, key: str) -> pa.Array:
        """The JSON types of the values of one of the keys, as DuckDB calls them; null as in `values`."""
        return self._of(key, self._types)

    def is_nested(self, key: str) -> tuple[bool, bool]:
        """Whether some value of a key is an object; and whether some is not, be it JSON null."""
        types = self._types.take(self._cells[key][1])
        is_object: Any = pc.equal(types, pa.scalar("OBJECT")).fill_null(False)
        return pc.any(is_object).as_py() is True, pc.all(is_object).as_py() is False

    def below(self, key: str) -> Members:
        """The members of the objects among the values of a key."""
        if key not in self._below:
            is_object = pc.equal(self.types(key), pa.scalar("OBJECT")).fill_null(False)
            found = choose(is_object, self.values(key), pa.scalar(None, pa.string()))
            self._below[key] = Members(found)
        return self._below[key]

    def repeated(self, wanted: Sequence[str]) -> dict[int, str]:
        """Rows in which one of the `wanted` dotted names, or an object that it leads through, has two values; with the
        name of what has them.
        """
        found: dict[int, str] = {}
        for name in wanted:
            ways = list(_ways(self, name.split(".")))
            if len(ways) > 1:
                there = np.sum([at.values(key).is_valid().to_numpy(zero_copy_only=False) for at, key in ways], axis=0)
                found |= dict.fromkeys(np.flatnonzero(there > 1).tolist(), name)
            for path, at, key in _steps(self, name.split(".")):
                found |= dict.fromkeys(at._twice.get(key, []), path)
        return found

    @functools.cached_property
    def _twice(self) -> dict[str, list[int]]:
        """By key, the rows that have it twice."""
        codes = self._codes.indices.to_numpy()[self._order]
        rows = self._rows
        again = np.flatnonzero((rows[1:] == rows[:-1]) & (codes[1:] == codes[:-1]))
        names = self._codes.dictionary.to_pylist()
        found: dict[str, list[int]] = {}
        for place in again.tolist():
            found.setdefault(names[codes[place]], []).append(int(rows[place]))
        return found

    @functools.cached_property
    def _rows(self) -> Indices:
        """The row of each value, in the order of `_order`."""
        lengths = pc.fill_null(pc.list_value_length(self._read[0]), pa.scalar(0, pa.int32())).to_numpy()
        rows: Indices = np.repeat(np.arange(len(lengths)), lengths)[self._order]
        return rows

    @functools.cached_property
    def _below(self) -> dict[str, Members]:
        return {}

    def _of(self, key: str, found: pa.Array) -> pa.Array:
        """Row by row what is `found` of the value of a key; null where it has none."""
        rows, cells = self._cells[key]
        if len(rows) == len(self.objects) and len(rows) == cells[-1] - cells[0] + 1:
            return found.slice(cells[0], len(rows))
        spread = np.full(len(self.objects), -1, np.int64)
        spread[rows] = cells
        return found.take(array(spread, mask=spread < 0))

    @functools.cached_property
    def _cells(self) -> dict[str, tuple[Indices, Indices]]:
        """By key, the rows that have it, and the places of their values among those of all keys, key by key."""
        codes, order, row_of = self._codes.indices.to_numpy(), self._order, self._rows
        names = self._codes.dictionary.to_pylist()
        ends = np.cumsum(np.bincount(codes, minlength=len(names))).tolist() if len(codes) else [0] * len(names)
        numbers = np.arange(len(order))
        is_first = np.append(True, (row_of[1:] != row_of[:-1]) | (np.diff(codes[order]) != 0))
        once = bool(is_first.all())  # nearly always: no object has a key twice
        found = {}
        for name, start, end in zip(names, [0, *ends[:-1]], ends, strict=False):
            rows, cells = row_of[start:end], numbers[start:end]
            found[name] = (rows, cells) if once else (rows[is_first[start:end]], cells[is_first[start:end]])
        return found

    @functools.cached_property
    def _codes(self) -> Any:
        """The keys of all values, row by row, as a dictionary."""
        return cast("Any", self._read[0]).flatten().dictionary_encode()

    @functools.cached_property
    def _order(self) -> Indices:
        """The values of all keys, one key after the other, each in the order of rows: their places row by row."""
        codes = self._codes.indices.to_numpy()
        if len(self._codes.dictionary) < 1 << 15:
            codes = codes.astype(np.int16)  # which NumPy sorts several times as fast
        return np.argsort(codes, kind="stable")

    @functools.cached_property
    def _values(self) -> pa.Array:
        return cast("Any", self._read[1]).flatten().take(self._order)

    @functools.cached_property
    def _types(self) -> pa.Array:
        types = cast("Any", _read(self.objects, "json_type(object, '$.*') AS types")[0]).flatten()
        known = choose(pc.equal(types, pa.scalar("NULL")), pa.scalar(None, pa.string()), types)
        return known.dictionary_encode().take(self._order)

    @functools.cached_property
    def _read(self) -> list[pa.Array]:
        return _read(self.objects, "json_keys(object) AS keys, json_extract_string(object, '$.*') AS found")


def by_member(
    members: Members, wanted: Sequence[str], typed: Collection[str]
) -> tuple[dict[str, pa.Array], dict[str, pa.Array]]:
    """As `json_paths.by_path`, of objects whose keys are all read."""
    count = len(members.objects)
    ways = {name: list(_ways(members, name.split("."))) for name in wanted}
    values = {name: _first([at.values(key) for at, key in found], count) for name, found in ways.items()}
    types = {name: _first([at.types(key) for at, key in ways[name]], count) for name in typed}
    return values, types


def _ways(members: Members, parts: Sequence[str]) -> Iterator[tuple[Members, str]]:
    """The keys that a dotted name may mean: a dot leads into an object or is part of a key (`labels.app.io/gate`)."""
    for size in range(len(parts), 0, -1):
        key = ".".join(parts[:size])
        if members.has(key):
            yield from [(members, key)] if size == len(parts) else _ways(members.below(key), parts[size:])


def _steps(members: Members, parts: Sequence[str], path: str = "") -> Iterator[tuple[str, Members, str]]:
    """The keys that lead to a dotted name, and those that it may mean, each with its own dotted name."""
    for size in range(len(parts), 0, -1):
        key = ".".join(parts[:size])
        if members.has(key):
            yield path + key, members, key
            if size < len(parts):
                yield from _steps(members.below(key), parts[size:], f"{path}{key}.")


def _first(found: Sequence[pa.Array], count: int) -> pa.Array:
    """Row by row the first that is not null."""
    if not found:
        return pa.nulls(count, pa.string())
    return found[0] if len(found) == 1 else pc.coalesce(*found)


def _read(objects: pa.Array, columns: str) -> list[pa.Array]:
    table = query_rows(f"SELECT {columns} FROM given", pa.table({"object": objects}))
    return [flat(column) for column in table.columns]
