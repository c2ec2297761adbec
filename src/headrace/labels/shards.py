"""What a worker does with one shard or one bucket: plain steps from files to files, for any engine to run.

    stage  shard  -> its rows in hash buckets of the keys
    join   bucket -> the events and outcomes of it joined; one shard a split, one of unlabeled, one of unused

Bucket i of the events can meet outcomes of bucket i only, so no step holds more than a row group or one bucket.
Staged files are Arrow streams: they are read back once, by this code, and need no more than that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headrace.features import ROW_GROUP_ROWS
from headrace.ingest.shards import shard_name, split_folder, write_shard
from headrace.ingest.splits import entity_text, hashed, split_numbers
from headrace.labels.alarms import rows_by_detail
from headrace.labels.columns import flat, key_table
from headrace.labels.decide import OUTCOME_PARTS, decide
from headrace.labels.join import label_columns, label_facts, with_labels, with_reasons
from headrace.labels.schemas import conform
from headrace.labels.spec import LabelSpec
from headrace.outputs import whole_file

EVENTS, OUTCOMES = "events", "outcomes"


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One input file of one side; `index` is its number there."""

    side: str
    index: int
    path: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """What all steps know: the spec, the schemas that all shards of a side are brought to, where to write, and in
    which payload the examples."""

    spec: LabelSpec
    events: pa.Schema
    outcomes: pa.Schema
    staging: str
    examples_dir: str
    unlabeled_dir: str
    unused_dir: str
    payload: str

    def schema(self, side: str) -> pa.Schema:
        """The schema of a side."""
        return self.events if side == EVENTS else self.outcomes


def stage(shard: Shard, job: Job) -> list[int]:
    """Writes the rows of a shard in buckets; gives the buckets that got any."""
    schema, spec = job.schema(shard.side), job.spec
    writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with ExitStack() as stack, pq.ParquetFile(shard.path) as file:
        for batch in file.iter_batches(batch_size=ROW_GROUP_ROWS):
            for bucket, rows in _in_buckets(conform(pa.Table.from_batches([batch]), schema), spec):
                if bucket not in writers:
                    path = stack.enter_context(whole_file(_staged(job, shard, bucket)))
                    writers[bucket] = stack.enter_context(pa.ipc.new_stream(path, schema, options=options))
                writers[bucket].write_table(rows)
    return sorted(writers)


def join_bucket(bucket: int, shards: Iterable[Shard], job: Job) -> None:
    """Joins a bucket and writes its shards, and `counts-<bucket>.json` in staging.

    Every bucket writes a shard of each kind, with the columns, even where it has no rows.
    """
    spec = job.spec
    found = sorted(shards, key=lambda shard: (shard.side, shard.index))
    events = _read(job, EVENTS, bucket, found)
    outcomes = _read(job, OUTCOMES, bucket, found)
    decision = decide(events, outcomes, spec)
    rows = decision.events.rows("labeled")
    labels = label_columns(outcomes, decision, rows, spec)
    split = split_numbers(_entity(events, spec.split_by or spec.keys).take(pa.array(rows)), spec.splits)
    splits = {}
    for number, name in enumerate(spec.splits):
        among = np.flatnonzero(split == number)
        of_split = {label: column.take(pa.array(among)) for label, column in labels.items()}
        examples = with_labels(events, rows[among], of_split)
        splits[name] = examples.num_rows
        shard = shard_name(bucket, spec.buckets, job.payload)
        write_shard(examples, os.path.join(split_folder(job.examples_dir, name), shard), job.payload)
    unlabeled = with_reasons(events, decision.events, "immature", "excluded")
    unused = with_reasons(outcomes, decision.outcomes, *(part for part in OUTCOME_PARTS if part != "used"))
    rest = shard_name(bucket, spec.buckets, "parquet")
    _write(unlabeled, os.path.join(job.unlabeled_dir, rest))
    _write(unused, os.path.join(job.unused_dir, rest))
    counts = {
        "splits": splits,
        "unlabeled": _reasons(unlabeled),
        "unused": _reasons(unused),
        "why": {EVENTS: rows_by_detail(unlabeled), OUTCOMES: rows_by_detail(unused)},
        "used": len(decision.outcomes.rows("used")),
        "labels": {name: asdict(facts) for name, facts in label_facts(decision, rows, labels).items()},
    }
    with whole_file(counts_path(job, bucket)) as path, open(path, "w") as file:
        json.dump(counts, file)


def counts_path(job: Job, bucket: int) -> str:
    """Where the counts of a bucket stand once it is joined and written."""
    return os.path.join(job.staging, f"counts-{bucket}.json")


def _in_buckets(rows: pa.Table, spec: LabelSpec) -> Iterator[tuple[int, pa.Table]]:
    # Salted, so that buckets and splits of the same column are independent.
    text = pc.binary_join_element_wise("bucket", _text(key_table(rows, spec.keys)), " ")
    bucket = hashed(text, spec.buckets)
    order = np.argsort(bucket, kind="stable")
    rows = rows.take(pa.array(order))
    ends = np.searchsorted(bucket[order], np.arange(spec.buckets + 1))
    for number, (start, end) in enumerate(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)):
        if start < end:
            yield number, rows.slice(start, end - start)


def _entity(table: pa.Table, names: Sequence[str]) -> pa.Array:
    return _text(pa.table([flat(table, name) for name in names], names=list(names)))


def _text(table: pa.Table) -> pa.Array:
    return entity_text(table, table.column_names)


def _read(job: Job, side: str, bucket: int, shards: Sequence[Shard]) -> pa.Table:
    tables = [job.schema(side).empty_table()]
    for shard in shards:
        if shard.side == side:
            with pa.ipc.open_stream(_staged(job, shard, bucket)) as stream:
                tables.append(stream.read_all())
    return pa.concat_tables(tables).combine_chunks()


def _write(table: pa.Table, path: str) -> None:
    with whole_file(path) as staging:
        pq.write_table(table, staging, row_group_size=ROW_GROUP_ROWS, compression="snappy")


def _reasons(table: pa.Table) -> dict[str, int]:
    """Rows by the part in their second last column: `reason`, whatever it had to be named."""
    counts = pc.value_counts(table.column(table.num_columns - 2))
    return dict(zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True))


def _staged(job: Job, shard: Shard, bucket: int) -> str:
    return os.path.join(job.staging, f"bucket-{bucket}", f"{shard.side}-{shard.index}.arrow")
