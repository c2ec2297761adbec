"""The join on Beam: wiring only. An element is a shard or a bucket, never a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam

from headrace.labels.shards import Job, Shard, join_bucket, stage


class JoinShards(beam.PTransform):
    """Shards of both sides -> the buckets, each joined and written, with its counts beside it."""

    def __init__(self, shards: Sequence[Shard], job: Job) -> None:
        self._shards = shards
        self._job = job

    def expand(self, start: beam.Pipeline) -> beam.PCollection[int]:
        """Stages every shard, then joins every bucket: also those that got no row, which write empty shards."""
        job = self._job
        staged = start | "Shards" >> beam.Create(self._shards, reshuffle=True) | "Stage" >> beam.FlatMap(_stage, job)
        every = start | "Buckets" >> beam.Create([(bucket, None) for bucket in range(job.buckets)])
        return (staged, every) | beam.Flatten() | beam.GroupByKey() | "Join" >> beam.Map(_join, job)


def _stage(shard: Shard, job: Job) -> Iterator[tuple[int, Shard | None]]:
    for bucket in stage(shard, job):
        yield bucket, shard


def _join(of_bucket: tuple[int, Iterable[Shard | None]], job: Job) -> int:
    bucket, shards = of_bucket
    join_bucket(bucket, [shard for shard in shards if shard], job)
    return bucket
