"""Feature skew, pair by pair: headrace against TFDV's DetectFeatureSkew, on the same pairs with the same faults.

headrace reads Parquet, TFDV serialized tf.Examples, with rows in different orders. The counts of mismatches that both
write, at zero tolerance, must be equal.
"""

import json
from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.data import make_csv

MOST_STOCK = 1_000_000
"""Rows above which TFDV is not run: it would take most of an hour, and its time for each pair does not fall."""

_FEATURES = {
    "started_minute": "started_minute::BIGINT",
    "duration_s": "CASE WHEN {bad} AND ride_id % 3 = 0 THEN duration_s + 1 ELSE duration_s END::BIGINT",
    "distance_km": "distance_km::FLOAT",
    "elevation_m": "CASE WHEN {bad} AND ride_id % 5 = 0 THEN NULL ELSE elevation_m END::FLOAT",
    "pace_min_per_km": "CASE WHEN {bad} THEN pace_min_per_km * 1.609344 ELSE pace_min_per_km END::FLOAT",
    "heart_rate": "CASE WHEN {bad} AND heart_rate IS NULL THEN 0 ELSE heart_rate END::FLOAT",
    "daypart": "encode(CASE WHEN {bad} THEN upper(daypart) ELSE daypart END)",
    "runner_id": "encode(runner_id)",
    "city": "encode(city)",
    "answer": "encode(answer)",
}


def data(work: Path, rows: int) -> None:
    import duckdb

    csv = work / "data" / "rides.csv"
    make_csv(csv, rows)
    # A tenth of the served rows has some fault; one key in a thousand is on one side only.
    for side, bad, kept, order in (
        ("training", "false", "ride_id % 1000 <> 7", "ride_id"),
        ("serving", "ride_id % 10 = 0", "ride_id % 1000 <> 8", "hash(ride_id)"),
    ):
        path = work / "data" / f"{side}.parquet"
        if path.exists():
            continue
        # A null stays a null: tf.Example can't represent a list of one null.
        columns = ["[encode('k' || ride_id)] AS ride_id"]
        for name, source in _FEATURES.items():
            value = source.format(bad=bad)
            columns.append(f"CASE WHEN ({value}) IS NULL THEN NULL ELSE [{value}] END AS {name}")
        query = f"SELECT {', '.join(columns)} FROM read_csv('{csv}') WHERE {kept} ORDER BY {order}"
        with duckdb.connect(config={"memory_limit": "1500MB", "temp_directory": str(work / "spill")}) as engine:
            engine.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 131072)")


def ours(work: Path) -> Callable[[], None]:
    from headrace.skew.pairs import FeatureSkewSpec, FileColumns, detect_feature_skew

    def run() -> None:
        sides = [FileColumns([str(work / "data" / f"{side}.parquet")]) for side in ("training", "serving")]
        found = detect_feature_skew(*sides, FeatureSkewSpec(keys=("ride_id",)))
        counts = {f.feature: [f.mismatches, f.training_only, f.serving_only] for f in found.features}
        (work / "ours-feature-skew.json").write_text(json.dumps(counts, sort_keys=True))

    return run


def stock(work: Path) -> Callable[[], None]:
    import apache_beam as beam
    import pyarrow.parquet as pq
    import tensorflow as tf
    from apache_beam.options.pipeline_options import PipelineOptions
    from tensorflow_data_validation.skew.feature_skew_detector import SKEW_RESULTS_KEY, DetectFeatureSkewImpl
    from tfx_bsl.coders import example_coder

    sides = {}
    for side in ("training", "serving"):
        records = str(work / "data" / f"{side}.tfrecord")
        with tf.io.TFRecordWriter(records) as writer:
            for batch in pq.ParquetFile(work / "data" / f"{side}.parquet").iter_batches():
                for record in example_coder.RecordBatchToExamples(batch):
                    writer.write(record)
        sides[side] = records

    def collect(results: list) -> None:
        counts = {r.feature_name: [r.mismatch_count, r.base_only, r.test_only] for r in results}
        (work / "stock-feature-skew.json").write_text(json.dumps(counts, sort_keys=True))

    def run() -> None:
        with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as pipeline:
            examples = [
                pipeline
                | f"Read {side}" >> beam.io.ReadFromTFRecord(path)
                | f"Parse {side}" >> beam.Map(tf.train.Example.FromString)
                for side, path in sides.items()
            ]
            found = tuple(examples) | DetectFeatureSkewImpl(identifier_features=["ride_id"])
            _ = found[SKEW_RESULTS_KEY] | beam.combiners.ToList() | beam.Map(collect)

    return run


def differ(work: Path) -> str:
    """How the counts of both sides differ; "" if they don't, or if TFDV was not run."""
    paths = [work / f"{side}-feature-skew.json" for side in ("ours", "stock")]
    if not paths[1].exists():
        return ""
    ours_, stock_ = (json.loads(path.read_text()) for path in paths)
    return "" if ours_ == stock_ else f"ours {ours_}, stock {stock_}"


CASE = Case(
    data=data,
    sizes=(100_000, 1_000_000, 10_000_000),
    steps=(
        Step(what="**headrace feature skew**", prepare=ours),
        Step(what="TFDV DetectFeatureSkew", prepare=stock, most_rows=MOST_STOCK),
    ),
    check=differ,
)
