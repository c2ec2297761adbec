"""Runs the example end to end: three days of logs, the DAG once for each, and what was found.

Exits with 0 when the pipeline ran, whatever it found; with 1 when the pipeline itself failed.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import time
import warnings
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from examples.runner_suggestions.generate import START, generate

OUT = Path("out/runner_suggestions")


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m examples.runner_suggestions", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="where everything goes; emptied first (%(default)s)")
    parser.add_argument("--runners", type=int, default=4000, help="how many runners the app has (%(default)s)")
    parser.add_argument("--days", type=int, default=3, help="how many days to run; day 3 is faulty (%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="of the generator (%(default)s)")
    options = parser.parse_args(argv)

    console = Console()
    started = time.monotonic()
    data = options.out / "data"
    if options.out.exists() and any(options.out.iterdir()) and not (data / "truth.json").exists():
        parser.error(f"{options.out} is not empty and not of an earlier run: give --out another directory")
    shutil.rmtree(options.out, ignore_errors=True)
    with console.status("generating the logs of the app"):
        generate(str(data), seed=options.seed, runners=options.runners, days=options.days)
    console.print(f"[dim]{time.monotonic() - started:6.1f} s[/]  logs of {options.days} days in {data}")
    return _run_days(console, options.out, options.days, started)


def _run_days(console: Console, out: Path, days: int, started: float) -> int:
    _quiet(out / "tfx.log")
    with console.status("loading TFX"):
        from headrace_pipelines import local

        from examples.runner_suggestions import summary
        from examples.runner_suggestions.pipeline import Baseline, create_pipeline

    progress = summary.Progress(console, started)
    progress.say("TFX is loaded")
    ran: list[summary.Day] = []
    baseline = Baseline()
    for span in range(1, days + 1):
        pipeline = create_pipeline(
            data=str(out / "data"),
            day=START + timedelta(days=span - 1),
            span=span,
            pipeline_root=str(out / "artifacts"),
            metadata_path=str(out / "metadata.sqlite"),
            baseline=baseline,
        )
        try:
            with progress.day(span):
                nodes = local.run(pipeline, on_node=progress.on_node)
        except local.PipelineFailedError as error:
            console.print(f"[bold red]day {span}: the pipeline failed.[/] {error}\nThe log is {out / 'tfx.log'}.")
            return 1
        ran.append(summary.Day(span=span, nodes=nodes))
        if span == 1:
            uri = {(node.node, key): output.uri for node in nodes for key, output in node.outputs.items()}
            baseline = Baseline(
                training_statistics=uri["StatsTraining", "statistics"],
                training_schema=uri["CurateTraining", "schema"],
                runs_statistics=uri["StatsRuns", "statistics"],
                runs_schema=uri["CurateRuns", "schema"],
            )
    summary.print_closing(console, ran, seconds=time.monotonic() - started)
    return 0


def _quiet(log: Path) -> None:
    # TFX, Beam and TensorFlow tell a lot that nobody asked for: it goes to a file, so that the progress can be read.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    warnings.simplefilter("ignore")
    log.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=log, level=logging.INFO, force=True)


if __name__ == "__main__":
    sys.exit(main())
