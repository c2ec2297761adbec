"""`headrace run-node`: one node of a compiled pipeline, in this process."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time

from headrace.errors import UsageError
from headrace_cli.references import import_from_current_folder, parse_arguments
from headrace_pipelines.nodes.connection import URI_VARIABLE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument(
        "--pipeline-ir", required=True, metavar="FILE", help="the pipeline, as `headrace compile ir` writes it"
    )
    parser.add_argument("--node", required=True, metavar="ID", help="the node to run")
    parser.add_argument(
        "--run-id", required=True, metavar="R", help="the run it is part of: the same for all nodes of a run"
    )
    parser.add_argument(
        "--set", dest="parameters", action="append", default=[], metavar="NAME=VALUE", help="a runtime parameter"
    )
    parser.add_argument(
        "--metadata",
        metavar="URI",
        help="where ML Metadata is, instead of where the pipeline says: sqlite:///PATH, "
        f"postgresql://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE (default: ${URI_VARIABLE})",
    )


def run(arguments: argparse.Namespace) -> int:
    """Runs the node; 1 if it failed, 0 if it is complete (also from before) or its condition does not hold."""
    given = parse_arguments(arguments.parameters)
    if not os.path.exists(arguments.pipeline_ir):
        raise UsageError(f"there is no {arguments.pipeline_ir}; `headrace compile ir` writes one")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    import_from_current_folder()
    started = time.monotonic()

    from headrace_pipelines.nodes.ir import read_ir
    from headrace_pipelines.nodes.launch import launch

    outcome = launch(
        read_ir(arguments.pipeline_ir),
        node=arguments.node,
        run_id=arguments.run_id,
        parameters=given,
        metadata_uri=arguments.metadata or os.environ.get(URI_VARIABLE),
    )
    print(f"{arguments.node}: {outcome.value} ({time.monotonic() - started:.1f} s)", flush=True)
    return 1 if outcome.is_failure else 0
