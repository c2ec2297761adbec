"""The steps of the statistics cases, on the same rows as Parquet and as tf.Example."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.cases.executors import artifact, do, examples_at, executor

MOST_RECORDS = 1_000_000
"""The most rows that are written as tf.Example: stock takes minutes for more."""

FORMATS = {"parquet": "FORMAT_PARQUET", "tf_example": "FORMAT_TF_EXAMPLE"}


def write(folder: Path, tables: Iterator[pa.Table], rows: int) -> None:
    """Writes flat tables in both payload formats, as one split; does nothing if they are there already."""
    if (folder / "done").exists():
        return
    import tensorflow as tf
    from tfx_bsl.coders.example_coder import RecordBatchToExamples

    from headrace.examples.layout import to_features, write_parquet

    for payload in FORMATS:
        (folder / payload / "Split-train").mkdir(parents=True, exist_ok=True)
    records = str(folder / "tf_example" / "Split-train" / "data_tfrecord-00000-of-00001.gz")
    with tf.io.TFRecordWriter(records, "GZIP") as writer:
        for shard, table in enumerate(tables):
            write_parquet(table, str(folder / "parquet" / "Split-train" / f"data-{shard:05}.parquet"))
            for batch in to_features(table).combine_chunks().to_batches(10_000) if rows <= MOST_RECORDS else ():
                for example in RecordBatchToExamples(batch):
                    writer.write(example)
    (folder / "done").touch()


def ours(folder: Path, spec: Any = None, name: str = "ours") -> Callable[[], None]:
    from tfx.types import standard_artifacts

    import headrace.stats.tfdv.plan  # noqa: F401 - imported before the measurement, like the modules of stock
    from headrace.stats import StatsSpec
    from headrace_components.stats.executor import Executor

    inputs = {"examples": [_examples(folder, "parquet")]}
    outputs = {"statistics": [artifact(standard_artifacts.ExampleStatistics, folder / name)]}
    return do(executor(Executor, folder), inputs, outputs, spec=(spec or StatsSpec()).to_json(), union="")


def stock(folder: Path, payload: str) -> Callable[[], None]:
    from tfx.components.statistics_gen.executor import Executor
    from tfx.types import standard_artifacts

    inputs = {"examples": [_examples(folder, payload)]}
    outputs = {"statistics": [artifact(standard_artifacts.ExampleStatistics, folder / f"stock-{payload}")]}
    return do(executor(Executor, folder), inputs, outputs)


def in_memory(folder: Path) -> Callable[[], object]:
    """TFDV's generators on one batch that is in memory already, without reading or writing files."""
    import tensorflow_data_validation as tfdv
    from tensorflow_data_validation.statistics import stats_impl

    (batch,) = pq.read_table(folder / "parquet" / "Split-train").combine_chunks().to_batches()
    return lambda: stats_impl.generate_statistics_in_memory(batch, tfdv.StatsOptions())


def from_csv(csv: Path) -> Callable[[], object]:
    import tensorflow_data_validation as tfdv

    return lambda: tfdv.generate_statistics_from_csv(str(csv))


def differ(folder: Path) -> str:
    """How those parts of the statistics differ that must be equal; "" if they don't."""
    found, expected = (_counts(folder / side / "Split-train" / "FeatureStats.pb") for side in ("ours", "stock-parquet"))
    names = sorted(name for name in found | expected if found.get(name) != expected.get(name))
    return "; ".join(f"{name}: ours {found.get(name)}, stock {expected.get(name)}" for name in names)


def _counts(path: Path) -> dict[str, Any]:
    from tensorflow_metadata.proto.v0 import statistics_pb2

    (dataset,) = statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes()).datasets
    counts: dict[str, Any] = {"rows": dataset.num_examples}
    for feature in dataset.features:
        text = feature.HasField("string_stats")
        common = (feature.string_stats if text else feature.num_stats).common_stats
        exact = (
            [feature.string_stats.unique, *((top.value, top.frequency) for top in feature.string_stats.top_values)]
            if text
            else [feature.num_stats.min, feature.num_stats.max, feature.num_stats.num_zeros]
        )
        counts[feature.path.step[0]] = [common.num_non_missing, common.num_missing, common.tot_num_values, *exact]
    return counts


def _examples(folder: Path, payload: str) -> Any:
    from tfx.types import artifact_utils

    examples = examples_at(folder / payload, FORMATS[payload])
    examples.split_names = artifact_utils.encode_split_names(["train"])
    return examples
