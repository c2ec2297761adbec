"""`headrace compile kubeflow`: a pipeline as the YAML that Kubeflow Pipelines takes."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from typing import Any

from headrace.errors import UsageError

TARGETS = ("kubeflow",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "example:\n"
        "  headrace compile kubeflow --pipeline examples.runner_suggestions.kubeflow:pipeline \\\n"
        "      --image registry.example/headrace:1 -o pipeline.yaml"
    )
    parser.add_argument("target", choices=TARGETS, help="what the pipeline is compiled for")
    parser.add_argument(
        "--pipeline", required=True, metavar="MODULE:NAME", help="a TFX pipeline, or a function that makes one"
    )
    parser.add_argument("--image", required=True, help="the container image of every node; see docs/kubeflow.md")
    parser.add_argument("-o", "--output", default="pipeline.yaml", help="the file to write (%(default)s)")
    parser.add_argument(
        "--settings", metavar="MODULE:NAME", help="node settings: a dict of NodeSettings by node id, '*' for every node"
    )
    parser.add_argument(
        "--set", dest="arguments", action="append", default=[], metavar="NAME=VALUE", help="an argument of the function"
    )


def run(arguments: argparse.Namespace) -> int:
    """Compiles; 0 when the file is written."""
    from headrace_pipelines.kubeflow.compile import compile_pipeline

    given = dict(_pair(text) for text in arguments.arguments)
    pipeline = _made(arguments.pipeline, given)
    settings = _named(arguments.settings) if arguments.settings else None
    spec = compile_pipeline(pipeline, image=arguments.image, output=arguments.output, settings=settings)
    parameters = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    print(f"{arguments.output}: {len(spec['root']['dag']['tasks'])} nodes, {len(parameters)} parameters")
    for name, one in sorted(parameters.items()):
        default = f", default {json.dumps(one['defaultValue'])}" if "defaultValue" in one else ", must be given"
        print(f"  {name}: {one['parameterType'].lower()}{default}"[:200])
    return 0


def _made(reference: str, given: dict[str, str]) -> Any:
    from tfx.orchestration import pipeline as tfx_pipeline

    found = _named(reference)
    made = found if isinstance(found, tfx_pipeline.Pipeline) else _called(reference, found, given)
    if not isinstance(made, tfx_pipeline.Pipeline):
        raise UsageError(f"{reference} must be or give a tfx Pipeline, got {type(made).__name__}")
    return made


def _called(reference: str, function: Any, given: dict[str, str]) -> Any:
    if not callable(function):
        raise UsageError(f"{reference} must be a tfx Pipeline or a function that makes one, got {function!r:.80}")
    try:
        return function(**given)
    except TypeError as error:
        raise UsageError(f"{reference} can't be called with {given or 'no arguments'}: {error}; use --set") from error


def _named(reference: str) -> Any:
    module_name, _, name = reference.partition(":")
    if not name:
        raise UsageError(f"expected MODULE:NAME, such as my_pipeline:create, got {reference!r}")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # as `python -m` does: a pipeline is code of the folder one stands in
    try:
        return getattr(importlib.import_module(module_name), name)
    except ModuleNotFoundError as error:
        raise UsageError(f"{reference}: {error}; stand in the folder that has the module, or install it") from error
    except AttributeError as error:
        raise UsageError(f"{reference}: {error}") from error


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise UsageError(f"expected NAME=VALUE, got {text!r}")
    return name, value
