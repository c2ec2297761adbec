"""Starts a cluster on this machine, runs ingest, both joins and statistics of generated logs on it, and stops it.

python -m examples.cluster dask
python -m examples.cluster spark --workers 4
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
import warnings
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from examples.cluster import pipeline, servers
from examples.runner_suggestions.generate import START, generate
from headrace.execution import Observer

CLUSTERS = {"dask": servers.dask, "spark": servers.spark}
OUT = Path("out/cluster")


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m examples.cluster", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cluster", choices=CLUSTERS)
    parser.add_argument("--out", type=Path, default=OUT, help="folder for all output (%(default)s)")
    parser.add_argument("--runners", type=int, default=4000, help="how many runners the app has (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="workers of one core each (%(default)s)")
    options = parser.parse_args(argv)
    logging.getLogger("distributed").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")  # Google's libraries warn of Python's version

    console = Console(width=None if sys.stdout.isatty() else 120)
    data, out = options.out / "data", options.out / options.cluster
    with console.status("generating the logs of the app"):
        generate(str(data), runners=options.runners, days=1)
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headrace-")))
        with console.status(f"starting {options.workers} workers"):
            cluster = stack.enter_context(CLUSTERS[options.cluster](logs, options.workers))
        console.print(f"{options.workers} workers of one core: --engine {cluster.engine}")
        begun = time.monotonic()
        show = _lines(console)
        pipeline.join(data, START, out, cluster.engine, elements=4 * options.workers, observe=show)
        pipeline.measure(out, out / "statistics", cluster.engine, observe=show)
        console.print(f"{time.monotonic() - begun:.1f} s; outputs are in {out}")
    return 0


def _lines(console: Console) -> Observer:
    """A line for each step when it has ended."""
    begun = time.monotonic()

    def observe(step: str, done: int, total: int) -> None:
        if done == total:
            console.print(f"[dim]{time.monotonic() - begun:6.1f} s[/]  {step}: {total:,} elements")

    return observe


if __name__ == "__main__":
    sys.exit(main())
