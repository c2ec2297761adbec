"""The feature join as distributed work: which steps there are, and what each of them works on.

write buckets   every input file
join buckets    every bucket that got rows, of each group of tables
finish shards   every output shard, also those that got no rows
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from headrace.execution import Plan, Results, Step
from headrace.keyed.bucket_files import Size
from headrace.point_in_time.steps import Bucket, File, Job, Shard, finish_shard, join_bucket, write_buckets

WRITE, JOIN, FINISH = "write buckets", "join buckets", "finish shards"


def join_plan(files: Sequence[File], job: Job) -> Plan:
    """From the input files to the outputs; the results of `JOIN` and `FINISH` name the files that have the counts."""
    files = tuple(files)
    return Plan(
        name="join features",
        staging=job.staging,
        steps=(
            Step(name=WRITE, work=partial(write_buckets, job=job), items=files),
            Step(name=JOIN, work=partial(join_bucket, job=job), items=partial(_buckets, files)),
            Step(name=FINISH, work=partial(finish_shard, job=job), items=partial(_shards, files, job)),
        ),
    )


def _buckets(files: Sequence[File], results: Results) -> list[Bucket]:
    events: dict[tuple[int, int], list[int]] = {}
    rows: dict[tuple[int, int], list[tuple[str, int]]] = {}
    sizes: dict[tuple[int, int], Size] = {}
    for file, written in zip(files, results[WRITE], strict=True):
        for bucket, size in written.buckets.items():
            sizes[bucket] = sizes.get(bucket, Size()).plus(*size)
            if file.is_events:
                events.setdefault(bucket, []).append(file.number)
            else:
                rows.setdefault(bucket, []).append((file.name, file.index))
    return [
        Bucket(
            group=group,
            number=number,
            events=tuple(sorted(events.get((group, number), ()))),
            rows=tuple(sorted(rows.get((group, number), ()))),
            size=sizes[group, number],
        )
        for group, number in sorted({*events, *rows})
    ]


def _shards(files: Sequence[File], job: Job, results: Results) -> list[Shard]:
    events: list[list[tuple[int, int]]] = [[] for _ in range(job.shards)]
    features: list[list[tuple[int, int]]] = [[] for _ in range(job.shards)]
    for file, written in zip(files, results[WRITE], strict=True):
        for shard in written.shards:
            events[shard].append((job.splits.index(file.name), file.index))
    for bucket, joined in zip(_buckets(files, results), results[JOIN], strict=True):
        for shard in joined.shards:
            features[shard].append((bucket.group, bucket.number))
    return [
        Shard(number=number, events=tuple(sorted(events[number])), features=tuple(sorted(features[number])))
        for number in range(job.shards)
    ]
