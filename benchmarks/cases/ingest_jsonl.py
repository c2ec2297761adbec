"""JSON lines to Examples: headrace Ingest against a DuckDB script on the same file, and stock on the same rows in CSV.

TFX has no component that reads JSON lines.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.cases import ingest_csv
from benchmarks.cases.ingest_sides import JSONL, STOCK, duckdb_script, ours
from benchmarks.data import make_jsonl

OUT, SCRIPT_OUT = "ours-jsonl", "duckdb-jsonl"


def data(work: Path, rows: int) -> None:
    ingest_csv.data(work, rows)
    make_jsonl(work / JSONL, rows)


def headrace(work: Path) -> Callable[[], None]:
    return ours(work / JSONL, work / OUT)


def script(work: Path) -> Callable[[], None]:
    return duckdb_script(f"read_json('{work / JSONL}', format = 'newline_delimited')", work / SCRIPT_OUT / "examples")


def check(work: Path) -> str:
    return ingest_csv.examples_differ(work, OUT, SCRIPT_OUT)


CASE = Case(
    data=data,
    steps=(
        Step(what="**headrace Ingest** of JSON lines", prepare=headrace),
        Step(what="DuckDB script on JSON lines", prepare=script),
        STOCK,
    ),
    sizes=(1_000_000, 10_000_000),
    check=check,
)
