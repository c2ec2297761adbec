"""The join in threads of this process, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence

from headrace.labels.threads import each
from headrace.point_in_time.shards import File, Job, finish, join_bucket, stage


def join_here(files: Sequence[File], job: Job, workers: int | None = None) -> None:
    """Stages every file, joins every bucket, then finishes every shard: also those without rows."""
    every = [(group, bucket) for group in range(len(job.spec.groups)) for bucket in range(job.buckets)]
    each(lambda file: stage(file, job), files, workers)
    each(lambda of_group: join_bucket(*of_group, job), every, workers)
    each(lambda shard: finish(shard, job), range(job.shards), workers)
