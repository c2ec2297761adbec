"""Few values of JSON texts, looked up by their paths in one pass; `json_members` reads all keys instead.

    {"id": 5, "at": {"city": "Ulm"}}     "id", "at.city"     values 5, Ulm     types UBIGINT, VARCHAR

A look-up takes time for each key that the object has, so this is the faster way only where few are wanted.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from headrace.duckdb_engine import flat, query_rows

FEW_PATHS = 64

Columns = dict[str, pa.Array]


def are_few(wanted: Sequence[str]) -> bool:
    """Whether these are so few names that they are looked up by their paths: each dot doubles what a name may mean."""
    return len(wanted) <= FEW_PATHS and sum(2 ** name.count(".") for name in wanted) <= FEW_PATHS


def by_path(lines: pa.Array, wanted: Sequence[str], typed: Collection[str]) -> tuple[Columns, Columns, pa.Array]:
    """The values of the `wanted` names as text, null where there are none or JSON null; the types of the `typed`; and
    the rows in which a name means several values, of which this is the first.
    """
    if not len(lines) or not wanted:
        none = pa.nulls(len(lines), pa.string())
        return dict.fromkeys(wanted, none), dict.fromkeys(typed, none), pa.array([], pa.int64())
    paths = [_pointers(name) for name in wanted]
    every = [pointer for pointers in paths for pointer in pointers]
    select, exprs, place = ["json_extract_string(line, $paths) AS v"], [], 1
    several = ["false"]
    if typed:
        select.append("json_type(line, $paths) AS k")
    for number, (name, pointers) in enumerate(zip(wanted, paths, strict=True)):
        spots = range(place, place + len(pointers))
        place += len(pointers)
        values = ", ".join(f"v[{spot}]" for spot in spots)
        exprs.append(f"coalesce({values}) AS v{number}" if len(pointers) > 1 else f"{values} AS v{number}")
        if len(pointers) > 1:
            several.append(" + ".join(f"(v[{spot}] IS NOT NULL)::INTEGER" for spot in spots) + " > 1")
        if name in typed:
            types = ", ".join(f"nullif(k[{spot}], 'NULL')" for spot in spots)
            exprs.append(f"coalesce({types}) AS k{number}")
    exprs.append(f"{' OR '.join(several)} AS several")
    sql = f"SELECT {', '.join(exprs)} FROM (SELECT {', '.join(select)} FROM given)"
    table = query_rows(sql, pa.table({"line": lines}), {"paths": every})
    return (
        {name: flat(table.column(f"v{number}")) for number, name in enumerate(wanted)},
        {name: flat(table.column(f"k{number}")) for number, name in enumerate(wanted) if name in typed},
        pc.indices_nonzero(flat(table.column("several"))).cast(pa.int64()),
    )


def _pointers(name: str) -> list[str]:
    """All JSON pointers that a name may mean: a dot leads into an object or is part of a key (`labels.app.io/gate`)."""
    parts = name.replace("~", "~0").replace("/", "~1").split(".")
    ways = itertools.product("./", repeat=len(parts) - 1)
    return ["/" + parts[0] + "".join(map("".join, zip(way, parts[1:], strict=True))) for way in ways]
