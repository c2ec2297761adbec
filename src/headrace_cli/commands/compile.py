"""`headrace compile TARGET`: compiles a pipeline for Kubeflow, Argo, Airflow, Luigi or Celery."""

from __future__ import annotations

import argparse
import json
import os
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headrace.errors import UsageError
from headrace.files.outputs import whole_file
from headrace_cli.references import load_object, parse_arguments

if TYPE_CHECKING:
    from headrace_pipelines.adapters.target import Target

OUTPUTS = {
    "kubeflow": "pipeline.yaml",
    "ir": "pipeline.json",
    "airflow": "pipeline_dag.py",
    "luigi": "pipeline_luigi.py",
    "celery": "pipeline_celery.py",
    "argo": "workflow.yaml",
}
"""By target, the default of `--output`."""

IN_IMAGES = ("kubeflow", "argo")
SCHEDULED = ("airflow", "argo")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "examples:\n"
        "  headrace compile kubeflow --pipeline examples.runner_suggestions.kubeflow:pipeline \\\n"
        "      --image registry.example/headrace:1 -o pipeline.yaml\n"
        "  headrace compile ir --pipeline my_pipeline:create -o pipeline.json   (for `headrace run-node`)\n"
        "  headrace compile airflow --pipeline my_pipeline:create --schedule @daily -o dags/my_pipeline.py"
    )
    parser.add_argument("target", choices=tuple(OUTPUTS), help="what to compile the pipeline for")
    parser.add_argument(
        "--pipeline", required=True, metavar="MODULE:NAME", help="a TFX pipeline, or a function that returns one"
    )
    parser.add_argument(
        "--set", dest="arguments", action="append", default=[], metavar="NAME=VALUE", help="an argument of the function"
    )
    parser.add_argument("-o", "--output", help=f"the file to write ({', '.join(OUTPUTS.values())})")
    parser.add_argument("--image", help="kubeflow, argo: the container image of every node; see docs/kubeflow.md")
    parser.add_argument(
        "--settings",
        metavar="MODULE:NAME",
        help="kubeflow: node settings, a dict of NodeSettings by node id, '*' for every node",
    )
    others = "airflow, luigi, celery, argo: "
    parser.add_argument(
        "--command", default="headrace", help=f"{others}command that starts headrace there (%(default)s)"
    )
    parser.add_argument(
        "--retries", type=int, default=1, help=f"{others}number of retries of a failed node (%(default)s)"
    )
    parser.add_argument("--schedule", help="airflow, argo: schedule, such as '@daily' or '0 3 * * *'")
    parser.add_argument(
        "--default",
        dest="defaults",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"{others}default of a runtime parameter; may be an Airflow template, such as 'day={{{{ ds }}}}'",
    )


def run(arguments: argparse.Namespace) -> int:
    """Compiles; 0 when the file is written.

    Raises:
        UsageError: an option does not fit the target, or the pipeline does not compile.
    """
    target = arguments.target
    output = arguments.output or OUTPUTS[target]
    _check(arguments)
    pipeline = _pipeline(arguments.pipeline, parse_arguments(arguments.arguments))
    if target == "kubeflow":
        nodes, parameters = _kubeflow(pipeline, arguments, output)
    elif target == "ir":
        from headrace_pipelines.nodes.ir import write_ir

        dag = write_ir(pipeline, output)
        nodes, parameters = len(dag.nodes), dag.parameters
    else:
        compiled = _adapter(pipeline, arguments, output)
        nodes, parameters = len(compiled.dag.nodes), compiled.parameters
    print(f"{output}: {nodes} nodes, {len(parameters)} parameters")
    for name, default in sorted(parameters.items()):
        print(f"  {name}: {'must be given' if default is None else f'default {json.dumps(default)}'}"[:200])
    return 0


def _check(arguments: argparse.Namespace) -> None:
    target, faults = arguments.target, []
    if target in IN_IMAGES and not arguments.image:
        faults.append(f"{target} runs nodes in containers: name their image with --image")
    if target != "kubeflow" and arguments.settings:
        faults.append(f"--settings is for kubeflow, not for {target}")
    if target not in SCHEDULED and arguments.schedule:
        faults.append(f"{target} has no schedule of its own: leave --schedule out")
    if arguments.retries < 0:
        faults.append(f"--retries must be 0 or more, got {arguments.retries}")
    if target in ("airflow", "luigi", "celery") and not (arguments.output or ".py").endswith(".py"):
        faults.append(f"{target} takes a Python file: write to a .py file, got {arguments.output!r}")
    if faults:
        raise UsageError("; ".join(faults))


def _kubeflow(pipeline: Any, arguments: argparse.Namespace, output: str) -> tuple[int, Mapping[str, Any]]:
    from headrace_pipelines.kubeflow.compile import compile_pipeline

    settings = load_object(arguments.settings) if arguments.settings else None
    spec = compile_pipeline(pipeline, image=arguments.image, output=output, settings=settings)
    parameters = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    return len(spec["root"]["dag"]["tasks"]), {name: one.get("defaultValue") for name, one in parameters.items()}


def _adapter(pipeline: Any, arguments: argparse.Namespace, output: str) -> Target:
    import tempfile

    from headrace_pipelines.adapters import airflow, argo, celery, luigi
    from headrace_pipelines.adapters.target import Target
    from headrace_pipelines.nodes.ir import write_ir

    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "pipeline.json")
        dag = write_ir(pipeline, path)
        with open(path, encoding="utf-8") as file:
            ir = file.read()
    defaults = parse_arguments(arguments.defaults)
    unknown = sorted(set(defaults) - set(dag.parameters))
    if unknown:
        has = ", ".join(dag.parameters) or "none"
        raise UsageError(f"--default: the pipeline has no parameter {', '.join(unknown)}; it has: {has}")
    compiled = Target(
        dag=dag,
        command=tuple(shlex.split(arguments.command)),
        retries=arguments.retries,
        schedule=arguments.schedule,
        defaults=defaults,
    )
    if arguments.target == "argo":
        _write(output, argo.render(compiled, image=arguments.image, ir=ir))
    else:
        # The pipeline first, so that it is there as soon as the new file can be seen.
        _write(f"{output.removesuffix('.py')}.json", ir)
        _write(output, {"airflow": airflow, "luigi": luigi, "celery": celery}[arguments.target].render(compiled))
    return compiled


def _write(output: str, text: str) -> None:
    with whole_file(output) as path, open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _pipeline(reference: str, given: dict[str, str]) -> Any:
    from tfx.orchestration import pipeline as tfx_pipeline

    loaded = load_object(reference)
    pipeline = loaded if isinstance(loaded, tfx_pipeline.Pipeline) else _call(reference, loaded, given)
    if not isinstance(pipeline, tfx_pipeline.Pipeline):
        raise UsageError(f"{reference} must be or return a tfx Pipeline, got {type(pipeline).__name__}")
    return pipeline


def _call(reference: str, function: Any, given: dict[str, str]) -> Any:
    if not callable(function):
        raise UsageError(f"{reference} must be a tfx Pipeline or a function that returns one, got {function!r:.80}")
    try:
        return function(**given)
    except TypeError as error:
        raise UsageError(f"{reference} can't be called with {given or 'no arguments'}: {error}; use --set") from error
