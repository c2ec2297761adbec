"""CSV to gzipped TFRecords of tf.Example, which is what stock CsvExampleGen writes."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.cases import ingest_csv
from benchmarks.cases.ingest_sides import CSV, STOCK, ours

OUT = "ours-tf-example"


def headrace(work: Path) -> Callable[[], None]:
    return ours(work / CSV, work / OUT, payload_format="FORMAT_TF_EXAMPLE")


def check(work: Path) -> str:
    return ingest_csv.examples_differ(work, OUT, None)


CASE = Case(
    data=ingest_csv.data,
    steps=(Step(what="**headrace Ingest**, FORMAT_TF_EXAMPLE", prepare=headrace), STOCK),
    sizes=(1_000_000, 10_000_000),
    check=check,
)
