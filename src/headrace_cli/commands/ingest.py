"""`headrace ingest SPEC.yaml --out DIR`: reads sources into examples and rejects, without a pipeline."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable
from typing import TextIO

from headrace_cli.arguments import add_payload


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("spec", metavar="SPEC", help="an IngestSpec as YAML, JSON or Python (.py)")
    parser.add_argument(
        "--out",
        required=True,
        metavar="DIR",
        help="folder for examples/ and rejects/; each appears whole or not at all",
    )
    parser.add_argument(
        "--day", default="", metavar="YYYY-MM-DD", help="what {DAY}, {DAY+1}, ... in the spec stand for"
    )
    parser.add_argument(
        "--data", default="", metavar="DIR", help="the folder or URI that {DATA} in the spec stands for"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="number of threads (default: one a core)")
    parser.add_argument(
        "--engine", metavar="NAME", help="threads, threads:4 or beam (default: HEADRACE_ENGINE, else threads)"
    )
    add_payload(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ingests and prints the ledger; 0 without an alarm, 1 with one.

    Raises:
        UsageError: the spec is refused, the number of workers, or the engine.
        DataError: files are missing, or more rows are rejected than the spec allows. No output is touched.
    """
    from headrace.config.templates import fill_placeholders
    from headrace.errors import UsageError
    from headrace.execution.cores import limited_to
    from headrace.files.outputs import refuse_foreign
    from headrace.ingest import IngestSpec, ingest
    from headrace.ingest.spec.yaml_file import read_spec

    spec = IngestSpec.from_json(
        fill_placeholders(read_spec(arguments.spec).to_json(), day=arguments.day, data=arguments.data)
    )
    if arguments.workers is not None and not 1 <= arguments.workers <= 256:
        raise UsageError(f"--workers must be in [1, 256], got {arguments.workers}")
    examples, rejects = (os.path.join(arguments.out, name) for name in ("examples", "rejects"))
    refuse_foreign(examples, "Split-*")
    refuse_foreign(rejects, "rejects.parquet", "ledger.json")
    engine = arguments.engine
    if arguments.workers is not None and engine is None:
        engine = f"threads:{arguments.workers}"
    with limited_to(arguments.workers), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Google's libraries, where an engine imports them, warn of Python's version
        result = ingest(
            spec,
            examples_dir=examples,
            rejects_dir=rejects,
            engine=engine,
            payload=arguments.payload,
            on_progress=_progress_line(sys.stderr),
        )
    for path, ledger in result.by_file.items():
        print(f"{path}: {ledger}")
    print(f"in all: {result.ledger}")
    print("splits: " + ", ".join(f"{count:,} {split}" for split, count in result.rows.items()))
    for alarm in result.alarms:
        print(f"ALARM {alarm}")
    print(f"Examples: {examples}\nRejects: {rejects}")
    return 1 if result.alarms else 0


def _progress_line(stream: TextIO) -> Callable[[str, int, int], None] | None:
    """Prints progress on a terminal, in one line that is erased at the end."""
    if not stream.isatty():
        return None

    def show(step: str, done: int, total: int) -> None:
        line = "" if done == total else f"{step}: {done:,} of {total:,}"
        stream.write(f"\r\033[K{line}")
        stream.flush()

    return show
