"""`python -m benchmarks [--rows N ...] [--write]`: ours against stock TFX, in one run."""

import argparse
import shutil
import tempfile
from datetime import date
from pathlib import Path

from benchmarks import page
from benchmarks.data import make_csv
from benchmarks.measure import Measured, run_step
from benchmarks.same import rows_differ

INGEST = {"ours": "**headrace Ingest**", "stock": "stock CsvExampleGen"}
STATS = {
    "ours": "**headrace Stats**",
    "stock": "stock StatisticsGen on tf.Example",
    "stock_on_parquet": "stock StatisticsGen on our Parquet",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[100_000, 1_000_000], help="sizes (default: %(default)s)"
    )
    parser.add_argument("--keep", type=Path, help="keep data and outputs in this directory")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/benchmarks.md")
    arguments = parser.parse_args()

    ingest: dict[int, dict[str, Measured]] = {}
    stats: dict[int, dict[str, Measured]] = {}
    for rows in arguments.rows:
        work = arguments.keep or Path(tempfile.mkdtemp(prefix="headrace-bench-"))
        csv = work / "data" / "rides.csv"
        make_csv(csv, rows)
        print(f"{rows:,} rows, {csv.stat().st_size / 1e6:.0f} MB of CSV", flush=True)
        ingest[rows] = {step: _step("ingest", step, csv=str(csv), work=str(work)) for step in INGEST}
        if difference := rows_differ(work / "ours" / "examples", work / "stock" / "examples"):
            raise SystemExit(f"the two sides wrote different rows: {difference}")
        print("  both sides wrote the same rows", flush=True)
        stats[rows] = {step: _step("stats", step, work=str(work)) for step in STATS}
        if not arguments.keep:
            shutil.rmtree(work)

    for case, steps, names in (("ingest", ingest, INGEST), ("stats", stats, STATS)):
        text = page.table(steps, names) + page.growth(steps) + f"\n\nMeasured {date.today()} on {page.machine()}."
        print(f"\n{case}\n{text}")
        if arguments.write:
            page.write(case, text)


def _step(case: str, step: str, **paths: str) -> Measured:
    took = run_step(case, step, **paths)
    print(f"  {case} {step}: {took.seconds:.2f} s, {took.peak_bytes / 2**20:,.0f} MiB", flush=True)
    return took


if __name__ == "__main__":
    main()
