"""Runs the example end to end: generates three days of logs, runs the DAG for each, and prints what was found.

Exits with 0 if the pipeline ran, whatever it found, and with 1 if the pipeline itself failed.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
import time
import warnings
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from examples.runner_suggestions.generate import START, generate
from headrace.errors import UsageError

if TYPE_CHECKING:
    from examples.runner_suggestions import summary

OUT = Path("out/runner_suggestions")


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m examples.runner_suggestions", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="folder for all output; emptied first (%(default)s)")
    parser.add_argument("--root", help="folder of the artifacts, such as s3://bucket/demo (OUT/artifacts)")
    parser.add_argument("--runners", type=int, default=4000, help="how many runners the app has (%(default)s)")
    parser.add_argument("--days", type=int, default=3, help="how many days to run; day 3 is faulty (%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the generator (%(default)s)")
    options = parser.parse_args(argv)

    console = Console(width=None if sys.stdout.isatty() else 120)
    started = time.monotonic()
    data = options.out / "data"
    if options.out.exists() and any(options.out.iterdir()) and not (data / "truth.json").exists():
        parser.error(f"{options.out} is not empty and not the output of an earlier run: name another folder with --out")
    try:
        with console.status("generating the logs of the app"), tempfile.TemporaryDirectory() as fresh:
            generate(fresh, seed=options.seed, runners=options.runners, days=options.days)
            shutil.rmtree(options.out, ignore_errors=True)
            shutil.copytree(fresh, data)
    except UsageError as error:
        parser.error(str(error))
    console.print(f"[dim]{time.monotonic() - started:6.1f} s[/]  logs of {options.days} days in {data}")
    log = options.out / "tfx.log"
    with console.status("loading TFX"):
        _quiet(log)
        from examples.runner_suggestions import summary
        from headrace_pipelines.local import PipelineFailedError

    progress = summary.Progress(console, started)
    progress.say("TFX is loaded")
    try:
        days = run_days(options.out, options.days, progress, root=options.root)
    except PipelineFailedError as error:
        console.print(f"[bold red]the pipeline failed[/]: {escape(str(error))}\nThe log is {log}.")
        return 1
    summary.print_closing(console, days, seconds=time.monotonic() - started)
    return 0


def run_days(out: Path, days: int, progress: summary.Progress, root: str | None = None) -> list[summary.Day]:
    """Runs the DAG once for each day on the logs in `out/data`; the first day is the baseline of the others.

    Artifacts go to `root`, which may be on a store; None: to `out/artifacts`.

    Raises:
        PipelineFailedError: a node failed.
    """
    from examples.runner_suggestions.pipeline import Baseline, create_pipeline, runs_of
    from examples.runner_suggestions.summary import Day
    from headrace_pipelines import local

    ran: list[Day] = []
    baseline, runs = Baseline(), ()
    for span in range(1, days + 1):
        pipeline = create_pipeline(
            data=str(out / "data"),
            day=START + timedelta(days=span - 1),
            span=span,
            pipeline_root=root or str(out / "artifacts"),
            metadata_path=str(out / "metadata.sqlite"),
            baseline=baseline,
            earlier_runs=runs,
        )
        with progress.day(span):
            nodes = local.run(pipeline, on_node=progress.on_node)
        ran.append(Day(span=span, nodes=nodes))
        runs += runs_of(nodes)
        if span == 1:
            baseline = Baseline.of(nodes)
    return ran


def _quiet(log: Path) -> None:
    # TFX, Beam and TensorFlow log a lot: it goes to a file, so that the progress stays readable.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    warnings.simplefilter("ignore")
    logging.basicConfig(filename=log, level=logging.INFO, force=True)


if __name__ == "__main__":
    sys.exit(main())
