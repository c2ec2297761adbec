"""Two tables to a drift report as HTML: headrace against Evidently's data drift preset, on the same Parquet files.

Evidently and its dependencies live in an environment of their own, named by EVIDENTLY_PYTHON (a python of a venv in
which `pip install evidently pyarrow` was run); without it only ours is measured. Its process is started and has
imported before the clock starts, as ours has; its memory is counted with that of its parent.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.data import make_csv

PEER = os.environ.get("EVIDENTLY_PYTHON")

_PEER = """
import sys
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
print("ready", flush=True)
sys.stdin.readline()
before, now = (pd.read_parquet(path) for path in sys.argv[1:3])
found = Report([DataDriftPreset()]).run(now, before)
found.save_html(sys.argv[3])
print("done", flush=True)
"""


def data(work: Path, rows: int) -> None:
    import duckdb

    csv = work / "data" / "rides.csv"
    make_csv(csv, rows)
    for side, pace in (("before", "pace_min_per_km"), ("now", "pace_min_per_km * (1 + (ride_id % 10) / 100)")):
        path = work / "data" / f"drift-{side}.parquet"
        if not path.exists():
            with duckdb.connect() as engine:
                query = f"SELECT * REPLACE ({pace} AS pace_min_per_km) FROM read_csv('{csv}')"
                engine.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def _paths(work: Path) -> list[str]:
    return [str(work / "data" / f"drift-{side}.parquet") for side in ("before", "now")]


def ours(work: Path) -> Callable[[], None]:
    from headrace.report import render
    from headrace.skew.files import check_files

    def run() -> None:
        found = check_files(*_paths(work))
        (work / "ours-drift.html").write_text(render(found.checked, title="drift"))

    return run


def evidently(work: Path) -> Callable[[], None]:
    command = [str(PEER), "-c", _PEER, *_paths(work), str(work / "evidently-drift.html")]
    peer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert peer.stdin is not None
    assert peer.stdout is not None
    if peer.stdout.readline().strip() != "ready":
        raise RuntimeError("Evidently did not start: its error stands above")

    def run() -> None:
        _, _ = peer.communicate("go\n")
        if peer.returncode:
            raise RuntimeError(f"Evidently failed with {peer.returncode}")

    return run


CASE = Case(
    data=data,
    steps=(
        Step(what="**headrace check, with its report**", prepare=ours),
        *([Step(what="Evidently's data drift report", prepare=evidently)] if PEER else []),
    ),
)
