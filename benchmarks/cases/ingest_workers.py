"""Two Beam workers against one, each limited to one core: a single worker would otherwise use all cores."""

import os
from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.cases import ingest_csv
from benchmarks.cases.executors import BEAM_ARGS
from benchmarks.cases.ingest_sides import CSV, ours
from benchmarks.same import rows_differ
from headrace.execution.cores import VARIABLE


def two(work: Path) -> Callable[[], None]:
    return _workers(work, 2)


def one(work: Path) -> Callable[[], None]:
    return _workers(work, 1)


def _workers(work: Path, count: int) -> Callable[[], None]:
    os.environ[VARIABLE] = "1"
    args = [*BEAM_ARGS, f"--direct_num_workers={count}", "--direct_running_mode=multi_threading"]
    return ours(work / CSV, work / f"ours-{count}-workers", beam_args=args)


def check(work: Path) -> str:
    return rows_differ(*(work / f"ours-{count}-workers" / "examples" for count in (1, 2)))


CASE = Case(
    data=ingest_csv.data,
    steps=(
        Step(what="**headrace Ingest**, two workers of one core", prepare=two),
        Step(what="headrace Ingest, one worker of one core", prepare=one),
    ),
    sizes=(1_000_000, 10_000_000),
    check=check,
)
