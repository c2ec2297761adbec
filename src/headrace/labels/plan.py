"""The label join as distributed work: which steps there are, and what each of them works on.

write buckets   every input shard
join buckets    every bucket, also those that got no rows
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from headrace.execution import Plan, Results, Step
from headrace.keyed.bucket_files import Size
from headrace.labels.steps import Bucket, Job, Shard, join_bucket, write_buckets

WRITE, JOIN = "write buckets", "join buckets"


def join_plan(shards: Sequence[Shard], job: Job) -> Plan:
    """From the input shards to the outputs; the results of `JOIN` name the files that have the counts."""
    return Plan(
        name="join labels",
        staging=job.staging,
        steps=(
            Step(name=WRITE, work=partial(write_buckets, job=job), items=tuple(shards)),
            Step(name=JOIN, work=partial(join_bucket, job=job), items=partial(_buckets, tuple(shards), job.buckets)),
        ),
    )


def _buckets(shards: Sequence[Shard], count: int, results: Results) -> list[Bucket]:
    parts: list[list[tuple[str, int]]] = [[] for _ in range(count)]
    sizes = [Size()] * count
    for shard, written in zip(shards, results[WRITE], strict=True):
        for bucket, size in written.items():
            parts[bucket].append((shard.side, shard.index))
            sizes[bucket] = sizes[bucket].plus(*size)
    return [Bucket(number=number, parts=tuple(sorted(parts[number])), size=sizes[number]) for number in range(count)]
