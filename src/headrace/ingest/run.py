"""Ingest from files to files: sources found, plan run, ledger checked, outputs put in place."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from concurrent.futures import Executor

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.config.templates import refuse_placeholders
from headrace.errors import DataError, UsageError
from headrace.examples.shards import SUFFIXES, shard_name, split_folder, write_shard
from headrace.execution import Engine, Observer, engine_of
from headrace.execution.progress import logged
from headrace.files.inputs import Inputs
from headrace.files.outputs import whole_directory
from headrace.files.storage import move, remove_folder
from headrace.ingest import steps
from headrace.ingest.faults.rejects import SCHEMA, placed
from headrace.ingest.files.chunking import cut
from headrace.ingest.files.find import find_files
from headrace.ingest.files.header_check import check_columns
from headrace.ingest.formats.file_format import Chunk
from headrace.ingest.parse import empty_rows
from headrace.ingest.plan import counts_of, fields_of, ingest_plan, pieces_of, unpack_plan
from headrace.ingest.result import IngestResult
from headrace.ingest.spec.fields import Field
from headrace.ingest.spec.ingest_spec import IngestSpec
from headrace.ingest.steps import ChunkCounts, Job
from headrace.ingest.summary import earlier_result, first_lines, summarized

logger = logging.getLogger("headrace.ingest")


def ingest(
    spec: IngestSpec,
    *,
    examples_dir: str,
    rejects_dir: str,
    engine: Engine | Executor | str | None = None,
    payload: str = "parquet",
    on_progress: Observer | None = None,
) -> IngestResult:
    """Reads all sources into `examples_dir/Split-<name>/` and `rejects_dir/rejects.parquet` with `ledger.json`.

    Args:
        spec: what to read, and how.
        examples_dir: a folder, local or with a scheme; what stands there is replaced when all is well.
        rejects_dir: the same, for what was turned away.
        engine: where the work is done: an engine, a `concurrent.futures.Executor`, or a name such as `threads:4`;
            None: what `HEADRACE_ENGINE` names, else threads of this process.
        payload: "parquet" (feature columns) or "tf_example" (gzipped TFRecords).
        on_progress: called with a step's name, and how many of its elements are done, of how many.

    Returns:
        The ledger, the alarms, and what the fields became. Rows stand in the order of the input; shards depend on the
        input and the spec only, not on the engine or the number of workers. Both folders appear whole or not at all.

    Raises:
        UsageError: an unknown payload or engine, or placeholders of the spec without a value.
        DataError: files or columns are missing, more rows rejected than `max_reject_share`, or any with policy "fail";
            a file changed while it was read.
        LedgerError: rows were lost.
    """
    if payload not in SUFFIXES:
        raise UsageError(f"payload must be one of {', '.join(SUFFIXES)}, got {payload!r}")
    refuse_placeholders(spec.to_json())
    runner = engine_of(engine)
    earlier = earlier_result(spec.earlier_ledger) if spec.earlier_ledger else None
    inputs = Inputs()
    files = find_files(spec.sources, may_lack=spec.health if spec.record else (), inputs=inputs)
    check_columns(files, spec.record)
    logger.info("found %d files", len(files), extra={"files": len(files), "sources": len(spec.sources)})
    with (
        whole_directory(rejects_dir) as rejects_out,
        whole_directory(examples_dir, shared=True) as examples_out,
        inputs.unchanged(),
    ):
        staging = os.path.join(examples_out, ".staging")
        unpacking = unpack_plan(files, staging, spec.chunk_bytes)
        pieces = (
            pieces_of(runner.run(unpacking, logged(logger, unpacking.name, on_progress)), files) if unpacking else {}
        )
        chunks = cut(files, spec.chunk_bytes, pieces)
        logger.info("cut into %d chunks", len(chunks), extra={"chunks": len(chunks), "unpacked": len(pieces)})
        job = Job(spec=spec, staging=staging, payload=payload)
        plan = ingest_plan(chunks, job)
        results = runner.run(plan, logged(logger, plan.name, on_progress))
        counts, fields = counts_of(results, spec), fields_of(results, spec)
        lines = first_lines(chunks, counts)
        rejects = _rejects(job, chunks, counts, lines)
        result = summarized(
            spec,
            chunks,
            counts,
            rejects,
            fields=fields,
            lines=lines,
            time_spans=lambda index: steps.time_spans_of(job, counts[index]),
            earlier=earlier,
        )
        _hold_policy(spec, result, rejects)
        _place_shards(examples_out, job, counts, fields)
        pq.write_table(rejects, os.path.join(rejects_out, "rejects.parquet"))
        with open(os.path.join(rejects_out, "ledger.json"), "w") as stream:
            stream.write(result.to_json())
    _log(result)
    return result


def _log(result: IngestResult) -> None:
    counts = {"rows": result.ledger.total, **result.ledger.parts}
    logger.info("ingested %s", result.ledger, extra={"counts": counts, "splits": dict(result.rows)})
    for alarm in result.alarms:
        logger.warning("alarm %s", alarm.code, extra={"code": alarm.code, "count": alarm.count})


def _rejects(
    job: Job, chunks: Sequence[Chunk], counts: Sequence[ChunkCounts], lines: Sequence[tuple[int, ...]]
) -> pa.Table:
    """All rejects, by file and line."""
    tables = [SCHEMA.empty_table()]
    for chunk in chunks:
        if not counts[chunk.index].rejected:
            continue
        found = steps.rejects_of(job, counts[chunk.index])
        place = before = 0  # the first reject of a file, and its first byte in the chunk
        for part, count, line in zip(chunk.parts, counts[chunk.index].parts, lines[chunk.index], strict=True):
            mine, start = found.slice(place, count.rejected), part.file.format.byte_offset(part)
            if start is not None:
                start -= before
            if count.rejected:
                file = part.file
                tables.append(placed(mine, source=file.source, file=file.path, first_line=line, start=start))
            place, before = place + count.rejected, before + part.end - part.start + 1
    return pa.concat_tables(tables)


def _hold_policy(spec: IngestSpec, result: IngestResult, rejects: pa.Table) -> None:
    count, read = rejects.num_rows, result.ledger.total
    if not count or (spec.policy != "fail" and count <= spec.max_reject_share * read):
        return
    first = rejects.slice(0, 1).to_pylist()[0]
    words = f"first {first['file']}, line {first['line']}: {first['words']} ({first['reason']}); it reads "
    words += repr(first["raw"][:200])
    if spec.policy == "fail":
        raise DataError(f"{count:,} of {read:,} rows are not as declared, and policy is 'fail'; {words}")
    raise DataError(
        f"{count:,} of {read:,} rows ({count / read:.2%}) are not as declared, "
        f"more than max_reject_share={spec.max_reject_share}; {words}"
    )


def _place_shards(out: str, job: Job, counts: Sequence[ChunkCounts], fields: Sequence[Field]) -> None:
    """Moves the shards of each split to their final names; a split without rows gets one that has its columns."""
    moves: list[tuple[str, str]] = []
    for number, split in enumerate(job.spec.splits):
        folder = split_folder(out, split)
        full = [one for one in counts if one.rows[number]]
        if not full:
            write_shard(empty_rows(fields), os.path.join(folder, shard_name(0, 1, job.payload)), job.payload)
        for shard, one in enumerate(full):
            target = os.path.join(folder, shard_name(shard, len(full), job.payload))
            moves.append((steps.shard_path(job, one, number), target))
    move(moves)
    # The staging folder lies inside the folder that becomes the output.
    remove_folder(job.staging)
