"""What a worker does with one file, one bucket or one shard: plain steps from files to files, for any engine to run.

    stage_events   file of events   ->  its rows by output shard; keys and times, with row numbers, in hash buckets of
                                        the keys, once for each set of keys that tables are joined by
    stage_rows     file of a table  ->  its rows in hash buckets of the keys
    join_bucket    bucket           ->  features with row numbers, by output shard
    finish         output shard     ->  its events with their features, in order

Events travel once, whatever the number of tables and keys: only row numbers and features follow them. No step holds
more than a row group, a bucket, or an output shard.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import LedgerError
from headrace.examples.layout import ROW_GROUP_ROWS
from headrace.examples.shards import shard_name, split_folder, write_shard
from headrace.files.outputs import whole_file
from headrace.keyed.buckets import in_buckets, key_hashes
from headrace.keyed.columns import Bools, Ints, key_table
from headrace.keyed.schemas import conform
from headrace.parquet import open_parquet
from headrace.point_in_time.join import EVENTS, look_up, matched_parts, order_of, with_features
from headrace.point_in_time.spec import PointInTimeSpec
from headrace.point_in_time.tables import Table

_FILE_ROWS = 1 << 40
"""More than a file can have: file number times this, plus the row's number in it, numbers every event."""

_ROW, _SHARD, _MATCHED = "row", "shard", "matched"


@dataclass(frozen=True, kw_only=True)
class File:
    """One input file: of the split `name` of the events, or of the table `name`; `index` is its number there."""

    is_events: bool
    name: str
    index: int
    number: int
    path: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """What all steps know: the spec, into how many buckets and shards rows go, the schemas that files are brought to
    (`events` and tables by name), the splits, where to write, and in which payload."""

    spec: PointInTimeSpec
    buckets: int
    shards: int
    schemas: Mapping[str, pa.Schema]
    splits: Sequence[str]
    staging: str
    examples_dir: str
    payload: str

    def folder(self, *parts: object) -> str:
        """A folder of the staging area, which is made where it is missing."""
        path = os.path.join(self.staging, *map(str, parts))
        os.makedirs(path, exist_ok=True)
        return path


def stage(file: File, job: Job) -> list[tuple[int, int]]:
    """Writes the rows of a file where the next steps look for them; gives the (group, bucket) that got any."""
    with ExitStack() as stack:
        writers = _Writers(stack)
        with open_parquet(file.path) as source:
            done = 0
            for batch in source.iter_batches(batch_size=ROW_GROUP_ROWS):
                rows = conform(pa.Table.from_batches([batch]), job.schemas[EVENTS if file.is_events else file.name])
                if file.is_events:
                    _stage_events(rows, file.number * _FILE_ROWS + done, file, job, writers)
                else:
                    _stage_rows(rows, file, job, writers)
                done += rows.num_rows
        return sorted(writers.buckets)


def join_bucket(group: int, bucket: int, job: Job) -> None:
    """Joins a bucket of a group of tables; writes features by output shard, and the counts of the bucket."""
    spec, tables = job.spec, job.spec.groups[group]
    folder = job.folder("group", group, bucket)
    staged = _read(folder, _event_schema(tables, job), f"{EVENTS}-")
    found = {}
    for table in tables:
        rows = _read(folder, _table_schema(table, job), f"table-{table.name}-")
        found[table.name] = look_up(staged, rows, table, spec)
    features = _features(tables, {name: column for one in found.values() for name, column in one.columns.items()})
    matched: Bools = np.logical_or.reduce([one.matched for one in found.values()])
    result = pa.table([staged.column(-2), pa.array(matched), *features.values()], [_ROW, _MATCHED, *_places(features)])
    shard = staged.column(-1).to_numpy()
    for number, rows in _parts(result, shard, job.shards):
        _write(rows, os.path.join(job.folder("shard", number), f"features-{group}-{bucket}.arrow"))
    counts = {
        name: {
            "rows": one.row_fates,
            "events": one.event_fates,
            "facts": {feature: asdict(facts) for feature, facts in one.facts.items()},
        }
        for name, one in found.items()
    }
    _write_json(counts, os.path.join(job.folder("counts"), f"bucket-{group}-{bucket}.json"))


def finish(shard: int, job: Job) -> None:
    """Writes an output shard of every split: its events in canonical order, with their features.

    Every shard is written, with the columns, even where it has no rows.

    Raises:
        LedgerError: events went without an answer of some group, or got several.
    """
    spec, folder = job.spec, job.folder("shard", shard)
    answers = [_answers(group, tables, folder, job) for group, tables in enumerate(spec.groups)]
    splits, parts = {}, {"matched": 0, "unmatched": 0}
    answered = 0
    for split, name in enumerate(job.splits):
        schema = job.schemas[EVENTS].append(pa.field(_free(job.schemas[EVENTS]), pa.int64()))
        staged = _read(folder, schema, f"{EVENTS}-{split}-")
        events, numbers = staged.select(range(staged.num_columns - 1)), staged.column(-1).to_numpy()
        matched = np.zeros(events.num_rows, dtype=bool)
        features: dict[str, pa.Array] = {}
        for tables, answer in zip(spec.groups, answers, strict=True):
            rows = _aligned(answer, numbers, shard)
            matched |= rows.column(_MATCHED).to_numpy()
            names = [name for table in tables for name in table.feature_columns]
            columns = rows.columns[2:]
            features.update({name: _array(column) for name, column in zip(names, columns, strict=True)})
        features = {name: features[name] for name in spec.features}
        joined = with_features(events, order_of(events, spec), features)
        answered += events.num_rows
        splits[name] = joined.num_rows
        parts = {part: parts[part] + count for part, count in matched_parts(matched).items()}
        path = os.path.join(split_folder(job.examples_dir, name), shard_name(shard, job.shards, job.payload))
        write_shard(joined, path, job.payload)
    if any(answer.num_rows != answered for answer in answers):
        raise LedgerError(f"shard {shard} has {answered:,} events and {[a.num_rows for a in answers]} rows of features")
    _write_json({"splits": splits, "parts": parts}, os.path.join(job.folder("counts"), f"shard-{shard}.json"))


class _Writers:
    """Open Arrow streams by path, each whole or not at all."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack, self._open = stack, dict[str, pa.ipc.RecordBatchStreamWriter]()
        self.buckets: set[tuple[int, int]] = set()

    def write(self, rows: pa.Table, path: str) -> None:
        if path not in self._open:
            staging = self._stack.enter_context(whole_file(path))
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._open[path] = self._stack.enter_context(pa.ipc.new_stream(staging, rows.schema, options=options))
        self._open[path].write_table(rows)


def _stage_events(rows: pa.Table, first: int, file: File, job: Job, writers: _Writers) -> None:
    spec, split = job.spec, job.splits.index(file.name)
    numbers = np.arange(first, first + rows.num_rows)
    # Of other bits than the bucket, so that the shards of a bucket are as full as those of all.
    shard = ((key_hashes(key_table(rows, spec.event_keys)) >> np.uint64(32)) % np.uint64(job.shards)).astype(np.int64)
    payload = rows.append_column(_free(rows.schema), pa.array(numbers))
    for number, part in _parts(payload, shard, job.shards):
        writers.write(part, os.path.join(job.folder("shard", number), f"{EVENTS}-{split}-{file.index}.arrow"))
    for group, tables in enumerate(spec.groups):
        schema = _event_schema(tables, job)
        slim = [*(rows.column(name) for name in schema.names[:-2]), pa.array(numbers), pa.array(shard)]
        keys = key_table(rows, list(tables[0].key_columns))
        for number, part in in_buckets(pa.Table.from_arrays(slim, schema=schema), keys, job.buckets):
            writers.write(part, os.path.join(job.folder("group", group, number), f"{EVENTS}-{file.number}.arrow"))
            writers.buckets.add((group, number))


def _stage_rows(rows: pa.Table, file: File, job: Job, writers: _Writers) -> None:
    table = job.spec.table(file.name)
    group = next(number for number, tables in enumerate(job.spec.groups) if table in tables)
    keys = key_table(rows, list(table.key_columns.values()))
    for number, part in in_buckets(rows.select(_table_schema(table, job).names), keys, job.buckets):
        path = os.path.join(job.folder("group", group, number), f"table-{table.name}-{file.index}.arrow")
        writers.write(part, path)
        writers.buckets.add((group, number))


def _event_schema(tables: Sequence[Table], job: Job) -> pa.Schema:
    """What the look-ups of a group read of the events, then the number of the event and its output shard."""
    own = [name for table in tables for name in table.own_columns]
    names = list(dict.fromkeys([*tables[0].key_columns, job.spec.event_time, *own]))
    fields = [job.schemas[EVENTS].field(name) for name in names]
    schema = pa.schema(fields)
    for name in (_ROW, _SHARD):
        schema = schema.append(pa.field(_free(schema, name), pa.int64()))
    return schema


def _table_schema(table: Table, job: Job) -> pa.Schema:
    return pa.schema([job.schemas[table.name].field(name) for name in table.columns])


def _answers(group: int, tables: Sequence[Table], folder: str, job: Job) -> pa.Table:
    """The features that the buckets of a group have for the events of a shard, by number of the event."""
    no_events = _event_schema(tables, job).empty_table()
    columns: dict[str, pa.Array] = {}
    for table in tables:
        columns.update(look_up(no_events, _table_schema(table, job).empty_table(), table, job.spec).columns)
    features = _features(tables, columns)
    kinds = [pa.int64(), pa.bool_(), *(column.type for column in features.values())]
    schema = pa.schema(list(zip([_ROW, _MATCHED, *_places(features)], kinds, strict=True)))
    rows = _read(folder, schema, f"features-{group}-")
    return rows.take(pc.sort_indices(rows.column(_ROW)))


def _aligned(answers: pa.Table, numbers: Ints, shard: int) -> pa.Table:
    known = answers.column(_ROW).to_numpy()
    place = np.searchsorted(known, numbers)
    there = np.append(known, -1)[place] == numbers
    if not there.all():
        raise LedgerError(f"shard {shard}: {int((~there).sum()):,} events got no answer from a bucket")
    return answers.take(pa.array(place))


def _features(tables: Sequence[Table], columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    return {name: columns[name] for table in tables for name in table.feature_columns}


def _places(features: Mapping[str, pa.Array]) -> list[str]:
    # Named by place: a feature may have any name, also that of a column of ours.
    return [str(place) for place in range(len(features))]


def _array(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _parts(rows: pa.Table, number: Ints, count: int) -> Iterator[tuple[int, pa.Table]]:
    order = np.argsort(number, kind="stable")
    rows = rows.take(pa.array(order))
    ends = np.searchsorted(number[order], np.arange(count + 1)).tolist()
    for place, (start, end) in enumerate(itertools.pairwise(ends)):
        if start < end:
            yield place, rows.slice(start, end - start)


def _free(schema: pa.Schema, name: str = _ROW) -> str:
    while name in schema.names:
        name += "_"
    return name


def _read(folder: str, schema: pa.Schema, prefix: str) -> pa.Table:
    tables = [schema.empty_table()]
    for name in sorted(os.listdir(folder)):
        if name.startswith(prefix) and name.endswith(".arrow"):
            with pa.ipc.open_stream(os.path.join(folder, name)) as stream:
                tables.append(stream.read_all())
    return pa.concat_tables(tables).combine_chunks()


def _write(rows: pa.Table, path: str) -> None:
    with whole_file(path) as staging, pa.ipc.new_stream(staging, rows.schema) as writer:
        writer.write_table(rows)


def _write_json(data: object, path: str) -> None:
    with whole_file(path) as staging, open(staging, "w") as file:
        json.dump(data, file)


def counts_of(job: Job, kind: str, names: Iterable[str]) -> list[dict[str, object]]:
    """The counts that the steps wrote: of `bucket` or `shard`, by the rest of their names.

    Raises:
        LedgerError: a step was handed to a worker and lost.
    """
    counts = []
    for name in names:
        path = os.path.join(job.folder("counts"), f"{kind}-{name}.json")
        if not os.path.exists(path):
            raise LedgerError(f"{kind} {name} was handed to a worker and lost")
        with open(path) as file:
            counts.append(json.load(file))
    return counts
