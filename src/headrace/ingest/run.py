"""Ingest from files to files: sources found, pipeline run, ledger checked, outputs put in place. Imports Beam."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq

from headrace.config.templates import refuse_unfilled
from headrace.errors import DataError, LedgerError, UsageError
from headrace.examples.shards import SUFFIXES, shard_name, split_folder, write_shard
from headrace.execution.beam import in_this_process
from headrace.execution.heap import frozen_heap
from headrace.files.outputs import whole_directory
from headrace.files.storage import exists, move, open_file, remove_folder
from headrace.ingest import stages
from headrace.ingest.beam import IngestChunks, unpacked
from headrace.ingest.faults.rejects import SCHEMA, placed
from headrace.ingest.files.chunking import cut
from headrace.ingest.files.find import find_files
from headrace.ingest.files.header_check import check_columns
from headrace.ingest.formats.file_format import Chunk
from headrace.ingest.parse import empty_rows, line_base
from headrace.ingest.progress import Tell, watched
from headrace.ingest.result import IngestResult
from headrace.ingest.spec.fields import Field
from headrace.ingest.spec.ingest_spec import IngestSpec
from headrace.ingest.summary import by_file, earlier_result, summarized

Counts = Mapping[str, Any]


def ingest(
    spec: IngestSpec,
    *,
    examples_dir: str,
    rejects_dir: str,
    make_pipeline: Callable[[], beam.Pipeline] | None = None,
    payload: str = "parquet",
    on_progress: Tell | None = None,
) -> IngestResult:
    """Reads all sources into `examples_dir/Split-<name>/` and `rejects_dir/rejects.parquet` with `ledger.json`.

    `payload` is "parquet" (feature columns) or "tf_example" (gzipped TFRecords). Rows stand in the order of the input;
    shards depend on the input and the spec only, not on workers. Both folders appear whole or not at all.
    `on_progress(done, total)` is called with numbers of chunks, where the outputs are local.

    Raises:
        UsageError: an unknown payload, or places of the spec that nothing has filled.
        DataError: files or columns are missing, more rows rejected than `max_reject_share`, or any with policy "fail".
        LedgerError: rows were lost.
    """
    if payload not in SUFFIXES:
        raise UsageError(f"payload must be one of {', '.join(SUFFIXES)}, got {payload!r}")
    refuse_unfilled(spec.to_json())
    earlier = earlier_result(spec.earlier_ledger) if spec.earlier_ledger else None
    files = find_files(spec.sources, may_lack=spec.health if spec.record else ())
    check_columns(files, spec.record)
    with whole_directory(rejects_dir) as rejects_out, whole_directory(examples_dir, shared=True) as examples_out:
        staging = os.path.join(examples_out, ".staging")
        pieces = unpacked(files, os.path.join(staging, "unpacked"), spec.chunk_bytes, make_pipeline or in_this_process)
        chunks = cut(files, spec.chunk_bytes, pieces)
        job = stages.Job(spec=spec, staging=staging, shards=os.path.join(staging, "shards"), payload=payload)
        with (
            watched(os.path.join(staging, "rejects"), len(chunks), on_progress),
            frozen_heap(),
            (make_pipeline or in_this_process)() as pipeline,
        ):
            pipeline | IngestChunks(chunks, job)
        counts = [_counts(job, chunk) for chunk in chunks]
        lines = _first_lines(chunks, counts)
        rejects = _rejects(job, chunks, counts, lines)
        result = summarized(
            spec,
            chunks,
            counts,
            rejects,
            first_lines=lines,
            stretches=lambda index: stages.stretches(job, index),
            earlier=earlier,
        )
        _hold_policy(spec, result, rejects)
        fields = [
            Field(name=name, kind=kind, unit="m" if kind == "quantity" else None)  # type: ignore[arg-type]
            for name, kind in result.fields.items()
        ]
        _place_shards(examples_out, job, counts, empty_rows(fields))
        pq.write_table(rejects, os.path.join(rejects_out, "rejects.parquet"))
        with open(os.path.join(rejects_out, "ledger.json"), "w") as stream:
            stream.write(result.to_json())
    return result


def _counts(job: stages.Job, chunk: Chunk) -> Counts:
    path = os.path.join(job.staging, "counts", f"{chunk.index}.json")
    if not exists(path):
        raise LedgerError(f"bytes {chunk.start} to {chunk.end} of {chunk.file.path} were handed to a worker and lost")
    with open_file(path) as stream:
        found: Counts = json.load(stream)
    return found


def _first_lines(chunks: Sequence[Chunk], counts: Sequence[Counts]) -> dict[int, int]:
    """The line on which each chunk starts: known only now that the lines before it are counted."""
    lines: dict[int, int] = {}
    for file, members in by_file(chunks):
        base = line_base(file, [counts[chunk.index]["lines"] for chunk in members])
        lines.update({chunk.index: line for chunk, line in zip(members, base, strict=True)})
    return lines


def _rejects(job: stages.Job, chunks: Sequence[Chunk], counts: Sequence[Counts], lines: Mapping[int, int]) -> pa.Table:
    """All rejects, by file and line."""
    tables = [SCHEMA.empty_table()]
    for chunk in chunks:
        if counts[chunk.index]["rejected"]:
            found = stages.read_staged(job, "rejects", chunk.index)
            file = chunk.file
            start = file.format.byte_offset(chunk)
            tables.append(placed(found, source=file.source, file=file.path, first_line=lines[chunk.index], start=start))
    return pa.concat_tables(tables)


def _hold_policy(spec: IngestSpec, result: IngestResult, rejects: pa.Table) -> None:
    count, read = rejects.num_rows, result.ledger.total
    if not count or (spec.policy != "fail" and count <= spec.max_reject_share * read):
        return
    first = rejects.slice(0, 1).to_pylist()[0]
    told = f"first {first['file']}, line {first['line']}: {first['words']} ({first['reason']}); it reads "
    told += repr(first["raw"][:200])
    if spec.policy == "fail":
        raise DataError(f"{count:,} of {read:,} rows are not as declared, and policy is 'fail'; {told}")
    raise DataError(
        f"{count:,} of {read:,} rows ({count / read:.2%}) are not as declared, "
        f"more than max_reject_share={spec.max_reject_share}; {told}"
    )


def _place_shards(out: str, job: stages.Job, counts: Sequence[Counts], none: pa.Table) -> None:
    """Moves the shards of each split to their final names; a split without rows gets one that has its columns."""
    moves: list[tuple[str, str]] = []
    for number, split in enumerate(job.spec.splits):
        folder = split_folder(out, split)
        full = [count["chunk"] for count in counts if count["rows"][number]]
        if not full:
            write_shard(none, os.path.join(folder, shard_name(0, 1, job.payload)), job.payload)
        for place, chunk in enumerate(full):
            target = os.path.join(folder, shard_name(place, len(full), job.payload))
            moves.append((stages.shard_path(job, number, chunk), target))
    move(moves)
    # Still inside the folder that is not in place yet.
    remove_folder(job.staging)
