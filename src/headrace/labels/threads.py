"""The join in threads of this process: Arrow, NumPy and DuckDB let go of the interpreter where the time goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from headrace.execution.cores import cores
from headrace.execution.threads import MOST
from headrace.labels.shards import Job, Shard, join_bucket, stage

Item = TypeVar("Item")
Made = TypeVar("Made")


def join_here(shards: Sequence[Shard], job: Job, workers: int | None = None) -> None:
    """Stages every shard, then joins every bucket: also those that got no row, which write empty shards."""
    staged: dict[int, list[Shard]] = defaultdict(list)
    for shard, buckets in zip(shards, each(lambda one: stage(one, job), shards, workers), strict=True):
        for bucket in buckets:
            staged[bucket].append(shard)
    each(lambda bucket: join_bucket(bucket, staged.get(bucket, []), job), range(job.buckets), workers)


def each(do: Callable[[Item], Made], items: Iterable[Item], workers: int | None) -> list[Made]:
    """What `do` makes of each item, in their order; after the first that fails no further one is begun.

    Args:
        do: what a thread does with one item.
        items: one after the other.
        workers: how many threads; None: one a core, `MOST` at the most.
    """
    pool = ThreadPoolExecutor(workers or min(cores(), MOST), thread_name_prefix="headrace")
    try:
        return list(pool.map(do, items))
    finally:
        pool.shutdown(cancel_futures=True)
