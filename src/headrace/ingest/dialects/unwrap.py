"""Lines of a log collector to the records inside them, by the SQL of a dialect, over a whole chunk at once.

A line that is not JSON, or an item that the dialect does not accept, stays a record, with its text, and is rejected:
so lines and their items are counted independently of what becomes of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.duckdb_engine import flat, literal, query_rows
from headrace.errors import DataError, LedgerError
from headrace.ingest.dialects.dialect import Dialect, Level
from headrace.ingest.dialects.parts import join_parts
from headrace.ingest.records.buffers import record_bytes, with_text
from headrace.ingest.records.find_records import Indices, Records, invalid_utf8
from headrace.ingest.records.json_objects import ENVELOPE, TIME, not_json, record_text
from headrace.ingest.records.text_rows import Faulty

MAX_BYTES = (1 << 31) - 2

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Unwrapped:
    """`records` have the place of the line that held them, as its item 0, 1, ...; those of `faulty` are rejected.

    `control` counts messages that are meant to hold no record.
    """

    records: Records
    faulty: tuple[Faulty, ...]
    control: int


def unwrap(lines: Records, dialect: Dialect) -> Unwrapped:
    """The records in `lines`, in the order of these.

    Raises:
        DataError: they are more than 2 GiB of text.
        LedgerError: a line gave neither a record nor a fault.
    """
    unfinished = np.zeros(0, np.int64)
    if dialect.parts is not None:
        joined_lines = join_parts(lines, dialect.parts)
        lines, unfinished = joined_lines.lines, joined_lines.open
    not_text = np.setdiff1d(invalid_utf8(lines), unfinished)
    heads = heads_of(record_bytes(lines), dialect)
    opened = np.flatnonzero(heads)
    opened = opened[opened + 1 < len(lines)]
    owed = np.flatnonzero(heads)[len(opened) :]  # the last line is a head that nothing follows
    aside = np.concatenate([not_text, unfinished, np.flatnonzero(heads)])
    documents = np.setdiff1d(np.arange(len(lines)), aside)
    found = _found(lines, documents, opened, dialect)
    place = np.asarray(found.column("place").to_numpy(), dtype=np.int64)
    if not np.array_equal(np.unique(place), documents) or (np.diff(place) < 0).any():
        raise LedgerError(f"of {len(documents)} lines {len(np.unique(place))} were unwrapped, or not in their order")
    item = np.arange(len(place)) - np.searchsorted(place, place)
    state = flat(found.column("state")).fill_null("")
    control = pc.equal(state, pa.scalar("control")).to_numpy(zero_copy_only=False)
    kept = np.flatnonzero(~control)
    text = flat(found.column("record")).cast(pa.binary()).take(kept)
    alone = np.concatenate([not_text, owed, unfinished])
    order = np.argsort(np.concatenate([place[kept], alone]), kind="stable")
    if text.null_count or len(alone):
        raw = record_bytes(lines)
        text = pc.coalesce(text, raw.take(place[kept]))
        text = pa.concat_arrays([text, raw.take(alone)]).take(order)
    lines_of = np.concatenate([place[kept], alone])[order]
    items = np.concatenate([item[kept], np.zeros(len(alone), np.int64)])[order]
    of_alone = ["utf8"] * len(not_text) + ["owed"] * len(owed) + ["unfinished"] * len(unfinished)
    states = pa.concat_arrays([state.take(kept), pa.array(of_alone, pa.string())]).take(order)
    records = _records(text, lines, lines_of, items)
    return Unwrapped(
        records=records,
        faulty=_faulty(records, states, dialect),
        control=int(control.sum()),
    )


def heads_of(raw: pa.Array, dialect: Dialect) -> Flags:
    """Which lines only announce the next one. A document that looks like a head is not one: it follows a head."""
    if dialect.head is None or not len(raw):
        return np.zeros(len(raw), dtype=bool)
    looks = looks_like_heads(raw, dialect)
    starts = np.flatnonzero(looks & ~np.concatenate([[False], looks[:-1]]))
    if not len(starts):
        return looks
    # In a run of lines that all look like heads, every second is a document.
    run = np.searchsorted(starts, np.arange(len(looks)), side="right") - 1
    return looks & ((np.arange(len(looks)) - starts[np.maximum(run, 0)]) % 2 == 0)


def looks_like_heads(raw: pa.Array, dialect: Dialect) -> Flags:
    """Which lines look like one that announces the next."""
    if dialect.head is None:
        return np.zeros(len(raw), dtype=bool)
    return pc.match_substring_regex(raw, dialect.head).to_numpy(zero_copy_only=False)


def _found(lines: Records, documents: Indices, opened: Indices, dialect: Dialect) -> pa.Table:
    if not len(documents):
        return pa.table({"place": pa.array([], pa.int64()), "state": pa.array([], pa.string()),
                         "record": pa.array([], pa.string())})  # fmt: skip
    table = pa.table({"place": pa.array(documents), "line": _unpacked(record_text(lines, documents), dialect)})
    if dialect.head is not None:
        before = np.where(np.isin(documents - 1, opened), documents - 1, -1)
        raw = record_bytes(lines).take(pa.array(before, mask=before < 0))
        table = table.append_column("head", raw.cast(pa.string()))
    return query_rows(query(dialect), table)


def _unpacked(lines: pa.Array, dialect: Dialect) -> pa.Array:
    """The lines, those that are encoded replaced by what they hold; one that can't be decoded stays as it is."""
    if dialect.packed is None or dialect.unpacked is None:
        return lines
    looks = pc.match_substring_regex(lines, dialect.packed)
    packed = lines.filter(looks).to_pylist()
    if not packed:
        return lines
    found = [dialect.unpacked(str(line)) or line for line in packed]
    return pc.replace_with_mask(lines, looks, pa.array(found, pa.string()))


def query(dialect: Dialect) -> str:
    """The SQL from `given` (`place`, `line`, `head`) to `place`, `state` and `record`, one row for each item."""
    known = "CASE WHEN json_valid(item) THEN item END AS item"
    sql = f"SELECT place, {known} FROM (SELECT place, {dialect.document} AS item FROM given)"
    sql = f"SELECT place, item, CASE WHEN item IS NULL THEN 'malformed' END AS state, '{{}}' AS context FROM ({sql})"
    sql = _exploded(sql, Level(path="$", absent="itself"), where=f"coalesce({dialect.is_list}, false)")
    if dialect.control != "false":
        sql = _restated(sql, f"CASE WHEN state IS NULL AND coalesce({dialect.control}, false) THEN 'control' END")
    for level in dialect.levels:
        if level.accepts != "true":
            sql = _restated(sql, f"CASE WHEN state IS NULL AND NOT coalesce({level.accepts}, false) THEN 'fault' END")
        sql = _exploded(sql, level)
    if dialect.empty != "false":
        sql = _restated(sql, f"CASE WHEN state IS NULL AND coalesce({dialect.empty}, false) THEN 'control' END")
    for step in dialect.steps:
        sql = f"SELECT *, {', '.join(f'{what} AS {name}' for name, what in step.items())} FROM ({sql})"
    sql = _restated(sql, f"CASE WHEN state IS NULL AND NOT coalesce({dialect.accepts}, false) THEN 'fault' END")
    named = {"time": f"to_json({dialect.time})", "envelope": dialect.envelope, "fields": dialect.fields}
    parts = ", ".join(f"CASE WHEN state IS NULL THEN {what} END AS said_{name}" for name, what in named.items())
    sql = f"SELECT place, item, state, {parts} FROM ({sql})"
    own = f"""'"{TIME}":' || said_time, '"{ENVELOPE}":' || nullif(said_envelope, '{{}}')"""
    members = f"concat_ws(',', {own}, nullif(said_fields, '{{}}')[2:-2])"
    record = f"CASE WHEN state IS NULL THEN '{{' || {members} || '}}' ELSE item END"
    return f"SELECT place, state, {record} AS record FROM ({sql})"


def _restated(sql: str, state: str) -> str:
    return f"SELECT * REPLACE (coalesce(state, {state}) AS state) FROM ({sql})"


def _exploded(sql: str, level: Level, *, where: str = "true") -> str:
    """One row for each element of the array at the level's path, in items for which `where` is true."""
    elements = f"CASE WHEN state IS NULL AND {where} THEN CAST(json_extract(item, '{level.path}[*]') AS VARCHAR[]) END"
    # The type is looked up only where there are no elements: each look-up reads the whole item.
    asked = f"len(elements) = 0 OR (elements IS NULL AND state IS NULL AND {where})"
    kind = f"CASE WHEN {asked} THEN json_type(item, '{level.path}') END"
    known = ", ".join(literal(key) for key in (*level.beside, level.path.rpartition(".")[2]))
    strange = f"len([key for key in json_keys(item) if key NOT IN ({known})]) > 0"
    empty = f"CASE WHEN {strange} THEN 'fault' ELSE 'control' END"
    absent = {"fault": "'fault'", "itself": "NULL", "empty": empty}[level.absent]
    wrong = "NULL" if level.path == "$" else "'fault'"
    state = (
        "CASE WHEN state IS NOT NULL THEN state WHEN len(elements) > 0 THEN NULL WHEN kind = 'ARRAY' THEN 'control' "
        f"WHEN kind IS NULL OR kind = 'NULL' THEN {absent} ELSE {wrong} END"
    )
    # Expressions beside an unnest are computed for each of its rows: so all others come before it.
    parts = (
        "SELECT place, CASE WHEN len(elements) > 0 THEN elements ELSE [CAST(item AS VARCHAR)] END AS items, "
        f"{state} AS state, CASE WHEN len(elements) > 0 THEN {level.context} ELSE context END AS context "
        f"FROM (SELECT *, {kind} AS kind FROM (SELECT *, {elements} AS elements FROM ({sql})))"
    )
    return f"SELECT place, unnest(items) AS item, state, context FROM ({parts})"


def _records(text: pa.Array, lines: Records, places: Indices, items: Indices) -> Records:
    if text.nbytes > MAX_BYTES:
        raise DataError("what is unwrapped from one chunk exceeds 2 GiB: make chunk_bytes smaller")
    return with_text(lines, text, places, items)


def _faulty(records: Records, states: pa.Array, dialect: Dialect) -> tuple[Faulty, ...]:
    reasons = {
        "utf8": ("invalid_utf8", "the line is not UTF-8"),
        "fault": ("not_of_dialect", f"expected {dialect.expected}"),
        "unfinished": ("unfinished_line", dialect.parts.missing if dialect.parts else ""),
        "owed": ("not_of_dialect", f"the line announces a record, and none follows; expected {dialect.expected}"),
    }
    malformed = np.flatnonzero(pc.equal(states, pa.scalar("malformed")).to_numpy(zero_copy_only=False))
    found = [fault for fault in not_json(records, malformed) if len(fault.records)]
    for state, (reason, words) in reasons.items():
        places = np.flatnonzero(pc.equal(states, pa.scalar(state)).to_numpy(zero_copy_only=False))
        if len(places):
            found.append(Faulty(records=places, reason=reason, words=words))
    return tuple(found)
