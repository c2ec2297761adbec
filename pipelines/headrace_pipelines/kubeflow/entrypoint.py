"""The command of a container that runs a Kubeflow task: `python -m headrace_pipelines.kubeflow.entrypoint ...`.

TFX's own entrypoint expects what Vertex AI sends. What open-source Kubeflow Pipelines sends lacks the types of inputs:

    {"inputs": {"artifacts": {"examples": {"artifacts": [{"uri": "minio://...", "metadata": {...}}]}}}}
                                                           no "type" -> TFX: 'NoneType' object has no attribute 'get'

So this entrypoint adds the types that the pipeline declared, replaces URIs by the paths where the launcher has put the
files, and removes the outputs that only the user interface needs. TFX's entrypoint then runs the executor, ours or
stock. Afterwards paths become URIs again, and the outputs for the user interface are written.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence

from headrace.files.outputs import whole_file
from headrace_pipelines.beam_runner import beam_in_this_process
from headrace_pipelines.kubeflow import mounts, remote, views
from headrace_pipelines.kubeflow.messages import (
    Artifact,
    ExecutorInput,
    ExecutorOutput,
    InputsSpec,
    TaskInputs,
    TaskOutputs,
)

log = logging.getLogger("headrace.pipelines")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one task; returns 0 when its executor succeeded and its output is written, else 1."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout, force=True
    )
    arguments, beam_args = _parser().parse_known_args(argv)
    started = time.monotonic()
    try:
        _run(arguments, beam_args)
    except Exception as error:  # an executor may raise anything, and Kubeflow must see that the task has failed
        log.exception("%s failed after %.1f s", arguments.executor_class_path, time.monotonic() - started)
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    log.info("%s succeeded in %.1f s", arguments.executor_class_path, time.monotonic() - started)
    return 0


def input_for_tfx(task: ExecutorInput, inputs_spec: InputsSpec, *, scratch: str) -> ExecutorInput:
    """What TFX's entrypoint takes: typed inputs, paths instead of URIs, no views.

    Args:
        task: what Kubeflow sent; it is not changed.
        inputs_spec: the declared inputs of the task.
        scratch: folder for what parameters name in a store, which the launcher does not download.
    """
    local = copy.deepcopy(task)
    inputs, outputs = local.get("inputs", {}), local.get("outputs", {})
    declared = inputs_spec.get("artifacts", {})
    for name, artifacts in inputs.get("artifacts", {}).items():
        for artifact in artifacts.get("artifacts", []):
            if name in declared:
                artifact["type"] = declared[name]["artifactType"]
    found = outputs.get("artifacts", {})
    shown = views.find_views(found)
    outputs["artifacts"] = {name: artifacts for name, artifacts in found.items() if name not in shown}
    for artifact in (*_artifacts(inputs), *_artifacts(outputs)):
        artifact["uri"] = mounts.to_path(artifact["uri"])
    parameters = inputs.get("parameterValues", {})
    for name, value in parameters.items():
        if name.endswith("_uri") and isinstance(value, str):
            parameters[name] = remote.fetch(value, os.path.join(scratch, name))
    return local


def output_for_kubeflow(output: ExecutorOutput, task: ExecutorInput) -> ExecutorOutput:
    """What Kubeflow takes: URIs instead of paths, and the views, whose files are written.

    Args:
        output: what TFX's entrypoint wrote; it is not changed.
        task: what Kubeflow sent.
    """
    result = copy.deepcopy(output)
    artifacts = result.setdefault("artifacts", {})
    written = {name: found["artifacts"][0] for name, found in artifacts.items()}
    requested = task.get("outputs", {}).get("artifacts", {})
    for name, title in views.find_views(requested).items():
        target = requested[name]["artifacts"][0]
        view: Artifact = {"name": target.get("name", ""), "uri": target["uri"]}
        if title == views.METRICS:
            view["metadata"] = views.numeric_metadata(written)
        else:
            views.copy_page(written[name.removesuffix("_html")]["uri"], mounts.to_path(view["uri"]))
        artifacts[name] = {"artifacts": [view]}
    for artifact in written.values():
        artifact["uri"] = mounts.to_uri(artifact["uri"])
    return result


def _run(arguments: argparse.Namespace, beam_args: list[str]) -> None:
    task: ExecutorInput = json.loads(arguments.json_serialized_invocation_args)
    inputs_spec: InputsSpec = json.loads(arguments.json_serialized_inputs_spec_args or "{}")
    output_file = mounts.to_path(task["outputs"]["outputFile"])
    with tempfile.TemporaryDirectory(prefix="headrace-") as scratch:
        local = input_for_tfx(task, inputs_spec, scratch=scratch)
        local["outputs"]["outputFile"] = os.path.join(scratch, "task", "executor_output.json")
        _log_task(arguments.executor_class_path, local)
        arguments.json_serialized_invocation_args = json.dumps(local)

        from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

        with beam_in_this_process():
            kubeflow_v2_run_executor._run_executor(arguments, beam_args)
        with open(local["outputs"]["outputFile"], encoding="utf-8") as file:
            output = output_for_kubeflow(json.load(file), task)
    with whole_file(output_file) as path, open(path, "w", encoding="utf-8") as file:
        json.dump(output, file)


def _artifacts(ports: TaskInputs | TaskOutputs) -> Iterable[Artifact]:
    return (artifact for found in ports.get("artifacts", {}).values() for artifact in found.get("artifacts", []))


def _log_task(executor: str, task: ExecutorInput) -> None:
    log.info("executor %s", executor)
    inputs, outputs = task.get("inputs", {}), task.get("outputs", {})
    for kind, artifacts in (("input", inputs.get("artifacts", {})), ("output", outputs.get("artifacts", {}))):
        for name, found in artifacts.items():
            log.info("%s %s: %s", kind, name, ", ".join(artifact["uri"] for artifact in found["artifacts"]))
    for name, value in sorted(inputs.get("parameterValues", {}).items()):
        text = str(value)
        log.info("parameter %s: %s", name, text if len(text) <= 200 else f"{text[:200]}... ({len(text)} characters)")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m headrace_pipelines.kubeflow.entrypoint", description=__doc__.splitlines()[0], allow_abbrev=False
    )
    parser.add_argument("--executor_class_path", required=True, help="the executor, as module.Class")
    parser.add_argument("--json_serialized_invocation_args", required=True, help="Kubeflow's ExecutorInput")
    parser.add_argument("--json_serialized_inputs_spec_args", default="", help="the declared inputs of the task")
    return parser


if __name__ == "__main__":
    sys.exit(main())
