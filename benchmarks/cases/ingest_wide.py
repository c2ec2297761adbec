"""5,000 columns: headrace's `ingest` of CSV and JSON lines, and `infer`, against DuckDB's readers."""

import json
import random
from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.cases import ingest_shapes

CSV, JSONL, COLUMNS = Path("data", "wide.csv"), Path("data", "wide.jsonl"), 5_000


def data(work: Path, rows: int) -> None:
    draw = random.Random(0)
    names = [f"c{number}" for number in range(COLUMNS)]
    with open(work / CSV, "w") as csv, open(work / JSONL, "w") as lines:
        csv.write(",".join(names) + "\n")
        for row in range(rows):
            values = [(row * n, round(draw.random(), 4), f"w{row % 9}")[n % 3] for n in range(COLUMNS)]
            csv.write(",".join(map(str, values)) + "\n")
            lines.write(json.dumps(dict(zip(names, values, strict=True))) + "\n")


def headrace_csv(work: Path) -> Callable[[], object]:
    return ingest_shapes.ours(work / CSV, work / "wide-csv")


def headrace_jsonl(work: Path) -> Callable[[], object]:
    return ingest_shapes.ours(work / JSONL, work / "wide-jsonl")


def headrace_infer(work: Path) -> Callable[[], object]:
    from headrace.ingest.infer_spec import infer

    return lambda: infer([str(work / CSV)])


def duckdb_csv(work: Path) -> Callable[[], None]:
    return ingest_shapes.copy(f"read_csv('{work / CSV}')", work / "wide-csv-duckdb" / "examples")


def duckdb_jsonl(work: Path) -> Callable[[], None]:
    relation = f"read_json('{work / JSONL}', maximum_object_size=1_000_000_000)"
    return ingest_shapes.copy(relation, work / "wide-jsonl-duckdb" / "examples")


def check(work: Path) -> str:
    rows = (work / JSONL).read_text().count("\n")
    sides = ("wide-csv", "wide-jsonl", "wide-csv-duckdb", "wide-jsonl-duckdb")
    return ingest_shapes.lacks(rows, *(work / side / "examples" for side in sides))


CASE = Case(
    data=data,
    steps=(
        Step(what="**headrace ingest** of CSV", prepare=headrace_csv),
        Step(what="headrace ingest of JSON lines", prepare=headrace_jsonl),
        Step(what="headrace infer-spec of CSV", prepare=headrace_infer),
        Step(what="DuckDB COPY from read_csv", prepare=duckdb_csv),
        Step(what="DuckDB COPY from read_json", prepare=duckdb_jsonl),
    ),
    sizes=(100, 1_000),
    check=check,
)
