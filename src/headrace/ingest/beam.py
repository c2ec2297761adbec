"""Ingest as a Beam pipeline: elements are chunks and buckets of keys, never rows. Wires only. Imports Beam."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

import apache_beam as beam

from headrace.ingest import stages
from headrace.ingest.fields import Field
from headrace.ingest.files import Chunk
from headrace.ingest.observe import merged_columns
from headrace.ingest.parse import must_observe, settled
from headrace.outputs import whole_file


class IngestChunks(beam.PTransform):
    """Root -> nothing; leaves shards, and counts beside them (`counts/<chunk>.json`)."""

    def __init__(self, chunks: Sequence[Chunk], job: stages.Job) -> None:
        self._chunks = list(chunks)
        self._job = job

    def expand(self, root: beam.Pipeline) -> beam.PCollection:
        """Wires the steps of `stages`."""
        job = self._job
        chunks = root | "Chunks" >> beam.Create(self._chunks) | "Spread" >> beam.Reshuffle()
        if must_observe(job.spec.record):
            guessed = chunks | "Guess" >> beam.Map(_guess, job)
            one = root | "One" >> beam.Create([None])
            settle = one | "Settle" >> beam.Map(_settle, beam.pvalue.AsList(guessed), job)
            fields = beam.pvalue.AsSingleton(settle)
            parsed = guessed | "Parse otherwise" >> beam.Map(_parse_otherwise, fields, job)
        else:
            fields = settled(job.spec.record, {})
            parsed = chunks | "Parse" >> beam.Map(_parse, fields, job)
        if job.spec.key:
            buckets = root | "Buckets" >> beam.Create(range(job.spec.buckets)) | "Spread buckets" >> beam.Reshuffle()
            all_parsed = beam.pvalue.AsList(parsed)
            marked = buckets | "Mark duplicates" >> beam.Map(_mark, all_parsed, job)
            parsed = parsed | "Spread parsed" >> beam.Reshuffle()
            parsed = parsed | "Finish" >> beam.Map(_finish, beam.pvalue.AsList(marked), job)
        return parsed | "Count" >> beam.Map(_write_counts, fields, job)


def _guess(chunk: Chunk, job: stages.Job) -> tuple[Chunk, dict[str, Any]]:
    return chunk, stages.guess(chunk, job)


def _settle(_: None, guessed: Iterable[tuple[Chunk, dict[str, Any]]], job: stages.Job) -> tuple[Field, ...]:
    in_order = sorted(guessed, key=lambda one: one[0].index)
    return settled(job.spec.record, merged_columns(counts["kinds"] for _, counts in in_order))


def _parse_otherwise(
    guessed: tuple[Chunk, dict[str, Any]], fields: tuple[Field, ...], job: stages.Job
) -> tuple[Chunk, dict[str, Any]]:
    chunk, counts = guessed
    if counts["fields"] == fields:
        return chunk, {name: count for name, count in counts.items() if name not in ("kinds", "fields")}
    stages.forget(chunk, job)
    return _parse(chunk, fields, job)


def _parse(chunk: Chunk, fields: Sequence[Field], job: stages.Job) -> tuple[Chunk, dict[str, Any]]:
    return chunk, stages.parse(chunk, fields, job)


def _mark(bucket: int, parsed: Iterable[tuple[Chunk, dict[str, Any]]], job: stages.Job) -> int:
    stages.mark(bucket, sorted(chunk.index for chunk, _ in parsed), job)
    return bucket


def _finish(
    parsed: tuple[Chunk, dict[str, Any]], buckets: Iterable[int], job: stages.Job
) -> tuple[Chunk, dict[str, Any]]:
    chunk, counts = parsed
    return chunk, stages.finish(counts, chunk, sorted(buckets), job)


def _write_counts(parsed: tuple[Chunk, dict[str, Any]], fields: Sequence[Field], job: stages.Job) -> None:
    chunk, counts = parsed
    counts = {**counts, "fields": [[field.name, field.kind] for field in fields]}
    with whole_file(os.path.join(job.staging, "counts", f"{chunk.index}.json")) as path, open(path, "w") as stream:
        json.dump(counts, stream)
