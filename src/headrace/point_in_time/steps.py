"""What a worker does with one file, one bucket or one shard: from files to files, for any engine to run.

    write_buckets   file of events   ->  its rows by output shard; and in hash buckets, once for each set of keys that
                                         tables are joined by: keys, time and row number
                    file of a table  ->  its rows in hash buckets of the keys
    join_bucket     bucket           ->  features with row numbers, by output shard
    finish_shard    output shard     ->  its events with their features, in order

Events are written once, however many tables and sets of keys there are: only row numbers and features follow them. No
step holds more than a row group, a bucket, or an output shard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import LedgerError
from headrace.examples.layout import ROW_GROUP_ROWS
from headrace.examples.shards import shard_name, split_folder, write_shard
from headrace.files.parquet import open_parquet
from headrace.keyed.bucket_files import Size, StreamWriters, read_streams, write_json
from headrace.keyed.buckets import by_number, in_buckets, key_hashes
from headrace.keyed.columns import Bools, Ints, key_table
from headrace.keyed.event_faults import named_events, refuse_beyond_float32
from headrace.keyed.schemas import SideSchema, conform
from headrace.keyed.side_names import EVENTS
from headrace.point_in_time.join import look_up, matched_parts, order_of, with_features
from headrace.point_in_time.spec import PointInTimeSpec
from headrace.point_in_time.tables import Table
from headrace.values import ColumnType, set_types

_FILE_ROWS = 1 << 40
"""More rows than a file can have. The number of an event is that of its file times this, plus that of its row."""

_ROW, _SHARD, _MATCHED = "row", "shard", "matched"


@dataclass(frozen=True, kw_only=True)
class File:
    """One input file.

    Attributes:
        is_events: whether it has events, or rows of a table.
        name: the split of the events, or the table.
        index: number of the file in that split or table.
        number: number of the file among all.
        path: where it is.
    """

    is_events: bool
    name: str
    index: int
    number: int
    path: str

    def __str__(self) -> str:
        return f"{EVENTS if self.is_events else self.name} {self.path}"


@dataclass(frozen=True, kw_only=True)
class Written:
    """Where a file has rows: numbers of output shards, and by (group of tables, bucket) how much."""

    shards: tuple[int, ...]
    buckets: Mapping[tuple[int, int], Size]


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One bucket of a group of tables, with the files that have rows of it.

    Attributes:
        group: index in `PointInTimeSpec.groups`.
        number: number of the bucket.
        events: numbers of files of events.
        rows: (table, index) of files of tables.
        size: of all of them.
    """

    group: int
    number: int
    events: tuple[int, ...]
    rows: tuple[tuple[str, int], ...]
    size: Size

    def __str__(self) -> str:
        return f"bucket {self.number} of tables {self.group} ({self.size})"


@dataclass(frozen=True, kw_only=True)
class JoinedBucket:
    """The output shards that a bucket has features for, and the name of the file that has its counts."""

    shards: tuple[int, ...]
    counts: str


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One output shard, with the files that have parts of it.

    Attributes:
        number: number of the shard.
        events: (index of the split, index of the file) of files of events.
        features: (group, bucket) of buckets.
    """

    number: int
    events: tuple[tuple[int, int], ...]
    features: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        return f"shard {self.number}"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What all elements share.

    Attributes:
        spec: what to join and how.
        buckets: how many there are, for each group of tables.
        shards: how many output shards a split has.
        sides: of `events` and of tables by name, what all their files are brought to.
        added_types: the types of the features.
        splits: names of the splits.
        staging: folder for what one step hands on to the next.
        examples_dir: where the examples are written.
        payload: `parquet` or `tf_example`.
    """

    spec: PointInTimeSpec
    buckets: int
    shards: int
    sides: Mapping[str, SideSchema]
    added_types: Mapping[str, ColumnType]
    splits: Sequence[str]
    staging: str
    examples_dir: str
    payload: str


def write_buckets(file: File, *, job: Job) -> Written:
    """Writes the rows of a file where the next steps read them."""
    shards: set[int] = set()
    buckets: dict[tuple[int, int], Size] = {}
    with StreamWriters(job.staging) as writers, open_parquet(file.path) as source:
        done = 0
        for batch in source.iter_batches(batch_size=ROW_GROUP_ROWS):
            side = job.sides[EVENTS if file.is_events else file.name]
            rows = conform(pa.Table.from_batches([batch]), side, path=file.path, first_row=done)
            if file.is_events:
                numbers = np.arange(done, done + rows.num_rows) + file.number * _FILE_ROWS
                shard = _shard_of(rows, job)
                for number, part in _events_by_shard(rows, numbers, shard, job):
                    writers.write(part, _events_path(number, job.splits.index(file.name), file.index))
                    shards.add(number)
                for bucket, part in _event_keys_by_bucket(rows, numbers, shard, job):
                    writers.write(part, _keys_path(*bucket, file.number))
                    buckets[bucket] = buckets.get(bucket, Size()).plus(part.num_rows, part.nbytes)
            else:
                for bucket, part in _rows_by_bucket(rows, job.spec.table(file.name), job):
                    writers.write(part, _rows_path(*bucket, file.name, file.index))
                    buckets[bucket] = buckets.get(bucket, Size()).plus(part.num_rows, part.nbytes)
            done += rows.num_rows
    return Written(shards=tuple(sorted(shards)), buckets=buckets)


def join_bucket(bucket: Bucket, *, job: Job) -> JoinedBucket:
    """Joins a bucket of a group of tables; writes features by output shard, and the counts of the bucket."""
    spec, tables = job.spec, job.spec.groups[bucket.group]
    events = read_streams(
        job.staging,
        [_keys_path(bucket.group, bucket.number, file) for file in bucket.events],
        _event_schema(tables, job),
    )
    found = {}
    for table in tables:
        paths = [_rows_path(bucket.group, bucket.number, *part) for part in bucket.rows if part[0] == table.name]
        rows = read_streams(job.staging, paths, _table_schema(table, job))
        found[table.name] = look_up(events, rows, table, spec)
    columns = {name: column for one in found.values() for name, column in one.columns.items()}
    with named_events(events, list(dict.fromkeys(key for one in tables for key in one.key_columns)), spec.event_time):
        refuse_beyond_float32(columns, np.arange(events.num_rows))
    features = _in_order(tables, columns)
    matched: Bools = np.logical_or.reduce([one.matched for one in found.values()])
    result = pa.table([events.column(-2), pa.array(matched), *features], _feature_names(len(features)))
    shards = []
    with StreamWriters(job.staging) as writers:
        for number, part in by_number(result, events.column(-1).to_numpy(), job.shards):
            writers.write(part, _features_path(number, bucket.group, bucket.number))
            shards.append(number)
    counts = {
        name: {
            "rows": one.row_statuses,
            "events": one.event_statuses,
            "facts": {feature: asdict(facts) for feature, facts in one.facts.items()},
        }
        for name, one in found.items()
    }
    path = write_json(job.staging, f"counts/bucket-{bucket.group}-{bucket.number}.json", counts)
    return JoinedBucket(shards=tuple(shards), counts=path)


def finish_shard(shard: Shard, *, job: Job) -> str:
    """Writes an output shard of every split: its events in canonical order, with their features.

    Every shard is written, with the columns, even where it has no rows. Gives the name of the file with its counts.

    Raises:
        LedgerError: events got no answer from the buckets of a group of tables, or several.
    """
    spec = job.spec
    answers = [_answers(group, tables, shard, job) for group, tables in enumerate(spec.groups)]
    splits, parts = {}, {"matched": 0, "unmatched": 0}
    answered = 0
    for split, name in enumerate(job.splits):
        paths = [_events_path(shard.number, *part) for part in shard.events if part[0] == split]
        schema = job.sides[EVENTS].schema.append(pa.field(_free(job.sides[EVENTS].schema), pa.int64()))
        rows = read_streams(job.staging, paths, schema)
        events, numbers = rows.select(range(rows.num_columns - 1)), rows.column(-1).to_numpy()
        matched = np.zeros(events.num_rows, dtype=bool)
        features: dict[str, pa.Array] = {}
        for tables, answer in zip(spec.groups, answers, strict=True):
            aligned = _align(answer, numbers, shard)
            matched |= aligned.column(_MATCHED).to_numpy()
            names = [name for table in tables for name in table.feature_columns]
            columns = aligned.columns[2:]
            features.update({name: _one_array(column) for name, column in zip(names, columns, strict=True)})
        features = {name: features[name] for name in spec.features}
        joined = set_types(with_features(events, order_of(events, spec), features), job.added_types)
        answered += events.num_rows
        splits[name] = joined.num_rows
        parts = {part: parts[part] + count for part, count in matched_parts(matched).items()}
        out = shard_name(shard.number, job.shards, job.payload)
        write_shard(joined, f"{split_folder(job.examples_dir, name)}/{out}", job.payload)
    if any(answer.num_rows != answered for answer in answers):
        raise LedgerError(f"{shard} has {answered:,} events and {[a.num_rows for a in answers]} rows of features")
    return write_json(job.staging, f"counts/shard-{shard.number}.json", {"splits": splits, "parts": parts})


def _shard_of(rows: pa.Table, job: Job) -> Ints:
    # From other bits than the bucket, so that the rows of a bucket spread over all shards.
    hashes = key_hashes(key_table(rows, job.spec.event_keys)) >> np.uint64(32)
    return (hashes % np.uint64(job.shards)).astype(np.int64)


def _events_by_shard(rows: pa.Table, numbers: Ints, shard: Ints, job: Job) -> Iterator[tuple[int, pa.Table]]:
    """The events of each output shard, with their numbers as the last column."""
    return by_number(rows.append_column(_free(rows.schema), pa.array(numbers)), shard, job.shards)


def _event_keys_by_bucket(
    rows: pa.Table, numbers: Ints, shard: Ints, job: Job
) -> Iterator[tuple[tuple[int, int], pa.Table]]:
    """What look-ups need of the events, by (group of tables, bucket)."""
    for group, tables in enumerate(job.spec.groups):
        schema = _event_schema(tables, job)
        columns: list[pa.Array | pa.ChunkedArray] = [rows.column(name) for name in schema.names[:-2]]
        columns += [pa.array(numbers), pa.array(shard)]
        keys = key_table(rows, list(tables[0].key_columns))
        for bucket, part in in_buckets(pa.Table.from_arrays(columns, schema=schema), keys, job.buckets):
            yield (group, bucket), part


def _rows_by_bucket(rows: pa.Table, table: Table, job: Job) -> Iterator[tuple[tuple[int, int], pa.Table]]:
    """The rows of a table, by (group of tables, bucket)."""
    group = next(number for number, tables in enumerate(job.spec.groups) if table in tables)
    keys = key_table(rows, list(table.key_columns.values()))
    for bucket, part in in_buckets(rows.select(_table_schema(table, job).names), keys, job.buckets):
        yield (group, bucket), part


def _events_path(shard: int, split: int, index: int) -> str:
    return f"shard-{shard}/events-{split}-{index}.arrow"


def _keys_path(group: int, bucket: int, file: int) -> str:
    return f"group-{group}/bucket-{bucket}/events-{file}.arrow"


def _rows_path(group: int, bucket: int, table: str, index: int) -> str:
    return f"group-{group}/bucket-{bucket}/table-{table}-{index}.arrow"


def _features_path(shard: int, group: int, bucket: int) -> str:
    return f"shard-{shard}/features-{group}-{bucket}.arrow"


def _event_schema(tables: Sequence[Table], job: Job) -> pa.Schema:
    """What look-ups of a group need of the events, then the number of the event and its output shard."""
    own = [name for table in tables for name in table.own_columns]
    names = list(dict.fromkeys([*tables[0].key_columns, job.spec.event_time, *own]))
    schema = pa.schema([job.sides[EVENTS].schema.field(name) for name in names])
    for name in (_ROW, _SHARD):
        schema = schema.append(pa.field(_free(schema, name), pa.int64()))
    return schema


def _table_schema(table: Table, job: Job) -> pa.Schema:
    return pa.schema([job.sides[table.name].schema.field(name) for name in table.columns])


def _answers(group: int, tables: Sequence[Table], shard: Shard, job: Job) -> pa.Table:
    """The features that the buckets of a group have for the events of a shard, by number of the event."""
    no_events = _event_schema(tables, job).empty_table()
    columns: dict[str, pa.Array] = {}
    for table in tables:
        columns.update(look_up(no_events, _table_schema(table, job).empty_table(), table, job.spec).columns)
    features = _in_order(tables, columns)
    types = [pa.int64(), pa.bool_(), *(column.type for column in features)]
    schema = pa.schema(list(zip(_feature_names(len(features)), types, strict=True)))
    paths = [_features_path(shard.number, *part) for part in shard.features if part[0] == group]
    rows = read_streams(job.staging, paths, schema)
    return rows.take(pc.sort_indices(rows.column(_ROW)))


def _align(answers: pa.Table, numbers: Ints, shard: Shard) -> pa.Table:
    """The answers for the events of these numbers, in their order."""
    known = answers.column(_ROW).to_numpy()
    place = np.searchsorted(known, numbers)
    there = np.append(known, -1)[place] == numbers
    if not there.all():
        raise LedgerError(f"{shard}: {int((~there).sum()):,} events got no answer from a bucket")
    return answers.take(place)


def _in_order(tables: Sequence[Table], columns: Mapping[str, pa.Array]) -> list[pa.Array]:
    return [columns[name] for table in tables for name in table.feature_columns]


def _feature_names(count: int) -> list[str]:
    # Features by number: one may have any name, also that of a column of ours.
    return [_ROW, _MATCHED, *map(str, range(count))]


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _free(schema: pa.Schema, name: str = _ROW) -> str:
    while name in schema.names:
        name += "_"
    return name
