"""What a worker does with one chunk or one bucket of keys: pure steps from files to files, for any engine to run.

    guess     chunk  -> as parse, by the kinds that the chunk itself shows, where kinds are left to the data
    parse     chunk  -> its rows as staged Parquet, its rejects, its keys in buckets
    mark      bucket -> which rows of which chunk are duplicates
    places    all    -> how many rows are accepted before each chunk, where splits are exact
    finish    chunk  -> the staged rows without duplicates, one shard a split

Each step writes under a folder of its own and gives back counts, small and plain, that travel as JSON.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headrace.duckdb_engine import connected, flat
from headrace.errors import DataError
from headrace.examples.shards import write_shard
from headrace.examples.splits import entity_text, exact_numbers, hashed, split_numbers
from headrace.files.outputs import whole_file
from headrace.files.storage import exists, local_copies, open_file, remove
from headrace.ingest.formats.file_format import Chunk
from headrace.ingest.health.health_counts import vitals
from headrace.ingest.parse import Parsed, guess_chunk, parse_chunk, refuses_unknown
from headrace.ingest.records.json_objects import record_text
from headrace.ingest.records.records import Indices
from headrace.ingest.spec.fields import Field
from headrace.ingest.spec.ingest_spec import IngestSpec
from headrace.parquet import read_table

PLACE = "__row"
SPLIT = "__split"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What all steps know: the spec, where to stage, where shards go, and in which payload."""

    spec: IngestSpec
    staging: str
    shards: str
    payload: str


def parse(chunk: Chunk, fields: Sequence[Field], job: Job) -> dict[str, Any]:
    """Parses a chunk and stages what it gives. Counts: read, lines, rejected, withheld, and rows by split.

    Where nothing depends on other chunks (no key, no exact split), the shards are written at once.
    """
    only = refuses_unknown(job.spec.record)
    return _store(parse_chunk(chunk, fields, only=only, nullable=job.spec.nullable_fields), chunk, job)


def guess(chunk: Chunk, job: Job) -> dict[str, Any]:
    """Parses a chunk by the kinds that it shows itself: counts as of `parse`, its `kinds` and its `fields`.

    Of a chunk that lacks what others may have (a field to split by, any field at all) nothing is staged, and `fields`
    is None: it is parsed again by the fields of all.
    """
    spec = job.spec
    found = guess_chunk(chunk, spec.record, nullable=spec.nullable_fields)
    names = {field.name for field in found.fields}
    if not names or not names.issuperset([*spec.key, *spec.split_by, *([spec.order_by] if spec.order_by else [])]):
        # Without messages that are meant to hold no record: those need no field.
        counted = {"read": len(found.parsed.records), "rejected": found.parsed.rejects.num_rows}
        return {"chunk": chunk.index, "kinds": found.kinds, "fields": None, **counted}
    return {"kinds": found.kinds, "fields": found.fields, **_store(found.parsed, chunk, job)}


def forget(chunk: Chunk, job: Job) -> None:
    """Removes what was staged of a chunk, so that it can be parsed again by other kinds."""
    for bucket in range(job.spec.buckets if job.spec.key else 0):
        path = _staged(job, f"keys-{bucket}", chunk.index)
        if exists(path):
            remove(path)


def _store(parsed: Parsed, chunk: Chunk, job: Job) -> dict[str, Any]:
    spec = job.spec
    _write(parsed.rejects, job, "rejects", chunk.index)
    rows, kept, inside = _inside(parsed, spec)
    counts = {
        "chunk": chunk.index,
        "read": len(parsed.records) + parsed.control,
        "lines": parsed.records.line_count,
        "rejected": parsed.rejects.num_rows,
        "withheld": parsed.rows.num_rows - rows.num_rows,
        "duplicate": 0,
        "nulled": list(parsed.nulled),
    }
    if spec.unwraps:
        counts["control"] = parsed.control
    if chunk.file.source in spec.health:
        counts["vitals"] = _take_vitals(parsed, rows, inside, chunk, job)
    split = _splits(parsed, rows, kept, spec)
    if not spec.waits:
        return {**counts, "rows": _write_shards(rows, split, chunk, job)}
    counts["staged"] = rows.num_rows
    if spec.key:
        _stage_keys(rows, chunk, job)
    _write(rows.append_column(SPLIT, pa.array(split.astype(np.int32))), job, "rows", chunk.index)
    return counts


def mark(bucket: int, chunks: Sequence[int], job: Job) -> int:
    """Finds the duplicates among the keys of one bucket, over all chunks; stages them; gives their number."""
    folder = os.path.join(job.staging, f"keys-{bucket}")
    files = [path for path in (os.path.join(folder, f"{chunk}.parquet") for chunk in chunks) if exists(path)]
    order = "ASC NULLS LAST" if job.spec.keep == "first" else "DESC NULLS LAST"
    place = "ASC" if job.spec.keep == "first" else "DESC"
    ranked = f"row_number() OVER (PARTITION BY key ORDER BY value {order}, chunk {place}, row {place})"
    if not files:
        return 0
    with connected() as connection, local_copies(files) as paths:
        sql = (
            f"SELECT chunk, row FROM (SELECT chunk, row, {ranked} AS rank FROM read_parquet($files)) "
            "WHERE rank > 1 ORDER BY chunk, row"
        )
        found = connection.execute(sql, {"files": paths}).fetch_arrow_table()
    _write(found, job, "duplicates", bucket)
    return found.num_rows


def places(counts: Sequence[Mapping[str, Any]], buckets: Sequence[int], job: Job) -> dict[int, int]:
    """For each chunk, how many rows are accepted in the chunks before it; `counts` are those of all chunks."""
    ordered = sorted(counts, key=lambda one: one["chunk"])
    away = dict.fromkeys((one["chunk"] for one in ordered), 0)
    for table in _duplicates(buckets, job):
        for pair in pc.value_counts(table.column("chunk")).to_pylist():
            away[pair["values"]] += pair["counts"]
    found, place = {}, 0
    for one in ordered:
        found[one["chunk"]] = place
        place += one["staged"] - away[one["chunk"]]
    return found


def finish(
    counts: Mapping[str, Any], chunk: Chunk, buckets: Sequence[int], job: Job, *, place: int = 0
) -> dict[str, Any]:
    """Writes the shards of a chunk from its staged rows, without duplicates; adds `duplicate` and `rows` to counts.

    `place` rows are accepted in the chunks before this one.
    """
    rows = read_staged(job, "rows", chunk.index)
    keep = np.ones(rows.num_rows, dtype=bool)
    for table in _duplicates(buckets, job, filters=[("chunk", "=", chunk.index)]):
        keep[table.column("row").to_numpy()] = False
    split = rows.column(SPLIT).to_numpy()[keep]
    rows = rows.drop([SPLIT]).filter(pa.array(keep))
    if job.spec.split_exact:
        split = exact_numbers(place, rows.num_rows, job.spec.splits)
    return {**counts, "duplicate": int((~keep).sum()), "rows": _write_shards(rows, split, chunk, job)}


def _duplicates(buckets: Sequence[int], job: Job, **options: Any) -> Iterator[pa.Table]:
    for bucket in buckets:
        path = _staged(job, "duplicates", bucket)
        if exists(path):
            yield _read(path, **options)


def shard_path(job: Job, split: int, chunk: int) -> str:
    """Where the rows of one split of one chunk are written; none is written where there are no rows."""
    return os.path.join(job.shards, f"{split}-{chunk}")


def stretches(job: Job, chunk: int) -> pa.Table:
    """When the records of a chunk are, as its health wants to know it."""
    return read_staged(job, "stretches", chunk)


def _inside(parsed: Parsed, spec: IngestSpec) -> tuple[pa.Table, Indices, pa.Array | None]:
    """The rows inside the time range, their records, and a mask of them (None: all); the others are withheld."""
    if not spec.between:
        return parsed.rows, parsed.kept, None
    moment = parsed.rows.column(spec.between.field)
    inside = pc.and_(
        pc.greater_equal(moment, spec.between.start_us),
        pc.less(moment, spec.between.end_us),
    )
    inside = flat(pc.fill_null(inside, False))
    if pc.all(inside).as_py() is not False:
        return parsed.rows, parsed.kept, None
    return parsed.rows.filter(inside), parsed.kept[inside.to_numpy(zero_copy_only=False)], inside


def _splits(parsed: Parsed, rows: pa.Table, kept: Indices, spec: IngestSpec) -> Indices:
    """The split of each row; not yet known, and 0, where splits are exact."""
    if spec.split_exact:
        return np.zeros(rows.num_rows, np.int64)
    if spec.split_time:
        return spec.split_time.numbers(rows.column(spec.split_time.field))
    if spec.split_by:
        text = entity_text(rows, _known(spec.split_by, rows, "split_by"))
    else:
        text = pc.utf8_rtrim(record_text(parsed.records, kept), characters="\r\n")
    return split_numbers(text, spec.splits)


def _take_vitals(parsed: Parsed, rows: pa.Table, inside: pa.Array | None, chunk: Chunk, job: Job) -> dict[str, Any]:
    masks = parsed.defaulted
    if inside is not None:
        masks = {name: mask.filter(inside) for name, mask in masks.items()}
    found, times = vitals(rows, masks, job.spec.health[chunk.file.source])
    _write(times, job, "stretches", chunk.index)
    return found


def _stage_keys(rows: pa.Table, chunk: Chunk, job: Job) -> None:
    spec = job.spec
    names = _known(spec.key, rows, "key")
    # A row that lacks part of its key can't be told from any other: it is nobody's duplicate.
    whole = np.ones(rows.num_rows, dtype=bool)
    for name in names:
        whole &= rows.column(name).is_valid().to_numpy()
    places = np.flatnonzero(whole)
    key = entity_text(rows, names).take(pa.array(places))
    value = pa.nulls(len(places), pa.int8())
    if spec.order_by:
        value = rows.column(_known((spec.order_by,), rows, "order_by")[0]).take(pa.array(places))
    number = pa.array(np.full(len(places), chunk.index))
    table = pa.table({"key": key, "value": value, "chunk": number, "row": pa.array(places)})
    bucket = hashed(key, spec.buckets)
    for which in np.unique(bucket).tolist():
        _write(table.filter(pa.array(bucket == which)), job, f"keys-{which}", chunk.index)


def _known(names: Sequence[str], rows: pa.Table, what: str) -> list[str]:
    absent = [name for name in names if name not in rows.column_names]
    if absent:
        raise DataError(f"{what} names {', '.join(absent)}, which the data lack; they have {rows.column_names}")
    return list(names)


def _write_shards(rows: pa.Table, split: np.ndarray, chunk: Chunk, job: Job) -> list[int]:  # type: ignore[type-arg]
    counts = []
    for number in range(len(job.spec.splits)):
        part = rows if len(job.spec.splits) == 1 else rows.filter(pa.array(split == number))
        counts.append(part.num_rows)
        if part.num_rows:
            write_shard(part, shard_path(job, number, chunk.index), job.payload)
    return counts


def read_staged(job: Job, what: str, number: int) -> pa.Table:
    """What a step staged of one chunk or bucket."""
    return _read(_staged(job, what, number))


def _read(path: str, **options: Any) -> pa.Table:
    with open_file(path) as stream:
        return read_table(path, stream, **options)


def _staged(job: Job, what: str, number: int) -> str:
    return os.path.join(job.staging, what, f"{number}.parquet")


def _write(table: pa.Table, job: Job, what: str, number: int) -> None:
    # Whole or not at all, under one name: a step that is run again replaces what it wrote before.
    with whole_file(_staged(job, what, number)) as path:
        pq.write_table(table, path, compression="snappy")
