"""What a worker does with one file, chunk or bucket of keys: pure steps from files to files, for any engine to run.

    unpack    file    -> pieces of a chunk each, where the file can't be entered in the middle
    guess     chunk   -> as parse, with kinds inferred from this chunk alone, where the spec leaves them to the data
    parse     chunk   -> its rows as staged Parquet, its rejects, its keys in buckets
    mark      bucket  -> which rows of which chunk are duplicates
    finish    chunk   -> the staged rows without duplicates, one shard a split

Each step writes under names of its own, so that a late second attempt of one step can't change what a later step
wrote; it returns counts, small and plain, which also say where the files are.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headrace.duckdb_engine import connected, flat
from headrace.errors import DataError
from headrace.examples.layout import to_features
from headrace.examples.shards import write_shard
from headrace.examples.splits import Numbers, entity_text, exact_numbers, hashed, split_numbers
from headrace.files.outputs import whole_file
from headrace.files.parquet import read_table
from headrace.files.storage import local_copies, open_file
from headrace.ingest.faults.null_field import NulledValues
from headrace.ingest.formats.file_format import Chunk, InputFile, Piece
from headrace.ingest.health.health_counts import HealthCounts, health_counts
from headrace.ingest.parse import Parsed, guess_chunk, parse_chunk, refuses_unknown
from headrace.ingest.records.find_records import LF, Indices
from headrace.ingest.records.json_objects import record_text
from headrace.ingest.records.value_counts import value_counts
from headrace.ingest.spec.fields import Field
from headrace.ingest.spec.ingest_spec import IngestSpec

SPLIT = "__split"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What all steps know: the spec, the folder for what they stage, and the payload of the shards."""

    spec: IngestSpec
    staging: str
    payload: str


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """The pieces of a file; or `fault`, why it can't be unpacked."""

    pieces: tuple[Piece, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, kw_only=True)
class PartCounts:
    """What became of the records that a chunk has of one file: records = rejected + withheld + rows.

    Attributes:
        records: how many it has; `control` counts messages of a log collector that are meant to hold none.
        lines: line breaks, and, of several files in one chunk, the one behind each.
        withheld: outside of the time range of the spec.
        rows: all others, duplicates among them.
        duplicate: known once the shards of the chunk are written.
    """

    records: int
    lines: int
    rejected: int
    withheld: int
    rows: int
    control: int = 0
    duplicate: int = 0


@dataclass(frozen=True, kw_only=True)
class ChunkCounts:
    """What became of the records of a chunk.

    Attributes:
        chunk: its index.
        step: the step that staged its files.
        parts: what became of those of each of its files.
        rows: accepted, by split; empty until its shards are written.
        key_buckets: buckets in which it has keys.
    """

    chunk: int
    step: str
    parts: tuple[PartCounts, ...]
    rows: tuple[int, ...] = ()
    key_buckets: tuple[int, ...] = ()
    nulled: tuple[NulledValues, ...] = ()
    health: HealthCounts | None = None

    @property
    def rejected(self) -> int:
        """Rejects of all files."""
        return sum(part.rejected for part in self.parts)

    @property
    def staged(self) -> int:
        """Rows of all files, duplicates among them."""
        return sum(part.rows for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class GuessedChunk:
    """The kinds that a chunk shows, by path, and the fields by which it was parsed.

    A field that the spec needs may be absent here and present in other chunks: then nothing is staged, `fields` and
    `counts` are None, and the chunk is parsed again with the fields of all chunks. `parts` are those of its files.
    """

    kinds: Mapping[str, str]
    parts: tuple[PartCounts, ...]
    fields: tuple[Field, ...] | None = None
    counts: ChunkCounts | None = None


@dataclass(frozen=True, kw_only=True)
class ParseItem:
    """A chunk, and the fields to parse it by."""

    chunk: Chunk
    fields: tuple[Field, ...]


@dataclass(frozen=True, kw_only=True)
class KeyBucket:
    """A bucket of keys, and the chunks that have any in it: the step that staged them, and the index."""

    number: int
    chunks: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class FinishItem:
    """A parsed chunk, the buckets that have duplicates in it, and how many rows are accepted in chunks before it."""

    counts: ChunkCounts
    buckets: tuple[int, ...]
    rows_before: int


def unpack(numbered: tuple[int, InputFile], *, folder: str, chunk_bytes: int) -> Unpacked:
    """Unpacks a file into a folder of its number."""
    number, file = numbered
    try:
        return Unpacked(pieces=tuple(file.format.pieces(file, os.path.join(folder, str(number)), chunk_bytes)))
    except DataError as error:
        return Unpacked(fault=f"source {file.source!r}: {error}")


def parse(item: ParseItem, *, job: Job, step: str) -> ChunkCounts:
    """Parses a chunk and stages what it gives.

    Where nothing depends on other chunks (no key, no exact split), the shards are written at once.
    """
    only = refuses_unknown(job.spec.record)
    parsed = parse_chunk(item.chunk, item.fields, only=only, nullable=job.spec.nullable_fields)
    return _store(parsed, item.chunk, job, step)


def guess(chunk: Chunk, *, job: Job, step: str) -> GuessedChunk:
    """Parses a chunk by the kinds that it shows itself."""
    spec = job.spec
    found = guess_chunk(chunk, spec.record, nullable=spec.nullable_fields)
    guessed = GuessedChunk(kinds=found.kinds, parts=_parts(chunk, found.parsed, found.parsed.kept))
    names = {field.name for field in found.fields}
    if not names or not names.issuperset([*spec.key, *spec.split_by, *([spec.order_by] if spec.order_by else [])]):
        return guessed
    return replace(guessed, fields=found.fields, counts=_store(found.parsed, chunk, job, step))


def mark(bucket: KeyBucket, *, job: Job) -> dict[int, int]:
    """Finds the duplicates among the keys of one bucket, over all chunks, and stages them; their number by chunk."""
    files = [_staged(job, step, f"keys-{bucket.number}", chunk) for step, chunk in bucket.chunks]
    if not files:
        return {}
    order = "ASC NULLS LAST" if job.spec.keep == "first" else "DESC NULLS LAST"
    ties = "ASC" if job.spec.keep == "first" else "DESC"
    ranked = f"row_number() OVER (PARTITION BY key ORDER BY value {order}, chunk {ties}, row {ties})"
    with connected() as connection, local_copies(files) as paths:
        sql = (
            f"SELECT chunk, row FROM (SELECT chunk, row, {ranked} AS rank FROM read_parquet($files)) "
            "WHERE rank > 1 ORDER BY chunk, row"
        )
        found = connection.execute(sql, {"files": paths}).fetch_arrow_table()
    _write(found, _staged(job, "mark", "duplicates", bucket.number))
    return value_counts(found.column("chunk"))


def finish(item: FinishItem, *, job: Job) -> ChunkCounts:
    """Writes the shards of a chunk from its staged rows, without duplicates."""
    counts, step = item.counts, "finish"
    rows = _read(_staged(job, counts.step, "rows", counts.chunk))
    keep = np.ones(rows.num_rows, dtype=bool)
    for bucket in item.buckets:
        path = _staged(job, "mark", "duplicates", bucket)
        keep[_read(path, filters=[("chunk", "=", counts.chunk)]).column("row").to_numpy()] = False
    split = rows.column(SPLIT).to_numpy()[keep]
    rows = rows.drop([SPLIT]).filter(pa.array(keep))
    if job.spec.split_exact:
        split = exact_numbers(item.rows_before, rows.num_rows, job.spec.splits)
    written = _write_shards(rows, split, counts.chunk, job, step)
    part_of = np.repeat(np.arange(len(counts.parts)), [part.rows for part in counts.parts])
    duplicates = np.bincount(part_of[~keep], minlength=len(counts.parts)).tolist()
    parts = tuple(replace(part, duplicate=count) for part, count in zip(counts.parts, duplicates, strict=True))
    return replace(counts, parts=parts, rows=written)


def shard_path(job: Job, counts: ChunkCounts, split: int) -> str:
    """Where the rows of one split of a chunk are staged as a shard; there is no file where there are no rows."""
    step = "finish" if job.spec.needs_second_pass else counts.step
    return _shard_path(job, step, split, counts.chunk)


def rejects_of(job: Job, counts: ChunkCounts) -> pa.Table:
    """The rejects of a chunk, with lines and bytes counted from its start."""
    return _read(_staged(job, counts.step, "rejects", counts.chunk))


def time_spans_of(job: Job, counts: ChunkCounts) -> pa.Table:
    """The time spans of the records of a chunk, as `headrace.ingest.health.health_counts` defines them."""
    return _read(_staged(job, counts.step, "time_spans", counts.chunk))


def _store(parsed: Parsed, chunk: Chunk, job: Job, step: str) -> ChunkCounts:
    spec = job.spec
    if parsed.rejects.num_rows:
        _write(parsed.rejects, _staged(job, step, "rejects", chunk.index))
    rows, kept, inside = _inside(parsed, spec)
    counts = ChunkCounts(chunk=chunk.index, step=step, parts=_parts(chunk, parsed, kept), nulled=parsed.nulled)
    if chunk.file.source in spec.health:
        counts = replace(counts, health=_stage_health(parsed, rows, inside, chunk, job, step))
    split = _splits(parsed, rows, kept, spec)
    if not spec.needs_second_pass:
        return replace(counts, rows=_write_shards(rows, split, chunk.index, job, step))
    staged = rows.append_column(SPLIT, pa.array(split.astype(np.int32)))
    _write(staged, _staged(job, step, "rows", chunk.index))
    buckets = _stage_keys(rows, chunk, job, step) if spec.key else ()
    return replace(counts, key_buckets=buckets)


def _parts(chunk: Chunk, parsed: Parsed, inside: Indices) -> tuple[PartCounts, ...]:
    """What became of the records of each file of a chunk, of which those `inside` the time range go on."""
    records, count = parsed.records, len(chunk.parts)
    ends = np.cumsum([part.end - part.start + 1 for part in chunk.parts])  # with the line break behind each
    part_of, of_rejects = np.zeros(len(records), np.int64), np.zeros(parsed.rejects.num_rows, np.int64)
    lines = np.array([records.line_count])
    if count > 1:
        part_of = np.searchsorted(ends, records.starts, side="right")
        of_rejects = np.searchsorted(ends, parsed.rejects.column("byte_offset").to_numpy(), side="right")
        lines = np.diff(np.searchsorted(np.flatnonzero(records.data == LF), ends), prepend=0)
    read, accepted, rows, rejected = (
        np.bincount(found, minlength=count).tolist()
        for found in (part_of, part_of[parsed.kept], part_of[inside], of_rejects)
    )
    return tuple(
        PartCounts(
            records=read[part],
            lines=int(lines[part]),
            rejected=rejected[part],
            withheld=accepted[part] - rows[part],
            rows=rows[part],
            control=parsed.control if part == 0 else 0,
        )
        for part in range(count)
    )


def _inside(parsed: Parsed, spec: IngestSpec) -> tuple[pa.Table, Indices, pa.Array | None]:
    """The rows inside the time range, their records, and a mask of them (None: all); the others are withheld."""
    if not spec.between:
        return parsed.rows, parsed.kept, None
    times = parsed.rows.column(spec.between.field)
    start, end = pa.scalar(spec.between.start_us), pa.scalar(spec.between.end_us)
    inside = flat(pc.and_(pc.greater_equal(times, start), pc.less(times, end)).fill_null(False))
    if pc.all(inside).as_py() is not False:
        return parsed.rows, parsed.kept, None
    return parsed.rows.filter(inside), parsed.kept[inside.to_numpy(zero_copy_only=False)], inside


def _splits(parsed: Parsed, rows: pa.Table, kept: Indices, spec: IngestSpec) -> Numbers:
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


def _stage_health(
    parsed: Parsed, rows: pa.Table, inside: pa.Array | None, chunk: Chunk, job: Job, step: str
) -> HealthCounts:
    masks = parsed.defaulted
    if inside is not None:
        masks = {name: mask.filter(inside) for name, mask in masks.items()}
    found, time_spans = health_counts(rows, masks, job.spec.health[chunk.file.source])
    _write(time_spans, _staged(job, step, "time_spans", chunk.index))
    return found


def _stage_keys(rows: pa.Table, chunk: Chunk, job: Job, step: str) -> tuple[int, ...]:
    """Stages the keys of a chunk by bucket; the buckets that got any."""
    spec = job.spec
    names = _known(spec.key, rows, "key")
    # A row that lacks part of its key can't be told from any other, so it is never a duplicate.
    whole = np.ones(rows.num_rows, dtype=bool)
    for name in names:
        whole &= rows.column(name).is_valid().to_numpy()
    indices = np.flatnonzero(whole)
    key = entity_text(rows, names).take(indices)
    value: pa.Array | pa.ChunkedArray = pa.nulls(len(indices), pa.int8())
    if spec.order_by:
        value = rows.column(_known((spec.order_by,), rows, "order_by")[0]).take(indices)
    number = pa.array(np.full(len(indices), chunk.index))
    table = pa.table({"key": key, "value": value, "chunk": number, "row": pa.array(indices)})
    bucket = hashed(key, spec.buckets)
    found = np.unique(bucket).tolist()
    for which in found:
        _write(table.filter(pa.array(bucket == which)), _staged(job, step, f"keys-{which}", chunk.index))
    return tuple(found)


def _known(names: Sequence[str], rows: pa.Table, what: str) -> list[str]:
    absent = [name for name in names if name not in rows.column_names]
    if absent:
        raise DataError(f"{what} names {', '.join(absent)}, which the data lack; they have {rows.column_names}")
    return list(names)


def _write_shards(rows: pa.Table, split: Numbers, chunk: int, job: Job, step: str) -> tuple[int, ...]:
    splits = len(job.spec.splits)
    if splits > 1:  # the rows of each split one after the other
        rows = rows.take(np.argsort(split.astype(np.int16), kind="stable"))
    features = to_features(rows)
    counts = np.bincount(split, minlength=splits).tolist()
    for number, start in enumerate(itertools.accumulate(counts[:-1], initial=0)):
        if counts[number]:
            write_shard(features.slice(start, counts[number]), _shard_path(job, step, number, chunk), job.payload)
    return tuple(counts)


def _shard_path(job: Job, step: str, split: int, chunk: int) -> str:
    return os.path.join(job.staging, step, "shards", f"{split}-{chunk}")


def _staged(job: Job, step: str, what: str, number: int) -> str:
    return os.path.join(job.staging, step, what, f"{number}.parquet")


def _read(path: str, **options: Any) -> pa.Table:
    with open_file(path) as stream:
        return read_table(path, stream, **options)


def _write(table: pa.Table, path: str) -> None:
    # Whole or not at all, under one name: a second attempt replaces what the first one wrote with the same bytes.
    with whole_file(path) as staging:
        pq.write_table(table, staging, compression="snappy")
