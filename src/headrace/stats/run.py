"""Statistics of splits of shards by Beam (imports Beam and TFDV): an element is a part of a file."""

from __future__ import annotations

import json
import os
import pickle
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from headrace.errors import UsageError
from headrace.execution.beam import in_this_process
from headrace.files.outputs import whole_file
from headrace.ledger import Ledger
from headrace.stats import tfdv
from headrace.stats.names import unknown
from headrace.stats.parts import Part, columns_of, parts_of, read_part
from headrace.stats.reading import Facts
from headrace.stats.spec import StatsSpec
from headrace.stats.tfdv.partials import Key, Partial, in_order, refuse_many_slices

FILE_NAME = "FeatureStats.pb"
"""What stock StatisticsGen names the statistics of a split."""

_MERGED_AT_ONCE = 64
_FACTS = "facts"


def generate(
    spec: StatsSpec,
    *,
    splits: Mapping[str, Sequence[str]],
    out_dir: str,
    schema: schema_pb2.Schema | None = None,
    make_pipeline: Callable[[], beam.Pipeline] | None = None,
) -> dict[str, Ledger]:
    """Writes `out_dir/Split-<name>/FeatureStats.pb` for each split; the same bytes at any number of workers.

    Args:
        spec: the statistics to make.
        splits: the shards of each split: Parquet, every column a list; or TFRecords of tf.Example.
        out_dir: where to write; what was there is replaced.
        schema: tells TFDV of categories, bytes, sparse and weighted features and natural language.
        make_pipeline: the Beam pipeline to run on; by default one in this process.

    Returns:
        The rows of each split: those in the shards (by the footers of Parquet, by the frames of TFRecords) are those
        that the statistics speak of and those that the sample left out.

    Raises:
        DataError: shards that can't be read, or that can't be sliced or weighed as asked.
        UsageError: there are no splits, a split has no shards, or the specification names features that no shard has.
        LedgerError: rows were lost on the way.
    """
    empty = [name for name, paths in splits.items() if not paths]
    if empty or not splits:
        raise UsageError(f"no shards in split {', '.join(empty)}" if empty else "no splits to make statistics of")
    columns = columns_of([path for paths in splits.values() for path in paths])
    making = tfdv.Making(spec, schema.SerializeToString() if schema is not None else b"", columns)
    parts = [part for name, paths in splits.items() for part in parts_of(name, paths, exclude=spec.exclude)]
    # What TFRecords hold is known only once they are read, so a worker has to say it.
    told = os.path.join(out_dir, f".facts-{uuid.uuid4().hex[:8]}.json")
    if all(part.row_groups for part in parts):
        _refuse_unknown(spec, columns)
    try:
        with (make_pipeline or in_this_process)() as pipeline:
            _ = pipeline | "Parts" >> beam.Create(parts, reshuffle=True) | Statistics(making, out_dir, columns, told)
        with open(told, encoding="utf-8") as file:
            facts = json.load(file)
    finally:
        if os.path.exists(told):
            os.remove(told)
    _refuse_unknown(spec, facts["features"])
    for name in splits.keys() - {part.split for part in parts}:
        # Shards without a row: a split of no parts would leave no statistics.
        nothing = [tfdv.extract(key, partial, making) for key, partial in tfdv.partials_of([], making)]
        _save(_path(out_dir, name), [_serialized(dataset) for dataset in nothing])
    return {name: _ledger(_path(out_dir, name), facts["rows"].get(name, [0, 0])) for name in splits}


class Statistics(beam.PTransform):
    """Parts of splits -> the path of the statistics of each split, written.

    Writes to `told` what features there are: `columns`, and those of TFRecords; and how many rows were read and left
    out of the sample in each split. If the specification names other features, nothing else is written.
    """

    def __init__(self, making: tfdv.Making, out_dir: str, columns: Collection[str], told: str) -> None:
        self._making = making
        self._out_dir = out_dir
        self._columns = frozenset(columns)
        self._told = told

    def expand(self, parts: beam.PCollection[Part]) -> beam.PCollection[str]:
        """Partial statistics of each data set of each part, merged in the order of the parts.

        A data set is an element of its own, so that a worker holds one slice at a time where partials are merged.
        """
        made = parts | "Partial" >> beam.FlatMap(_partials_of, self._making).with_outputs(_FACTS, main="partials")
        facts = made[_FACTS] | "Facts" >> beam.CombineGlobally(_AllFacts())
        there = facts | "Features" >> beam.Map(_features, self._columns)
        _ = facts | "Tell" >> beam.Map(_tell, self._columns, self._told)
        return (
            made.partials
            | "ByRun" >> beam.GroupByKey()
            | "MergeRuns" >> beam.Map(_merge_run, self._making)
            | "ByDataSet" >> beam.GroupByKey()
            | "Draw" >> beam.Map(_draw, self._making)
            | "BySplit" >> beam.GroupByKey()
            | "Write" >> beam.Map(_write, self._making.spec, self._out_dir, beam.pvalue.AsSingleton(there))
            | "Written" >> beam.Filter(bool)
        )


def _partials_of(part: Part, making: tfdv.Making) -> Iterator[Any]:
    run = part.index // _MERGED_AT_ONCE
    facts = Facts(part.split)
    read = read_part if part.row_groups else tfdv.read_examples
    for key, partial in tfdv.partials_of(read(part, making.spec, facts), making, part.path):
        yield (part.split, *key, run), _packed(part.index, partial)
    yield beam.pvalue.TaggedOutput(_FACTS, (sorted(facts.features), part.split, facts.read, facts.sampled_out))


class _AllFacts(beam.CombineFn):
    """Features, and rows read and left out by split, as JSON."""

    def create_accumulator(self) -> Any:
        return [[], {}]

    def add_input(self, known: Any, facts: Any) -> Any:
        features, split, read, left_out = facts
        return self.merge_accumulators([known, [features, {split: [read, left_out]}]])

    def merge_accumulators(self, accumulators: Iterable[Any]) -> Any:
        features: set[str] = set()
        rows: dict[str, list[int]] = {}
        for seen, counted in accumulators:
            features.update(seen)
            for split, (read, left_out) in counted.items():
                before = rows.get(split, [0, 0])
                rows[split] = [before[0] + read, before[1] + left_out]
        return [sorted(features), rows]

    def extract_output(self, known: Any) -> str:
        return json.dumps(known)


def _features(facts: str, columns: frozenset[str]) -> frozenset[str]:
    return columns.union(json.loads(facts)[0])


def _tell(facts: str, columns: frozenset[str], path: str) -> None:
    rows = json.loads(facts)[1]
    with whole_file(path) as staging, open(staging, "w", encoding="utf-8") as file:
        json.dump({"features": sorted(_features(facts, columns)), "rows": rows}, file)


def _refuse_unknown(spec: StatsSpec, there: Collection[str]) -> None:
    if words := unknown(spec, there):
        raise UsageError(words)


def _merge_run(run: Any, making: tfdv.Making) -> Any:
    (split, cut, name, index), partials = run
    merged = tfdv.merge((cut, name), _in_order(partials), making)
    return (split, cut, name), _packed(index, merged)


def _draw(runs: Any, making: tfdv.Making) -> Any:
    (split, cut, name), partials = runs
    merged = tfdv.merge((cut, name), _in_order(partials), making)
    return split, (cut, name, _serialized(tfdv.extract((cut, name), merged, making)))


def _write(split: Any, spec: StatsSpec, out_dir: str, there: frozenset[str]) -> str:
    if unknown(spec, there):
        return ""
    name, drawn = split
    datasets: dict[Key, bytes] = {(cut, of): data for cut, of, data in drawn}
    refuse_many_slices(datasets)
    path = _path(out_dir, name)
    _save(path, [datasets[key] for key in in_order(datasets)])
    return path


def _serialized(dataset: statistics_pb2.DatasetFeatureStatistics) -> bytes:
    # A list of one data set: serialized lists one after the other are the list of all, and no one holds it whole.
    alone = statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset])
    return bytes(alone.SerializeToString(deterministic=True))


def _save(path: str, datasets: Sequence[bytes]) -> None:
    with whole_file(path) as staging, open(staging, "wb") as file:
        file.writelines(datasets)


def _packed(index: int, partial: Partial) -> tuple[int, bytes]:
    # Beam's in-process gRPC runner flushes its buffers by the clock, from another thread: an element whose encoding
    # runs Python code, as pickling does, may be torn in two. Bytes are written at one stroke, and held most densely.
    return index, pickle.dumps(partial, protocol=pickle.HIGHEST_PROTOCOL)


def _in_order(partials: Iterable[tuple[int, bytes]]) -> list[Partial]:
    # Sums of floats and sketches of quantiles depend on the order of merging, so it is fixed.
    return [pickle.loads(packed) for _, packed in sorted(partials, key=lambda indexed: indexed[0])]


def _path(out_dir: str, split: str) -> str:
    return os.path.join(out_dir, f"Split-{split}", FILE_NAME)


def _ledger(path: str, rows: Sequence[int]) -> Ledger:
    read, sampled_out = rows
    measured = int(tfdv.read(path).datasets[0].num_examples)
    return Ledger(subject="rows", total=read, parts={"measured": measured, "sampled_out": sampled_out})
