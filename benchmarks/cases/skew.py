"""Checks schema and drift in statistics, against TFDV's validation; `rows` is here the number of features.

Both read the same two statistics of 10,000 rows from files; half of the features are numbers, half texts of 30 values.
TFDV uses one comparator for each feature; headrace all measures, with noise floors, intervals and power.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step


def data(work: Path, rows: int) -> None:
    import numpy as np
    import pyarrow as pa
    import tensorflow_data_validation as tfdv
    from tensorflow_data_validation.statistics import stats_impl, stats_options

    paths = [work / "data" / f"{name}.pb" for name in ("before", "now")]
    if all(path.exists() for path in paths):
        return
    for seed, path in enumerate(paths):
        rng = np.random.default_rng(seed)
        offsets = pa.array(np.arange(10_001, dtype=np.int32))
        columns = {}
        for i in range(rows):
            values = rng.normal(size=10_000) if i % 2 else rng.integers(0, 30, 10_000).astype("S")
            kind = pa.float32() if i % 2 else pa.binary()
            columns[f"f{i:04}"] = pa.ListArray.from_arrays(offsets, pa.array(values).cast(kind))
        batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
        found = stats_impl.generate_statistics_in_memory(batch, stats_options.StatsOptions())
        path.write_bytes(found.SerializeToString())
    schema = tfdv.infer_schema(found)
    for feature in schema.feature:
        if feature.type == 1:
            feature.drift_comparator.infinity_norm.threshold = 0.05
        else:
            feature.drift_comparator.jensen_shannon_divergence.threshold = 0.05
    tfdv.write_schema_text(schema, str(work / "data" / "schema.pbtxt"))


def _read(work: Path) -> list:
    from tensorflow_metadata.proto.v0 import statistics_pb2

    paths = [work / "data" / f"{name}.pb" for name in ("before", "now")]
    return [statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes()) for path in paths]


def ours(work: Path) -> Callable[[], None]:
    from headrace.schema.protos import read_schema
    from headrace.skew.run import check

    schema = read_schema(str(work / "data" / "schema.pbtxt"))

    def run() -> None:
        before, now = _read(work)
        check(statistics=now, schema=schema, baseline=before)

    return run


def stock(work: Path) -> Callable[[], None]:
    import tensorflow_data_validation as tfdv

    schema = tfdv.load_schema_text(str(work / "data" / "schema.pbtxt"))

    def run() -> None:
        before, now = _read(work)
        tfdv.validate_statistics(now, schema, previous_statistics=before)

    return run


CASE = Case(
    data=data,
    sizes=(100, 1_000),
    steps=(Step(what="**headrace check**", prepare=ours), Step(what="TFDV validate_statistics", prepare=stock)),
)
