"""One line that holds all records, as Azure Monitor writes them to an event hub: headrace's `ingest` alone."""

import json
from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.cases import ingest_shapes

FILE = Path("data", "azure.json")


def data(work: Path, rows: int) -> None:
    records = [
        {
            "time": f"2026-03-03T07:{row // 60 % 60:02}:{row % 60:02}Z",
            "resourceId": "/SUBSCRIPTIONS/1",
            "category": "Finish",
            "properties": {"bib": row, "city": f"city{row % 9}", "pace": row % 977 / 100},
        }
        for row in range(rows)
    ]
    (work / FILE).write_text(json.dumps({"records": records}) + "\n")


def headrace(work: Path) -> Callable[[], object]:
    return ingest_shapes.ours(work / FILE, work / "long", dialect="azure_monitor")


def check(work: Path) -> str:
    rows = len(json.loads((work / FILE).read_text())["records"])
    return ingest_shapes.lacks(rows, work / "long" / "examples")


CASE = Case(
    data=data,
    steps=(Step(what="**headrace ingest**", prepare=headrace),),
    sizes=(30_000, 150_000),
    check=check,
)
