"""`headrace ingest SPEC.yaml --out DIR`: reads sources into examples and rejects, without a pipeline."""

from __future__ import annotations

import argparse
import os
import warnings

from headrace_cli.arguments import add_payload
from headrace_cli.engine_options import add_engine, engine_of, progress_line


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
    add_engine(parser)
    add_payload(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ingests and prints the ledger; 0 without an alarm, 1 with one.

    Raises:
        UsageError: the spec or the engine is refused.
        DataError: files are missing, or more rows are rejected than the spec allows. No output is touched.
    """
    from headrace.config.templates import fill_placeholders
    from headrace.execution.cores import limited_to
    from headrace.files.outputs import refuse_foreign
    from headrace.ingest import IngestSpec, ingest
    from headrace.ingest.spec.yaml_file import read_spec

    spec = IngestSpec.from_json(
        fill_placeholders(read_spec(arguments.spec).to_json(), day=arguments.day, data=arguments.data)
    )
    engine = engine_of(arguments)
    examples, rejects = (os.path.join(arguments.out, name) for name in ("examples", "rejects"))
    refuse_foreign(examples, "Split-*")
    refuse_foreign(rejects, "rejects.parquet", "ledger.json")
    with limited_to(arguments.workers), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Google's libraries, where an engine imports them, warn of Python's version
        result = ingest(
            spec,
            examples_dir=examples,
            rejects_dir=rejects,
            engine=engine,
            payload=arguments.payload,
            on_progress=progress_line(),
        )
    for path, ledger in result.by_file.items():
        print(f"{path}: {ledger}")
    print(f"in all: {result.ledger}")
    print("splits: " + ", ".join(f"{count:,} {split}" for split, count in result.rows.items()))
    for alarm in result.alarms:
        print(f"ALARM {alarm}")
    print(f"Examples: {examples}\nRejects: {rejects}")
    return 1 if result.alarms else 0
