"""Computes statistics: of rows in memory, and of splits of shards (both import TFDV when they are called)."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING

import pyarrow as pa

from headrace.errors import UsageError
from headrace.execution import Engine, Observer, engine_of
from headrace.execution.progress import logged
from headrace.files.inputs import Inputs
from headrace.files.outputs import refuse_foreign, whole_directory
from headrace.files.storage import remove_folder
from headrace.ledger import Ledger
from headrace.stats.reading.parts import columns_of, parts_of
from headrace.stats.spec.stats_spec import StatsSpec
from headrace.stats.spec.unknown_features import refuse_unknown

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

logger = logging.getLogger("headrace.stats")

_CURE = "statistics need TFDV: pip install 'headrace[stats]'"


def statistics(
    examples: pa.Table | Iterable[pa.RecordBatch],
    spec: StatsSpec | None = None,
    *,
    schema: schema_pb2.Schema | None = None,
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Statistics of rows in memory; memory holds one batch at a time, if batches come one at a time.

    Args:
        examples: features, every column a list, as `headrace.examples.layout.to_features` makes them.
        spec: which statistics; by default those of every feature.
        schema: declares categories, bytes, sparse and weighted features, and natural language.

    Raises:
        DataError: a feature to slice or to weight by can't be used so, or makes too many slices.
        UsageError: TFDV is not installed.
    """
    try:
        from headrace.stats.tfdv.context import StatsContext
        from headrace.stats.tfdv.partials import in_memory
    except ModuleNotFoundError as error:
        raise UsageError(f"{_CURE} ({error})") from error
    batches = examples.to_batches() if isinstance(examples, pa.Table) else examples
    return in_memory(batches, StatsContext(spec or StatsSpec(), _serialized(schema)))


def write_statistics(
    splits: Mapping[str, Sequence[str]],
    out_dir: str,
    spec: StatsSpec | None = None,
    *,
    schema: schema_pb2.Schema | None = None,
    engine: Engine | Executor | str | None = None,
    on_progress: Observer | None = None,
) -> dict[str, Ledger]:
    """Writes `out_dir/Split-<name>/FeatureStats.pb` for each split; the same bytes on any engine and number of workers.

    Args:
        splits: the shards of each split: Parquet, every column a list; or TFRecords of tf.Example, compressed or not.
        out_dir: a directory that appears whole or not at all; earlier statistics in it are replaced.
        spec: which statistics; by default those of every feature.
        schema: declares categories, bytes, sparse and weighted features, and natural language.
        engine: what runs the plan, as `headrace.execution.engine_of` takes it; by default threads of this process.
        on_progress: called with a step's name, and how many of its elements are done, of how many.

    Returns:
        The rows of each split: those in the shards (by the footers of Parquet, by the frames of TFRecords) are those
        that were measured and those that are not in the sample.

    Raises:
        DataError: shards can't be read, sliced or weighted as asked, or change while they are read.
        UsageError: there are no splits, a split has no shards, the specification names features that no shard has,
            `out_dir` holds something else, or TFDV is not installed.
        LedgerError: rows were lost.
    """
    empty = [name for name, paths in splits.items() if not paths]
    if empty or not splits:
        raise UsageError(f"no shards in split {', '.join(empty)}" if empty else "no splits to compute statistics of")
    try:
        from headrace.stats.tfdv.context import StatsContext
        from headrace.stats.tfdv.plan import StatsJob, rows_of, statistics_plan
    except ModuleNotFoundError as error:
        raise UsageError(f"{_CURE} ({error})") from error

    spec = spec or StatsSpec()
    refuse_foreign(out_dir, "Split-*")
    inputs = Inputs(path for paths in splits.values() for path in paths)
    parts = [part for name, paths in splits.items() for part in parts_of(name, paths, exclude=spec.exclude)]
    columns = columns_of([path for paths in splits.values() for path in paths])
    if all(part.row_groups for part in parts):
        # The features of TFRecords are known only when they have been read.
        refuse_unknown(spec, columns)
    logger.info("computing statistics", extra={"splits": list(splits), "parts": len(parts), "columns": len(columns)})
    with whole_directory(out_dir, shared=True) as staging, inputs.unchanged():
        job = StatsJob(
            context=StatsContext(spec, _serialized(schema), columns),
            splits=tuple(splits),
            staging=os.path.join(staging, ".partials"),
            out_dir=staging,
        )
        plan = statistics_plan(job, parts)
        rows = rows_of(engine_of(engine).run(plan, logged(logger, plan.name, on_progress)), job)
        ledgers = {
            name: Ledger(
                subject="rows", total=one.read, parts={"measured": one.measured, "sampled_out": one.sampled_out}
            )
            for name, one in rows.items()
        }
        remove_folder(job.staging)
    logger.info("computed statistics", extra={"rows": {name: ledger.total for name, ledger in ledgers.items()}})
    return ledgers


def _serialized(schema: schema_pb2.Schema | None) -> bytes:
    return b"" if schema is None else schema.SerializeToString()
