"""Ingest as a Beam pipeline: elements are chunks and buckets of keys, never rows. Wires only. Imports Beam."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import apache_beam as beam

from headrace.errors import DataError, LedgerError
from headrace.execution.beam import MapInThreads
from headrace.files.outputs import whole_file
from headrace.files.storage import exists, open_file
from headrace.ingest import stages
from headrace.ingest.formats.file_format import Chunk, InputFile, Piece
from headrace.ingest.parse import must_infer_kinds, refuse_bare, resolve_kinds
from headrace.ingest.spec.fields import Field
from headrace.ingest.values.infer_kind import merged_columns

Parsed = tuple[Chunk, dict[str, Any]]


class IngestChunks(beam.PTransform):
    """Root -> nothing; leaves shards, and counts beside them (`counts/<chunk>.json`)."""

    def __init__(self, chunks: Sequence[Chunk], job: stages.Job) -> None:
        self._chunks = list(chunks)
        self._job = job

    def expand(self, root: beam.Pipeline) -> beam.PCollection:
        """Wires the steps of `stages`."""
        job = self._job
        chunks = root | "Chunks" >> beam.Create(self._chunks) | "Spread" >> beam.Reshuffle()
        if must_infer_kinds(job.spec.record):
            guessed = chunks | "Guess" >> MapInThreads(_guess, job)
            one = root | "One" >> beam.Create([None])
            settle = one | "Settle" >> beam.Map(_settle, beam.pvalue.AsList(guessed), job)
            fields = beam.pvalue.AsSingleton(settle)
            parsed = guessed | "Parse otherwise" >> MapInThreads(_parse_otherwise, fields, job)
        else:
            fields = resolve_kinds(job.spec.record, {})
            parsed = chunks | "Parse" >> MapInThreads(_parse, fields, job)
        if job.spec.waits:
            numbers = range(job.spec.buckets if job.spec.key else 0)
            buckets = root | "Buckets" >> beam.Create(numbers) | "Spread buckets" >> beam.Reshuffle()
            all_parsed = beam.pvalue.AsList(parsed)
            marked = beam.pvalue.AsList(buckets | "Mark duplicates" >> MapInThreads(_mark, all_parsed, job))
            start = root | "Start" >> beam.Create([None])
            places = beam.pvalue.AsSingleton(start | "Place" >> beam.Map(_places, all_parsed, marked, job))
            parsed = parsed | "Spread parsed" >> beam.Reshuffle()
            parsed = parsed | "Finish" >> MapInThreads(_finish, marked, places, job)
        return parsed | "Count" >> beam.Map(_write_counts, fields, job)


def unpacked(
    files: Sequence[InputFile], folder: str, chunk_bytes: int, make_pipeline: Callable[[], beam.Pipeline]
) -> dict[int, list[Piece]]:
    """Unpacks those files that are packed, each as one element; their pieces, by place in `files`.

    Raises:
        DataError: every file that is cut off or corrupt, in one message.
    """
    packed = [(number, file) for number, file in enumerate(files) if file.must_unpack]
    if not packed:
        return {}
    with make_pipeline() as pipeline:
        spread = pipeline | "Packed" >> beam.Create(packed) | "Spread packed" >> beam.Reshuffle()
        spread | "Unpack" >> beam.Map(_unpack, folder, chunk_bytes)
    pieces, faults = {}, []
    for number, file in packed:
        path = _pieces_path(folder, number)
        if not exists(path):
            raise LedgerError(f"{file.path} was handed to a worker to be unpacked, and lost")
        with open_file(path) as stream:
            told = json.load(stream)
        faults.extend(told["faults"])
        pieces[number] = [Piece(**piece) for piece in told["pieces"]]
    if faults:
        raise DataError("\n".join(faults))
    return pieces


def _unpack(packed: tuple[int, InputFile], folder: str, chunk_bytes: int) -> None:
    number, file = packed
    told: dict[str, Any] = {"pieces": [], "faults": []}
    try:
        pieces = file.format.pieces(file, os.path.join(folder, str(number)), chunk_bytes)
        told["pieces"] = [vars(piece) for piece in pieces]
    except DataError as error:
        told["faults"] = [f"source {file.source!r}: {error}"]
    with whole_file(_pieces_path(folder, number)) as path, open(path, "w") as stream:
        json.dump(told, stream)


def _pieces_path(folder: str, number: int) -> str:
    return os.path.join(folder, f"{number}.json")


def _guess(chunk: Chunk, job: stages.Job) -> tuple[Chunk, dict[str, Any]]:
    return chunk, stages.guess(chunk, job)


def _settle(_: None, guessed: Iterable[tuple[Chunk, dict[str, Any]]], job: stages.Job) -> tuple[Field, ...]:
    in_order = sorted(guessed, key=lambda one: one[0].index)
    fields = resolve_kinds(job.spec.record, merged_columns(counts["kinds"] for _, counts in in_order))
    refuse_bare(fields, ((chunk.file.path, counts["read"], counts["rejected"]) for chunk, counts in in_order))
    return fields


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


def _places(_: None, parsed: Iterable[Parsed], buckets: Iterable[int], job: stages.Job) -> dict[int, int]:
    if not job.spec.split_exact:
        return {}
    return stages.places([counts for _, counts in parsed], sorted(buckets), job)


def _finish(parsed: Parsed, buckets: Iterable[int], places: dict[int, int], job: stages.Job) -> Parsed:
    chunk, counts = parsed
    return chunk, stages.finish(counts, chunk, sorted(buckets), job, place=places.get(chunk.index, 0))


def _write_counts(parsed: tuple[Chunk, dict[str, Any]], fields: Sequence[Field], job: stages.Job) -> None:
    chunk, counts = parsed
    counts = {**counts, "fields": [[field.name, field.kind] for field in fields]}
    with whole_file(os.path.join(job.staging, "counts", f"{chunk.index}.json")) as path, open(path, "w") as stream:
        json.dump(counts, stream)
