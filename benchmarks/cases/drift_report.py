"""A drift report as HTML from two tables: headrace against Evidently's data drift preset, on the same Parquet files.

Evidently runs in the environment of the other libraries. Both import what they need before the measurement.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.data import make_csv


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
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    def run() -> None:
        before, now = (pd.read_parquet(path) for path in _paths(work))
        found = Report([DataDriftPreset()]).run(now, before)
        found.save_html(str(work / "evidently-drift.html"))

    return run


CASE = Case(
    data=data,
    steps=(
        Step(what="**headrace check, with its report**", prepare=ours),
        Step(what="Evidently's data drift report", prepare=evidently, peer=True),
    ),
)
