"""Ingest as plans of steps: elements are files, chunks and buckets of keys, never rows; `steps` has what is done.

unpack_plan     unpack                                       files that can't be entered in the middle
ingest_plan     parse                                        all kinds are declared
                guess -> parse again                         kinds are left to the data
                ... -> mark duplicates -> finish             a key, or an exact split
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from headrace.errors import DataError
from headrace.execution.plan import Plan, Results, Step
from headrace.ingest import steps
from headrace.ingest.formats.file_format import Chunk, InputFile, Piece
from headrace.ingest.parse import must_infer_kinds, refuse_bare, resolve_kinds
from headrace.ingest.spec.fields import Field
from headrace.ingest.spec.ingest_spec import IngestSpec
from headrace.ingest.steps import ChunkCounts, FinishItem, GuessedChunk, Job, KeyBucket, ParseItem, Unpacked
from headrace.ingest.values.infer_kind import merged_columns

UNPACK, PARSE, GUESS, AGAIN, MARK, FINISH = "unpack", "parse", "guess", "parse again", "mark duplicates", "finish"


def unpack_plan(files: Sequence[InputFile], staging: str, chunk_bytes: int) -> Plan | None:
    """Unpacks the files that can't be entered in the middle; None where there are none."""
    items = _to_unpack(files)
    if not items:
        return None
    work = partial(steps.unpack, folder=os.path.join(staging, "unpacked"), chunk_bytes=chunk_bytes)
    return Plan(name="unpack", staging=staging, steps=(Step(name=UNPACK, work=work, items=items, describe=_file),))


def pieces_of(results: Results, files: Sequence[InputFile]) -> dict[int, Sequence[Piece]]:
    """The pieces of the files that were unpacked, by index in `files`.

    Raises:
        DataError: every file that is cut off or corrupt, in one message.
    """
    found: Sequence[Unpacked] = results[UNPACK]
    if faults := [one.fault for one in found if one.fault]:
        raise DataError("\n".join(faults))
    return {number: one.pieces for (number, _), one in zip(_to_unpack(files), found, strict=True)}


def ingest_plan(chunks: Sequence[Chunk], job: Job) -> Plan:
    """From chunks to staged shards and rejects; `counts_of` and `fields_of` read its results."""
    spec = job.spec
    plan: list[Step[Any, Any]]
    if must_infer_kinds(spec.record):
        guess = partial(steps.guess, job=job, step="guess")
        again = partial(steps.parse, job=job, step="parse")
        plan = [
            Step(name=GUESS, work=guess, items=chunks, describe=_chunk),
            Step(name=AGAIN, work=again, items=partial(_to_parse_again, chunks=chunks, spec=spec), describe=_item),
        ]
    else:
        fields = resolve_kinds(spec.record, {})
        items = [ParseItem(chunk=chunk, fields=fields) for chunk in chunks]
        plan = [Step(name=PARSE, work=partial(steps.parse, job=job, step="parse"), items=items, describe=_item)]
    if spec.key:
        items_of = partial(_buckets, spec=spec)
        plan.append(Step(name=MARK, work=partial(steps.mark, job=job), items=items_of, describe=_bucket))
    if spec.needs_second_pass:
        work = partial(steps.finish, job=job)
        plan.append(Step(name=FINISH, work=work, items=partial(_to_finish, spec=spec), describe=_parsed))
    return Plan(name="ingest", staging=job.staging, steps=plan)


def counts_of(results: Results, spec: IngestSpec) -> list[ChunkCounts]:
    """The final counts of each chunk, by its index."""
    return list(results[FINISH]) if spec.needs_second_pass else _counts(results, spec)


def fields_of(results: Results, spec: IngestSpec) -> tuple[Field, ...]:
    """The fields by which all chunks were parsed."""
    guessed: Sequence[GuessedChunk] = results.get(GUESS, ())
    return resolve_kinds(spec.record, merged_columns(one.kinds for one in guessed))


def _to_unpack(files: Sequence[InputFile]) -> list[tuple[int, InputFile]]:
    return [(number, file) for number, file in enumerate(files) if file.must_unpack]


def _to_parse_again(results: Results, *, chunks: Sequence[Chunk], spec: IngestSpec) -> list[ParseItem]:
    """The chunks that show other kinds than the data as a whole."""
    guessed: Sequence[GuessedChunk] = results[GUESS]
    fields = fields_of(results, spec)
    refuse_bare(
        fields,
        (
            (part.file.path, count.records, count.rejected)
            for chunk, one in zip(chunks, guessed, strict=True)
            for part, count in zip(chunk.parts, one.parts, strict=True)
        ),
    )
    return [
        ParseItem(chunk=chunk, fields=fields)
        for chunk, one in zip(chunks, guessed, strict=True)
        if one.fields != fields
    ]


def _counts(results: Results, spec: IngestSpec) -> list[ChunkCounts]:
    """The counts of each parsed chunk, by its index."""
    if not must_infer_kinds(spec.record):
        return list(results[PARSE])
    again: Mapping[int, ChunkCounts] = {one.chunk: one for one in results[AGAIN]}
    return [again.get(index, one.counts) for index, one in enumerate(results[GUESS])]


def _buckets(results: Results, *, spec: IngestSpec) -> list[KeyBucket]:
    chunks: dict[int, list[tuple[str, int]]] = {}
    for one in _counts(results, spec):
        for bucket in one.key_buckets:
            chunks.setdefault(bucket, []).append((one.step, one.chunk))
    return [KeyBucket(number=bucket, chunks=tuple(chunks[bucket])) for bucket in sorted(chunks)]


def _to_finish(results: Results, *, spec: IngestSpec) -> list[FinishItem]:
    marked: Sequence[Mapping[int, int]] = results.get(MARK, ())
    numbers = [bucket.number for bucket in _buckets(results, spec=spec)] if spec.key else []
    items, rows_before = [], 0
    for one in _counts(results, spec):
        duplicates = {
            bucket: away[one.chunk] for bucket, away in zip(numbers, marked, strict=True) if one.chunk in away
        }
        items.append(FinishItem(counts=one, buckets=tuple(duplicates), rows_before=rows_before))
        rows_before += one.staged - sum(duplicates.values())
    return items


def _file(numbered: tuple[int, InputFile]) -> str:
    return numbered[1].path


def _chunk(chunk: Chunk) -> str:
    if chunk.also:
        return f"{chunk.file.path} and the next {len(chunk.also):,} files"
    return f"{chunk.file.path}, {chunk.start:,} to {chunk.end:,}"


def _item(item: ParseItem) -> str:
    return _chunk(item.chunk)


def _bucket(bucket: KeyBucket) -> str:
    return f"bucket {bucket.number} of keys"


def _parsed(item: FinishItem) -> str:
    return f"chunk {item.counts.chunk}"
