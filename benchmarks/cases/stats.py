"""Examples to statistics: headrace Stats against stock StatisticsGen, on what each side's ingest wrote.

A third step lets stock StatisticsGen read our Parquet, which shows what the payload alone is worth.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.cases import ingest_csv
from benchmarks.cases.executors import artifact, do, examples_at, executor
from benchmarks.cases.ingest_sides import STOCK


def ours(work: Path) -> Callable[[], None]:
    from tfx.types import standard_artifacts

    import headrace.stats.run  # noqa: F401 - imported before the clock starts, as stock's modules are
    from headrace.stats import StatsSpec
    from headrace_components.stats.executor import Executor

    out = work / "ours"
    inputs = {"examples": [examples_at(out / "examples", "FORMAT_PARQUET")]}
    outputs = {"statistics": [artifact(standard_artifacts.ExampleStatistics, out / "statistics")]}
    return do(executor(Executor, out), inputs, outputs, spec=StatsSpec().to_json(), union="")


def stock(work: Path) -> Callable[[], None]:
    return _stock(work / "stock", "FORMAT_TF_EXAMPLE", "statistics")


def stock_on_parquet(work: Path) -> Callable[[], None]:
    return _stock(work / "ours", "FORMAT_PARQUET", "stock-statistics")


def _stock(out: Path, payload_format: str, name: str) -> Callable[[], None]:
    from tfx.components.statistics_gen.executor import Executor
    from tfx.types import standard_artifacts

    inputs = {"examples": [examples_at(out / "examples", payload_format)]}
    outputs = {"statistics": [artifact(standard_artifacts.ExampleStatistics, out / name)]}
    return do(executor(Executor, out), inputs, outputs)


CASE = Case(
    data=ingest_csv.data,
    after=(ingest_csv.OURS, STOCK),
    steps=(
        Step(what="**headrace Stats**", prepare=ours),
        Step(what="stock StatisticsGen on tf.Example", prepare=stock, most_rows=1_000_000),
        Step(what="stock StatisticsGen on our Parquet", prepare=stock_on_parquet),
    ),
)
