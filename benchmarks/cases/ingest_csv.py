"""CSV to Examples: headrace Ingest against stock CsvExampleGen, both as executors, and a DuckDB script."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.cases.ingest_sides import CSV, STOCK, duckdb_script, ours
from benchmarks.data import make_csv
from benchmarks.same import rows_differ

OUT, SCRIPT_OUT, STOCK_OUT = "ours", "duckdb", "stock"


def data(work: Path, rows: int) -> None:
    make_csv(work / CSV, rows)


def headrace(work: Path) -> Callable[[], None]:
    return ours(work / CSV, work / OUT)


def script(work: Path) -> Callable[[], None]:
    return duckdb_script(f"read_csv('{work / CSV}')", work / SCRIPT_OUT / "examples")


def check(work: Path) -> str:
    return examples_differ(work, OUT, SCRIPT_OUT)


def examples_differ(work: Path, mine: str, script: str | None) -> str:
    """Compares whole outputs with stock, which splits differently, and split by split with the script."""
    whole = rows_differ(work / mine / "examples", work / STOCK_OUT / "examples")
    pairs = [[work / side / "examples" / f"Split-{split}" for side in (mine, script) if side] for split in SPLITS]
    return whole or next((found for pair in pairs if (found := rows_differ(*pair))), "")


SPLITS = ("train", "eval")
OURS = Step(what="**headrace Ingest**", prepare=headrace)

CASE = Case(
    data=data,
    steps=(OURS, Step(what="DuckDB script", prepare=script), STOCK),
    sizes=(1_000_000, 10_000_000),
    check=check,
)
