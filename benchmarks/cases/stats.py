"""Examples to statistics: headrace Stats against stock StatisticsGen, on what each side's ingest wrote.

A third step lets stock StatisticsGen read our Parquet, which shows what the payload alone is worth.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.cases.executors import artifact, do, examples_at, executor


def ours(work: str) -> Callable[[], None]:
    from tfx.types import standard_artifacts

    import headrace.stats.run  # noqa: F401 - imported before the clock starts, as stock's modules are
    from headrace.stats import StatsSpec
    from headrace_components.stats.executor import Executor

    out = Path(work) / "ours"
    inputs = {"examples": [examples_at(out / "examples", "FORMAT_PARQUET")]}
    outputs = {"statistics": [artifact(standard_artifacts.ExampleStatistics, out / "statistics")]}
    return do(executor(Executor, out), inputs, outputs, spec=StatsSpec().to_json(), union="")


def stock(work: str) -> Callable[[], None]:
    return _stock(Path(work) / "stock", "FORMAT_TF_EXAMPLE", "statistics")


def stock_on_parquet(work: str) -> Callable[[], None]:
    return _stock(Path(work) / "ours", "FORMAT_PARQUET", "stock-statistics")


def _stock(out: Path, payload_format: str, name: str) -> Callable[[], None]:
    from tfx.components.statistics_gen.executor import Executor
    from tfx.types import standard_artifacts

    inputs = {"examples": [examples_at(out / "examples", payload_format)]}
    outputs = {"statistics": [artifact(standard_artifacts.ExampleStatistics, out / name)]}
    return do(executor(Executor, out), inputs, outputs)


STEPS = {"ours": ours, "stock": stock, "stock_on_parquet": stock_on_parquet}
