"""Statistics of splits of shards by Beam (imports Beam and TFDV): an element is a part of a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import apache_beam as beam

from headrace.beam import in_this_process
from headrace.errors import UsageError
from headrace.outputs import whole_file
from headrace.stats import tfdv
from headrace.stats.parts import Part, parts_of, read_part
from headrace.stats.spec import StatsSpec

FILE_NAME = "FeatureStats.pb"
"""What stock StatisticsGen names the statistics of a split."""

_MERGED_AT_ONCE = 64


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
        UsageError: there are no splits, or a split has no shards.
    """
    empty = [name for name, paths in splits.items() if not paths]
    if empty or not splits:
        raise UsageError(f"no shards in split {', '.join(empty)}" if empty else "no splits to make statistics of")
    parts = [part for name, paths in splits.items() for part in parts_of(name, paths)]
    with (make_pipeline or in_this_process)() as pipeline:
        for name in splits.keys() - {part.split for part in parts}:
            # Shards without a row: a split of no parts would leave no statistics.
            _write((name, [(0, tfdv.partial_of([], spec))]), spec, out_dir)
        _ = pipeline | "Parts" >> beam.Create(parts, reshuffle=True) | Statistics(spec, out_dir)
    return {name: _rows(_path(out_dir, name)) for name in splits}


class Statistics(beam.PTransform):
    """Parts of splits -> the path of the statistics of each split, written."""

    def __init__(self, spec: StatsSpec, out_dir: str) -> None:
        self._spec = spec
        self._out_dir = out_dir

    def expand(self, parts: beam.PCollection[Part]) -> beam.PCollection[str]:
        """Partial statistics of each part, merged in the order of the parts."""
        return (
            parts
            | "Partial" >> beam.Map(_partial_of, self._spec)
            | "ByRun" >> beam.GroupByKey()
            | "MergeRuns" >> beam.Map(_merge_run, self._spec)
            | "BySplit" >> beam.GroupByKey()
            | "Write" >> beam.Map(_write, self._spec, self._out_dir)
        )


def _partial_of(part: Part, spec: StatsSpec) -> tuple[Any, Any]:
    run = part.index // _MERGED_AT_ONCE
    batches = read_part(part, spec) if part.row_groups else tfdv.read_examples(part, spec)
    return (part.split, run), (part.index, tfdv.partial_of(batches, spec))


def _merge_run(run: tuple[tuple[str, int], Iterable[tuple[int, Any]]], spec: StatsSpec) -> tuple[str, Any]:
    (split, index), partials = run
    return split, (index, tfdv.merge(_in_order(partials), spec))


def _write(runs: tuple[str, Iterable[tuple[int, Any]]], spec: StatsSpec, out_dir: str) -> str:
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
