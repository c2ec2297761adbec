"""The steps of the ingest cases: headrace Ingest, stock CsvExampleGen, and the script one would write in DuckDB."""

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.case import Step
from benchmarks.cases.executors import BEAM_ARGS, artifact, do, executor

CSV = Path("data", "rides.csv")
JSONL = Path("data", "rides.jsonl")


def ours(
    source: Path, out: Path, *, payload_format: str = "FORMAT_PARQUET", beam_args: Sequence[str] = BEAM_ARGS
) -> Callable[[], None]:
    """Declares only the source and the column to split by: kinds are inferred from the data, as in the other steps."""
    from tfx.types import standard_artifacts

    import headrace.examples.tfrecord  # noqa: F401 - imported before the measurement, like the modules of stock
    from headrace.ingest import IngestSpec, Source
    from headrace_components import Rejects
    from headrace_components.ingest.executor import Executor

    spec = IngestSpec(sources=(Source(name="rides", pattern=str(source)),), split_by=("ride_id",))
    outputs = {
        "examples": [artifact(standard_artifacts.Examples, out / "examples")],
        "rejects": [artifact(Rejects, out / "rejects")],
    }
    run = executor(Executor, out, beam_args)
    return do(run, {}, outputs, spec=spec.to_json(), span=1, payload_format=payload_format)


def stock(work: Path) -> Callable[[], None]:
    from tfx.components.example_gen import utils
    from tfx.components.example_gen.csv_example_gen.executor import Executor
    from tfx.proto import example_gen_pb2
    from tfx.types import standard_artifacts
    from tfx.utils import proto_utils

    out = work / "stock"
    input_config = utils.make_default_input_config(CSV.name)
    return do(
        executor(Executor, out),
        {},
        {"examples": [artifact(standard_artifacts.Examples, out / "examples")]},
        input_base=str(work / CSV.parent),
        input_config=proto_utils.proto_to_json(input_config),
        output_config=proto_utils.proto_to_json(utils.make_default_output_config(input_config)),
        output_data_format=example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE,
    )


STOCK = Step(what="stock CsvExampleGen", prepare=stock, most_rows=1_000_000)


def duckdb_script(relation: str, out: Path) -> Callable[[], None]:
    """Reads and types in one pass over all cores, splits by the same hash, and writes the same list columns.

    Of three ways to write it this is the fastest: one COPY for each split reads twice, a table in between costs memory.
    It turns no row away, counts nothing, and keeps no order of rows.
    """
    import duckdb

    def run() -> None:
        with duckdb.connect() as connection:
            connection.execute("SET enable_progress_bar = false")
            described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
            features = ", ".join(_feature(name, kind) for name, kind, *_ in described)
            hashed = "md5_number_lower(length(ride_id::VARCHAR) || ':' || ride_id) % 3"
            split = f"CASE WHEN {hashed} < 2 THEN 'train' ELSE 'eval' END"
            connection.execute(
                f"COPY (SELECT {features}, {split} AS split FROM {relation}) "
                f"TO '{out}' (FORMAT parquet, PARTITION_BY split, OVERWRITE)"
            )
        for folder in out.glob("split=*"):
            folder.rename(out / f"Split-{folder.name.removeprefix('split=')}")

    out.parent.mkdir(parents=True, exist_ok=True)
    return run


def _feature(name: str, kind: str) -> str:
    value = {"BIGINT": f'"{name}"', "DOUBLE": f'"{name}"::FLOAT', "VARCHAR": f'encode("{name}")'}[kind]
    return f'CASE WHEN "{name}" IS NOT NULL THEN [{value}] END AS "{name}"'
