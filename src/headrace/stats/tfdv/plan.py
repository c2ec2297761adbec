"""Statistics of splits of shards as a plan: sketch the parts, merge the partials of each data set, write the splits.

    sketch parts       part of a file             -> file of the partials of its data sets
    merge runs         64 partials of a data set  -> one partial; only where there are more than 64 parts
    merge data sets    partials of a data set     -> its statistics
    write splits       statistics of data sets    -> Split-<name>/FeatureStats.pb

Partials are merged in the order of the parts, and always in the same runs: sums of floats and sketches of quantiles
depend on the order. A data set is an element of its own, so a worker holds the partials of one slice at a time.
"""

from __future__ import annotations

import os
import pickle
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tensorflow_metadata.proto.v0 import statistics_pb2

from headrace.execution.plan import Plan, Results, Step
from headrace.files.outputs import whole_file
from headrace.files.storage import open_file
from headrace.stats.reading.columns import ReadCounts
from headrace.stats.reading.parts import Part, read_part
from headrace.stats.spec.unknown_features import refuse_unknown
from headrace.stats.tfdv import partials
from headrace.stats.tfdv.context import StatsContext
from headrace.stats.tfdv.files import read_examples
from headrace.stats.tfdv.partials import DataSet, Partial

FILE_NAME = "FeatureStats.pb"
"""The file name that stock StatisticsGen gives the statistics of a split."""

RUN_PARTS = 64
"""Parts whose partials are merged at once."""

SKETCH, MERGE_RUNS, MERGE, WRITE = "sketch parts", "merge runs", "merge data sets", "write splits"


@dataclass(frozen=True, kw_only=True)
class StatsJob:
    """What all steps share.

    Attributes:
        context: the specification, the schema and the columns of Parquet files.
        splits: the names of the splits.
        staging: a directory that all workers reach, for partials.
        out_dir: where the splits are written.
    """

    context: StatsContext
    splits: tuple[str, ...]
    staging: str
    out_dir: str


@dataclass(frozen=True)
class Segment:
    """Bytes of a file."""

    path: str
    start: int
    size: int

    def read(self) -> bytes:
        """The bytes."""
        with open_file(self.path) as file:
            file.seek(self.start)
            return file.read(self.size)


@dataclass(frozen=True, kw_only=True)
class SketchedPart:
    """The partials of a part by data set, the features it has, and its rows.

    Attributes:
        part: the part.
        partials: where the partial of each data set is.
        features: the features of TFRecords; of Parquet they are known before.
        read: rows of the part.
        sampled_out: rows that are not in the sample.
    """

    part: Part
    partials: Mapping[DataSet, Segment]
    features: tuple[str, ...]
    read: int
    sampled_out: int


@dataclass(frozen=True, kw_only=True)
class Merge:
    """Partials of one data set of a split that are merged into one, in their order.

    Attributes:
        split, data_set: whose partials they are.
        name: the name of the file of the result.
        partials: where they are; none for a split without rows.
    """

    split: str
    data_set: DataSet
    name: str
    partials: tuple[Segment, ...]

    def __str__(self) -> str:
        return f"split {self.split!r}, {self.data_set.name!r}"


@dataclass(frozen=True, kw_only=True)
class MergedDataSet:
    """The statistics of one data set: where their bytes are, and how many rows TFDV counted."""

    split: str
    data_set: DataSet
    statistics: Segment
    rows: int


@dataclass(frozen=True, kw_only=True)
class SplitToWrite:
    """The statistics of a split, the whole first."""

    split: str
    statistics: tuple[Segment, ...]

    def __str__(self) -> str:
        return f"split {self.split!r}"


def statistics_plan(job: StatsJob, parts: Sequence[Part]) -> Plan:
    """The plan; its results are read by `rows_of`."""
    return Plan(
        name="statistics",
        staging=job.staging,
        steps=(
            Step(name=SKETCH, work=partial(sketch_part, job=job), items=parts),
            Step(name=MERGE_RUNS, work=partial(merge_run, job=job), items=partial(runs_to_merge, job=job)),
            Step(name=MERGE, work=partial(merge_data_set, job=job), items=partial(data_sets_to_merge, job=job)),
            Step(name=WRITE, work=partial(write_split, job=job), items=partial(splits_to_write, job=job)),
        ),
    )


def sketch_part(part: Part, job: StatsJob) -> SketchedPart:
    """Writes the partials of a part's data sets into one file."""
    counts = ReadCounts()
    read = read_part if part.row_groups else read_examples
    path = os.path.join(job.staging, f"partials-{part.split}-{part.index}")
    found: dict[DataSet, Segment] = {}
    with whole_file(path) as staging, open(staging, "wb") as file:
        rows = read(part, job.context.spec, counts)
        for data_set, known in partials.partials_of(rows, job.context, part.path):
            start = file.tell()
            pickle.dump(known, file, pickle.HIGHEST_PROTOCOL)
            found[data_set] = Segment(path, start, file.tell() - start)
    return SketchedPart(
        part=part,
        partials=found,
        features=tuple(sorted(counts.features)),
        read=counts.read,
        sampled_out=counts.sampled_out,
    )


def runs_to_merge(results: Results, job: StatsJob) -> list[Merge]:
    """The runs of the data sets that have several.

    Raises:
        UsageError: the specification names features that no shard has.
        DataError: a `Slice` makes too many slices over all parts.
    """
    refuse_unknown(job.context.spec, {*job.context.columns, *(n for one in results[SKETCH] for n in one.features)})
    merges = []
    for split, data_sets in _runs_of(results, job).items():
        partials.refuse_many_slices(data_sets)
        merges += [
            Merge(split=split, data_set=data_set, name=f"run-{split}-{place}-{number}", partials=tuple(runs[number]))
            for place, (data_set, runs) in enumerate(data_sets.items())
            if len(runs) > 1
            for number in sorted(runs)
        ]
    return merges


def merge_run(run: Merge, job: StatsJob) -> tuple[str, DataSet, Segment]:
    """Merges the partials of one run; the split, the data set, and where the result is."""
    return run.split, run.data_set, _save(job, run.name, pickle.dumps(_merged(run, job), pickle.HIGHEST_PROTOCOL))


def data_sets_to_merge(results: Results, job: StatsJob) -> list[Merge]:
    """Every data set of every split; for a split without rows, the whole."""
    merged: dict[tuple[str, DataSet], list[Segment]] = defaultdict(list)
    for split, data_set, segment in results[MERGE_RUNS]:
        merged[split, data_set].append(segment)
    runs_of_split = _runs_of(results, job)
    return [
        Merge(
            split=split,
            data_set=data_set,
            name=f"statistics-{split}-{place}",
            partials=tuple(merged.get((split, data_set)) or (one for run in runs.values() for one in run)),
        )
        for split in job.splits
        for place, (data_set, runs) in enumerate((runs_of_split.get(split) or {partials.ALL_ROWS: {}}).items())
    ]


def merge_data_set(merge: Merge, job: StatsJob) -> MergedDataSet:
    """Merges the partials of a data set into its statistics."""
    dataset = partials.extract(merge.data_set, _merged(merge, job), job.context)
    # A list of one data set: serialized lists one after the other are the list of all, and no one holds it whole.
    alone = statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset])
    segment = _save(job, merge.name, alone.SerializeToString(deterministic=True))
    return MergedDataSet(split=merge.split, data_set=merge.data_set, statistics=segment, rows=int(dataset.num_examples))


def splits_to_write(results: Results, job: StatsJob) -> list[SplitToWrite]:
    """Every split."""
    found = {split: _merged_data_sets(results, split) for split in job.splits}
    return [
        SplitToWrite(
            split=split, statistics=tuple(data_sets[data_set].statistics for data_set in partials.in_order(data_sets))
        )
        for split, data_sets in found.items()
    ]


def write_split(split: SplitToWrite, job: StatsJob) -> str:
    """Writes the statistics of a split; returns their path."""
    path = os.path.join(job.out_dir, f"Split-{split.split}", FILE_NAME)
    with whole_file(path) as staging, open(staging, "wb") as file:
        file.writelines(segment.read() for segment in split.statistics)
    return path


@dataclass(frozen=True)
class SplitRows:
    """Rows of a split: those in its files, those that TFDV counted, and those that are not in the sample."""

    read: int
    measured: int
    sampled_out: int


def rows_of(results: Results, job: StatsJob) -> dict[str, SplitRows]:
    """The rows of each split, from the results of the plan."""
    parts: dict[str, list[SketchedPart]] = defaultdict(list)
    for one in results[SKETCH]:
        parts[one.part.split].append(one)
    return {
        split: SplitRows(
            read=sum(one.read for one in parts[split]),
            measured=_merged_data_sets(results, split)[partials.ALL_ROWS].rows,
            sampled_out=sum(one.sampled_out for one in parts[split]),
        )
        for split in job.splits
    }


def _runs_of(results: Results, job: StatsJob) -> dict[str, dict[DataSet, dict[int, list[Segment]]]]:
    # By split and data set, both in their order: the number of each run, and its segments in the order of the parts.
    found: dict[str, dict[DataSet, dict[int, list[Segment]]]] = {}
    for one in sorted(results[SKETCH], key=lambda one: one.part.index):
        data_sets = found.setdefault(one.part.split, {})
        for data_set, segment in one.partials.items():
            runs = data_sets.setdefault(data_set, {})
            runs.setdefault(one.part.index // RUN_PARTS, []).append(segment)
    return {
        split: {data_set: data_sets[data_set] for data_set in partials.in_order(data_sets)}
        for split, data_sets in found.items()
    }


def _merged_data_sets(results: Results, split: str) -> dict[DataSet, MergedDataSet]:
    return {one.data_set: one for one in results[MERGE] if one.split == split}


def _merged(merge: Merge, job: StatsJob) -> Partial:
    known = [pickle.loads(segment.read()) for segment in merge.partials]
    if not known:
        ((_, nothing),) = partials.partials_of([], job.context)
        return nothing
    return partials.merge(merge.data_set, known, job.context)


def _save(job: StatsJob, name: str, data: bytes) -> Segment:
    path = os.path.join(job.staging, name)
    with whole_file(path) as staging, open(staging, "wb") as file:
        file.write(data)
    return Segment(path, 0, len(data))
