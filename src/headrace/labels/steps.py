"""What a worker does with one shard or one bucket: from files to files, for any engine to run.

    write_buckets   shard   -> its rows in hash buckets of the keys
    join_bucket     bucket  -> its events and outcomes joined: a shard for each split, one of unlabeled events, and one
                               of unused outcomes for each source

Events of bucket i can match outcomes of bucket i only, so no step holds more than a row group or one bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headrace.examples.layout import ROW_GROUP_ROWS, to_features, unlisted
from headrace.examples.shards import shard_name, split_folder, write_shard
from headrace.files.outputs import whole_file
from headrace.files.parquet import open_parquet
from headrace.keyed.bucket_files import Size, StreamWriters, read_streams, write_json
from headrace.keyed.buckets import in_buckets
from headrace.keyed.columns import key_table
from headrace.keyed.event_faults import named_events, refuse_beyond_float32
from headrace.keyed.schemas import SideSchema, conform
from headrace.keyed.side_names import EVENTS
from headrace.labels.decide import decide
from headrace.labels.join import (
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
from headrace.values import ColumnType, set_types


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One input file of one side, `events` or a source of outcomes; `index` is its number there."""

    side: str
    index: int
    path: str

    def __str__(self) -> str:
        return f"{self.side} {self.path}"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One bucket and what was written for it: (side, index) of each shard that has rows of it, in order."""

    number: int
    parts: tuple[tuple[str, int], ...]
    size: Size

    def __str__(self) -> str:
        return f"bucket {self.number} ({self.size})"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What all elements share.

    Attributes:
        spec: what to join and how.
        buckets: how many there are.
        sides: for each side, what all its shards are brought to.
        added_types: the types of the columns that are added to the events.
        staging: folder for what one step hands on to the next.
        examples_dir: where the examples are written.
        unlabeled_dir: where events without label are written.
        unused_dir: where outcomes that became no label are written.
        payload: of the examples, `parquet` or `tf_example`.
    """

    spec: LabelSpec
    buckets: int
    sides: Mapping[str, SideSchema]
    added_types: Mapping[str, ColumnType]
    staging: str
    examples_dir: str
    unlabeled_dir: str
    unused_dir: str
    payload: str

    def keys(self, side: str) -> list[str]:
        """The columns of a side that are the keys of the spec."""
        of_source = {source.name: source.key_columns(self.spec.keys) for source in self.spec.outcome_sources}
        return [of_source[side][name] if side in of_source else name for name in self.spec.keys]

    def unused(self, source: str) -> str:
        """The folder of the unused outcomes of a source: one for each source where there are several."""
        return self.unused_dir if len(self.spec.outcome_sources) == 1 else f"{self.unused_dir}/{source}"


def write_buckets(shard: Shard, *, job: Job) -> dict[int, Size]:
    """Writes the rows of a shard in buckets; gives the buckets that got any, and how much."""
    side, keys = job.sides[shard.side], job.keys(shard.side)
    written: dict[int, Size] = {}
    with StreamWriters(job.staging) as writers, open_parquet(shard.path) as file:
        done = 0
        for batch in file.iter_batches(batch_size=ROW_GROUP_ROWS):
            rows = pa.Table.from_batches([batch])
            table = unlisted(conform(rows, side, path=shard.path, first_row=done))
            of_rows = key_table(table, keys, path=shard.path, first_row=done)
            for bucket, part in in_buckets(table, of_rows, job.buckets):
                writers.write(to_features(part), _staged(bucket, shard.side, shard.index))
                written[bucket] = written.get(bucket, Size()).plus(part.num_rows, part.nbytes)
            done += rows.num_rows
    return written


def join_bucket(bucket: Bucket, *, job: Job) -> str:
    """Joins a bucket and writes its shards; gives the name of the file that has its counts.

    Every bucket writes a shard of each kind, with the columns, even where it has no rows.
    """
    spec, number = job.spec, bucket.number
    events = _read(bucket, EVENTS, job)
    outcomes = {source.name: _read(bucket, source.name, job) for source in spec.outcome_sources}
    decision = decide(events, outcomes, spec)
    rows = decision.events.rows("labeled")
    labels = label_columns(decision, rows, spec)
    with named_events(events, spec.keys, spec.event_time):
        refuse_beyond_float32(labels, rows)
    added = {**labels, **flag_columns(decision, rows, spec)}
    split = split_of(events.select(spec.split_by or spec.keys).take(rows), decision.event_us[rows], spec)
    splits = {}
    for index, name in enumerate(spec.splits):
        of_split = np.flatnonzero(split == index)
        columns = {column: values.take(of_split) for column, values in added.items()}
        examples = set_types(with_columns(events, rows[of_split], columns), job.added_types)
        splits[name] = examples.num_rows
        shard = shard_name(number, job.buckets, job.payload)
        write_shard(examples, f"{split_folder(job.examples_dir, name)}/{shard}", job.payload)
    unlabeled = with_reasons(events, decision.events, *UNLABELED)
    rest = shard_name(number, job.buckets, "parquet")
    _write_with_reasons(unlabeled, f"{job.unlabeled_dir}/{rest}")
    parts = {EVENTS: _count_reasons(unlabeled)}
    for name, table in outcomes.items():
        unused = with_reasons(table, decision.outcomes[name], *UNUSED)
        _write_with_reasons(unused, f"{job.unused(name)}/{rest}")
        parts[name] = {**_count_reasons(unused), "used": len(decision.outcomes[name].rows("used"))}
    counts = {
        "splits": splits,
        "parts": parts,
        "details": details_of(decision),
        "labels": {name: asdict(facts) for name, facts in label_facts(decision, rows, labels, spec).items()},
    }
    return write_json(job.staging, f"counts/{number}.json", counts)


def _read(bucket: Bucket, side: str, job: Job) -> pa.Table:
    paths = [_staged(bucket.number, name, index) for name, index in bucket.parts if name == side]
    return unlisted(read_streams(job.staging, paths, job.sides[side].schema))


def _staged(bucket: int, side: str, index: int) -> str:
    return f"bucket-{bucket}/{side}-{index}.arrow"


def _write_with_reasons(table: pa.Table, path: str) -> None:
    """Features, then reason and detail as flat text."""
    *features, reason, detail = table.column_names
    rows = to_features(table.select(features))
    for name in (reason, detail):
        rows = rows.append_column(name, table.column(name))
    with whole_file(path) as whole:
        pq.write_table(rows, whole, row_group_size=ROW_GROUP_ROWS, compression="snappy")


def _count_reasons(table: pa.Table) -> dict[str, int]:
    """Rows by their reason: the last column but one, whatever it is named."""
    counts = pc.value_counts(table.column(table.num_columns - 2))
    reasons, rows = counts.field(0).to_pylist(), counts.field(1).to_numpy().tolist()
    return {str(reason): count for reason, count in zip(reasons, rows, strict=True)}
