"""CSV to Examples: headrace Ingest against stock CsvExampleGen, both as executors, on the same file."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.cases.executors import artifact, do, executor
from benchmarks.data import make_csv
from benchmarks.same import rows_differ

CSV = Path("data", "rides.csv")


def data(work: Path, rows: int) -> None:
    make_csv(work / CSV, rows)


def ours(work: Path) -> Callable[[], None]:
    from tfx.types import standard_artifacts

    import headrace.ingest.run  # noqa: F401 - imported before the clock starts, as stock's modules are
    from headrace.ingest import IngestSpec, Source
    from headrace_components import Rejects
    from headrace_components.ingest.executor import Executor

    out = work / "ours"
    spec = IngestSpec(sources=(Source(name="rides", pattern=str(work / CSV)),))
    outputs = {
        "examples": [artifact(standard_artifacts.Examples, out / "examples")],
        "rejects": [artifact(Rejects, out / "rejects")],
    }
    return do(executor(Executor, out), {}, outputs, spec=spec.to_json(), span=1, payload_format="FORMAT_PARQUET")


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


def check(work: Path) -> str:
    return rows_differ(work / "ours" / "examples", work / "stock" / "examples")


OURS = Step(what="**headrace Ingest**", prepare=ours)
STOCK = Step(what="stock CsvExampleGen", prepare=stock, most_rows=1_000_000)

CASE = Case(data=data, steps=(OURS, STOCK), check=check)
