"""Many small CSV files, of 20 rows each: headrace's `ingest` against DuckDB's read_csv of all of them."""

import random
from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.cases import ingest_shapes

FOLDER, ROWS_OF_FILE = Path("data", "many"), 20


def data(work: Path, rows: int) -> None:
    draw = random.Random(0)
    (work / FOLDER).mkdir(exist_ok=True)
    for number in range(rows // ROWS_OF_FILE):
        lines = [
            f"{number * ROWS_OF_FILE + row},2026-03-0{1 + row % 9}T0{row % 10}:00:00Z,city{row % 7},{60 + row},"
            f"{draw.random():.4f}"
            for row in range(ROWS_OF_FILE)
        ]
        (work / FOLDER / f"{number:06}.csv").write_text("\n".join(["id,at,city,bpm,pace", *lines, ""]))


def headrace(work: Path) -> Callable[[], object]:
    return ingest_shapes.ours(work / FOLDER / "*.csv", work / "many")


def duckdb(work: Path) -> Callable[[], None]:
    return ingest_shapes.copy(f"read_csv('{work / FOLDER / '*.csv'}')", work / "many-duckdb" / "examples")


def check(work: Path) -> str:
    rows = ROWS_OF_FILE * len(list((work / FOLDER).iterdir()))
    return ingest_shapes.lacks(rows, work / "many" / "examples", work / "many-duckdb" / "examples")


CASE = Case(
    data=data,
    steps=(Step(what="**headrace ingest**", prepare=headrace), Step(what="DuckDB COPY from read_csv", prepare=duckdb)),
    sizes=(20_000, 100_000),
    check=check,
)
