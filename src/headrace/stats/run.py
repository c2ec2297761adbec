"""Statistics of splits of shards by Beam (imports Beam and TFDV): an element is a part of a file."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam

from headrace.beam import in_this_process
from headrace.errors import UsageError
from headrace.outputs import whole_file
from headrace.stats import tfdv
from headrace.stats.names import unknown
from headrace.stats.parts import Part, columns_of, parts_of, read_part
from headrace.stats.spec import StatsSpec

FILE_NAME = "FeatureStats.pb"
"""What stock StatisticsGen names the statistics of a split."""

_MERGED_AT_ONCE = 64
_FEATURES = "features"


def generate(
    spec: StatsSpec,
    *,
    splits: Mapping[str, Sequence[str]],
    out_dir: str,
    make_pipeline: Callable[[], beam.Pipeline] | None = None,
) -> dict[str, int]:
    """Writes `out_dir/Split-<name>/FeatureStats.pb` for each split; the same bytes at any number of workers.

    Args:
        spec: the statistics to make.
        splits: the shards of each split: Parquet, every column a list; or TFRecords of tf.Example.
        out_dir: where to write; what was there is replaced.
        make_pipeline: the Beam pipeline to run on; by default one in this process.

    Returns:
        The number of rows of each split that the statistics speak of (after sampling).

    Raises:
        DataError: shards that can't be read, or that can't be sliced as asked.
        UsageError: there are no splits, a split has no shards, or the specification names features that no shard has.
    """
    empty = [name for name, paths in splits.items() if not paths]
    if empty or not splits:
        raise UsageError(f"no shards in split {', '.join(empty)}" if empty else "no splits to make statistics of")
    parts = [part for name, paths in splits.items() for part in parts_of(name, paths, exclude=spec.exclude)]
    columns = frozenset(columns_of([path for paths in splits.values() for path in paths]))
    # What TFRecords hold is known only once they are read, so a worker has to say it.
    told = os.path.join(out_dir, f".features-{uuid.uuid4().hex[:8]}.json")
    if all(part.row_groups for part in parts):
        _refuse_unknown(spec, columns)
    try:
        with (make_pipeline or in_this_process)() as pipeline:
            _ = pipeline | "Parts" >> beam.Create(parts, reshuffle=True) | Statistics(spec, out_dir, columns, told)
        with open(told, encoding="utf-8") as file:
            _refuse_unknown(spec, json.load(file))
    finally:
        if os.path.exists(told):
            os.remove(told)
    for name in splits.keys() - {part.split for part in parts}:
        # Shards without a row: a split of no parts would leave no statistics.
        _write((name, [(0, tfdv.partial_of([], spec))]), spec, out_dir, columns)
    return {name: _rows(_path(out_dir, name)) for name in splits}


class Statistics(beam.PTransform):
    """Parts of splits -> the path of the statistics of each split, written.

    Writes to `told` what features there are: `columns`, and those of TFRecords. If the specification names others,
    nothing else is written.
    """

    def __init__(self, spec: StatsSpec, out_dir: str, columns: frozenset[str], told: str) -> None:
        self._spec = spec
        self._out_dir = out_dir
        self._columns = columns
        self._told = told

    def expand(self, parts: beam.PCollection[Part]) -> beam.PCollection[str]:
        """Partial statistics of each part, merged in the order of the parts."""
        made = parts | "Partial" >> beam.FlatMap(_partial_of, self._spec).with_outputs(_FEATURES, main="partials")
        there = made[_FEATURES] | "Features" >> beam.CombineGlobally(_union) | beam.Map(_union_with, self._columns)
        _ = there | "Tell" >> beam.Map(_tell, self._told)
        return (
            made.partials
            | "ByRun" >> beam.GroupByKey()
            | "MergeRuns" >> beam.Map(_merge_run, self._spec)
            | "BySplit" >> beam.GroupByKey()
            | "Write" >> beam.Map(_write, self._spec, self._out_dir, beam.pvalue.AsSingleton(there))
            | "Written" >> beam.Filter(bool)
        )


def _partial_of(part: Part, spec: StatsSpec) -> Iterator[Any]:
    run = part.index // _MERGED_AT_ONCE
    seen: set[str] = set()
    batches = read_part(part, spec) if part.row_groups else tfdv.read_examples(part, spec, seen)
    yield (part.split, run), (part.index, tfdv.partial_of(batches, spec))
    yield beam.pvalue.TaggedOutput(_FEATURES, frozenset(seen))


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)


def _union_with(features: frozenset[str], columns: frozenset[str]) -> frozenset[str]:
    return features | columns


def _tell(features: frozenset[str], path: str) -> None:
    with whole_file(path) as staging, open(staging, "w", encoding="utf-8") as file:
        json.dump(sorted(features), file)


def _refuse_unknown(spec: StatsSpec, there: Collection[str]) -> None:
    if words := unknown(spec, there):
        raise UsageError(words)


def _merge_run(run: tuple[tuple[str, int], Iterable[tuple[int, Any]]], spec: StatsSpec) -> tuple[str, Any]:
    (split, index), partials = run
    return split, (index, tfdv.merge(_in_order(partials), spec))


def _write(runs: tuple[str, Iterable[tuple[int, Any]]], spec: StatsSpec, out_dir: str, there: frozenset[str]) -> str:
    if unknown(spec, there):
        return ""
    split, partials = runs
    statistics = tfdv.extract(tfdv.merge(_in_order(partials), spec), spec)
    path = _path(out_dir, split)
    with whole_file(path) as staging, open(staging, "wb") as file:
        file.write(statistics.SerializeToString(deterministic=True))
    return path


def _in_order(partials: Iterable[tuple[int, Any]]) -> list[Any]:
    # Sums of floats and sketches of quantiles depend on the order of merging, so it is fixed.
    return [partial for _, partial in sorted(partials, key=lambda indexed: indexed[0])]


def _path(out_dir: str, split: str) -> str:
    return os.path.join(out_dir, f"Split-{split}", FILE_NAME)


def _rows(path: str) -> int:
    return int(tfdv.read(path).datasets[0].num_examples)
