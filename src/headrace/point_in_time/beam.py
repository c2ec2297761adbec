"""The join on Beam: wiring only. An element is a file, a bucket or a shard, never a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam

from headrace.point_in_time.shards import File, Job, finish, join_bucket, stage

_Bucket = tuple[int, int]


class JoinFeatures(beam.PTransform):
    """Files of events and tables -> output shards, each written, with counts beside it."""

    def __init__(self, files: Sequence[File], job: Job) -> None:
        self._files = files
        self._job = job

    def expand(self, start: beam.Pipeline) -> beam.PCollection[int]:
        """Stages every file, joins every bucket, then finishes every shard: also those without rows."""
        job = self._job
        groups = range(len(job.spec.groups))
        every = [((group, bucket), None) for group in groups for bucket in range(job.buckets)]
        staged = start | "Files" >> beam.Create(self._files, reshuffle=True) | "Stage" >> beam.FlatMap(_stage, job)
        buckets = start | "Buckets" >> beam.Create(every)
        joined = (
            (staged, buckets) | "Rows" >> beam.Flatten() | "OfBucket" >> beam.GroupByKey() | beam.FlatMap(_join, job)
        )
        return joined | "OfShard" >> beam.GroupByKey() | "Finish" >> beam.Map(_finish, job)


def _stage(file: File, job: Job) -> Iterator[tuple[_Bucket, None]]:
    for bucket in stage(file, job):
        yield bucket, None


def _join(of_bucket: tuple[_Bucket, Iterable[None]], job: Job) -> Iterator[tuple[int, None]]:
    (group, bucket), _ = of_bucket
    join_bucket(group, bucket, job)
    # A shard is finished when every bucket that may have rows of it is joined.
    for shard in range(job.shards):
        yield shard, None


def _finish(of_shard: tuple[int, Iterable[None]], job: Job) -> int:
    shard, _ = of_shard
    finish(shard, job)
    return shard
