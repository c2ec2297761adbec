"""What a worker does with one shard or one bucket: plain steps from files to files, for any engine to run.

    stage  shard  -> its rows in hash buckets of the keys
    join   bucket -> the events and outcomes of it joined; one shard a split, one of unlabeled, one of unused a source

Bucket i of the events can meet outcomes of bucket i only, so no step holds more than a row group or one bucket.
Staged files are Arrow streams: they are read back once, by this code, and need no more than that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headrace.examples.layout import ROW_GROUP_ROWS, to_features, unlisted
from headrace.examples.shards import shard_name, split_folder, write_shard
from headrace.files.outputs import whole_file
from headrace.keyed.buckets import in_buckets
from headrace.keyed.columns import key_table
from headrace.keyed.schemas import conform
from headrace.labels.decide import decide
from headrace.labels.join import (
    EVENTS,
    UNLABELED,
    UNUSED,
    details_of,
    flag_columns,
    label_columns,
    label_facts,
    with_columns,
    with_reasons,
)
from headrace.labels.spec import LabelSpec
from headrace.labels.splits import split_of
from headrace.parquet import open_parquet


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One input file of one side, `events` or a source of outcomes; `index` is its number there."""

    side: str
    index: int
    path: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """What all steps know: the spec, the number of buckets, the schemas that all shards of each side are brought to,
    where to write, and in which payload the examples."""

    spec: LabelSpec
    buckets: int
    schemas: Mapping[str, pa.Schema]
    staging: str
    examples_dir: str
    unlabeled_dir: str
    unused_dir: str
    payload: str

    def keys(self, side: str) -> list[str]:
        """The columns of a side that stand for the keys of the spec."""
        of_source = {source.name: source.key_columns(self.spec.keys) for source in self.spec.outcome_sources}
        return [of_source[side][name] if side in of_source else name for name in self.spec.keys]

    def unused(self, source: str) -> str:
        """Where unused outcomes of a source go: beside those of others, where there are several."""
        return self.unused_dir if len(self.spec.outcome_sources) == 1 else os.path.join(self.unused_dir, source)


def stage(shard: Shard, job: Job) -> list[int]:
    """Writes the rows of a shard in buckets; gives the buckets that got any."""
    schema, keys = job.schemas[shard.side], job.keys(shard.side)
    writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with ExitStack() as stack, open_parquet(shard.path) as file:
        for batch in file.iter_batches(batch_size=ROW_GROUP_ROWS):
            table = unlisted(conform(pa.Table.from_batches([batch]), schema))
            for bucket, rows in in_buckets(table, key_table(table, keys), job.buckets):
                if bucket not in writers:
                    path = stack.enter_context(whole_file(_staged(job, shard, bucket)))
                    writers[bucket] = stack.enter_context(pa.ipc.new_stream(path, schema, options=options))
                writers[bucket].write_table(to_features(rows))
    return sorted(writers)


def join_bucket(bucket: int, shards: Iterable[Shard], job: Job) -> None:
    """Joins a bucket and writes its shards, and `counts-<bucket>.json` in staging.

    Every bucket writes a shard of each kind, with the columns, even where it has no rows.
    """
    spec = job.spec
    found = sorted(shards, key=lambda shard: (shard.side, shard.index))
    events = _read(job, EVENTS, bucket, found)
    outcomes = {source.name: _read(job, source.name, bucket, found) for source in spec.outcome_sources}
    decision = decide(events, outcomes, spec)
    rows = decision.events.rows("labeled")
    labels = label_columns(decision, rows, spec)
    added = {**labels, **flag_columns(decision, rows, spec)}
    split = split_of(events.select(spec.split_by or spec.keys).take(pa.array(rows)), decision.event_us[rows], spec)
    splits = {}
    for number, name in enumerate(spec.splits):
        among = np.flatnonzero(split == number)
        of_split = {column: values.take(pa.array(among)) for column, values in added.items()}
        examples = with_columns(events, rows[among], of_split)
        splits[name] = examples.num_rows
        shard = shard_name(bucket, job.buckets, job.payload)
        write_shard(examples, os.path.join(split_folder(job.examples_dir, name), shard), job.payload)
    unlabeled = with_reasons(events, decision.events, *UNLABELED)
    rest = shard_name(bucket, job.buckets, "parquet")
    _write(unlabeled, os.path.join(job.unlabeled_dir, rest))
    parts = {EVENTS: _reasons(unlabeled)}
    for name, table in outcomes.items():
        unused = with_reasons(table, decision.outcomes[name], *UNUSED)
        _write(unused, os.path.join(job.unused(name), rest))
        parts[name] = {**_reasons(unused), "used": len(decision.outcomes[name].rows("used"))}
    counts = {
        "splits": splits,
        "parts": parts,
        "details": details_of(decision),
        "labels": {name: asdict(facts) for name, facts in label_facts(decision, rows, labels, spec).items()},
    }
    with whole_file(counts_path(job, bucket)) as path, open(path, "w") as file:
        json.dump(counts, file)


def counts_path(job: Job, bucket: int) -> str:
    """Where the counts of a bucket stand once it is joined and written."""
    return os.path.join(job.staging, f"counts-{bucket}.json")


def _read(job: Job, side: str, bucket: int, shards: Sequence[Shard]) -> pa.Table:
    tables = [job.schemas[side].empty_table()]
    for shard in shards:
        if shard.side == side:
            with pa.ipc.open_stream(_staged(job, shard, bucket)) as stream:
                tables.append(stream.read_all())
    return unlisted(pa.concat_tables(tables).combine_chunks())


def _write(table: pa.Table, path: str) -> None:
    *features, reason, detail = table.column_names
    rows = to_features(table.select(features))
    for name in (reason, detail):
        rows = rows.append_column(name, table.column(name))
    with whole_file(path) as staging:
        pq.write_table(rows, staging, row_group_size=ROW_GROUP_ROWS, compression="snappy")


def _reasons(table: pa.Table) -> dict[str, int]:
    """Rows by the part in their second last column: `reason`, whatever it had to be named."""
    counts = pc.value_counts(table.column(table.num_columns - 2))
    return dict(zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True))


def _staged(job: Job, shard: Shard, bucket: int) -> str:
    return os.path.join(job.staging, f"bucket-{bucket}", f"{shard.side}-{shard.index}.arrow")
