"""Measures headrace against other libraries: `python -m benchmarks [--case NAME ...] [--rows N ...] [--write]`."""

import argparse
import shutil
import tempfile
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from benchmarks import page
from benchmarks.case import Case, Step, cases
from benchmarks.measure import Measured, run_step

Runs = dict[tuple[int, str], Measured]


def main() -> None:
    every = cases()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--case", nargs="+", default=[""], metavar="NAME", help=f"cases, or prefixes of their names: {', '.join(every)}"
    )
    parser.add_argument("--rows", type=int, nargs="+", metavar="N", help="sizes (default: those of each case)")
    parser.add_argument("--keep", type=Path, help="keep data and outputs in this directory")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/benchmarks.md")
    arguments = parser.parse_args()
    chosen = {name: case for name, case in every.items() if name.startswith(tuple(arguments.case))}
    if not chosen:
        parser.error(f"no case is named {' or '.join(arguments.case)}: there are {', '.join(every)}")
    sizes = {name: tuple(arguments.rows or case.sizes) for name, case in chosen.items()}

    measured: dict[str, dict[int, dict[str, Measured]]] = {name: {} for name in chosen}
    for rows in sorted({rows for of_case in sizes.values() for rows in of_case}):
        print(f"{rows:,} rows", flush=True)
        with _work(arguments.keep, rows) as work:
            done: dict[Step, Measured] = {}
            for name, case in chosen.items():
                if rows in sizes[name]:
                    measured[name][rows] = _run(name, case, work, rows, done)

    for name, by_size in measured.items():
        text = page.table(by_size) + page.growth(by_size) + f"\n\nMeasured {date.today()} on {page.machine()}."
        print(f"\n{name}\n{text}")
        if arguments.write:
            page.write(name, text)


def _run(name: str, case: Case, work: Path, rows: int, done: dict[Step, Measured]) -> dict[str, Measured]:
    """Runs the steps of a case at one size, except those in `done`; returns what each took, by its name."""
    case.data(work, rows)
    steps = [step for step in case.steps if step.most_rows is None or rows <= step.most_rows]
    for step in (*case.after, *steps):
        if step not in done:
            done[step] = run_step(step, work)
            took = done[step]
            if took.failed:
                print(f"  {name}, {step.what}: {took.failed}", flush=True)
                continue
            print(f"  {name}, {step.what}: {took.seconds:.2f} s, {took.peak_bytes / 2**20:,.0f} MiB", flush=True)
    if case.check and (difference := case.check(work)):
        raise SystemExit(f"{name}: the steps did not do the same work: {difference}")
    return {step.what: done[step] for step in steps}


@contextmanager
def _work(keep: Path | None, rows: int):
    work = keep / str(rows) if keep else Path(tempfile.mkdtemp(prefix="headrace-bench-"))
    (work / "data").mkdir(parents=True, exist_ok=True)
    yield work
    if not keep:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
