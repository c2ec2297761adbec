"""What a container of a Kubeflow task runs: `python -m headrace_pipelines.kubeflow.entrypoint ...`.

TFX's own entrypoint expects what Vertex AI sends. Open-source Kubeflow Pipelines sends less and otherwise:

    {"inputs": {"artifacts": {"examples": {"artifacts": [{"uri": "minio://...", "metadata": {...}}]}}}}
                                                           no "type" -> TFX: 'NoneType' object has no attribute 'get'

So the types of inputs are restored from what the pipeline declared, URIs become the paths where the launcher has laid
the files, the artifacts that only the interface wants are taken out; then TFX's entrypoint runs the executor, ours or
stock, and what it wrote is turned back.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from headrace.files.outputs import whole_file
from headrace_pipelines.beam_runner import beam_in_this_process
from headrace_pipelines.kubeflow import mounts, remote, views

log = logging.getLogger("headrace")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one task; 0 when its executor succeeded and its output is written, else 1."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout, force=True
    )
    given, beam_args = _parser().parse_known_args(argv)
    started = time.monotonic()
    try:
        _run(given, beam_args)
    except Exception as error:  # the container's last word: whatever failed, the task has failed
        log.exception("%s failed after %.1f s", given.executor_class_path, time.monotonic() - started)
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    log.info("%s succeeded in %.1f s", given.executor_class_path, time.monotonic() - started)
    return 0


def localised(task: Mapping[str, Any], inputs_spec: Mapping[str, Any], *, scratch: str) -> dict[str, Any]:
    """An `ExecutorInput` as TFX's entrypoint takes it: typed inputs, paths for URIs, no views.

    Args:
        task: the `ExecutorInput` that Kubeflow sent, parsed.
        inputs_spec: the task's declared inputs (`ComponentInputsSpec`), parsed.
        scratch: folder for what parameters name in a store, which the launcher does not fetch.
    """
    local: dict[str, Any] = json.loads(json.dumps(task))
    inputs, outputs = local.get("inputs", {}), local.get("outputs", {})
    types = inputs_spec.get("artifacts", {})
    for name, one in inputs.get("artifacts", {}).items():
        for artifact in one.get("artifacts", []):
            if name in types:
                artifact["type"] = types[name]["artifactType"]
    shown = views.are_views(outputs.get("artifacts", {}))
    outputs["artifacts"] = {n: one for n, one in outputs.get("artifacts", {}).items() if n not in shown}
    for artifact in (*_artifacts(inputs), *_artifacts(outputs)):
        artifact["uri"] = mounts.to_path(artifact["uri"])
    parameters = inputs.get("parameterValues", {})
    for name, value in parameters.items():
        if name.endswith("_uri") and isinstance(value, str):
            parameters[name] = remote.fetched(value, os.path.join(scratch, name))
    return local


def globalised(output: Mapping[str, Any], task: Mapping[str, Any]) -> dict[str, Any]:
    """An `ExecutorOutput` as Kubeflow takes it: URIs for paths, and the views filled.

    Args:
        output: what TFX's entrypoint wrote, parsed.
        task: the `ExecutorInput` that Kubeflow sent, parsed.
    """
    result: dict[str, Any] = json.loads(json.dumps(output))
    made = {name: one["artifacts"][0] for name, one in result.get("artifacts", {}).items()}
    wanted = task.get("outputs", {}).get("artifacts", {})
    for name, shown in views.are_views(wanted).items():
        view = {"name": wanted[name]["artifacts"][0].get("name", ""), "uri": wanted[name]["artifacts"][0]["uri"]}
        if shown == views.METRICS:
            view["metadata"] = views.numbers(made)
        else:
            views.show_page(made[name.removesuffix("_html")]["uri"], mounts.to_path(view["uri"]))
        result.setdefault("artifacts", {})[name] = {"artifacts": [view]}
    for artifact in made.values():
        artifact["uri"] = mounts.to_uri(artifact["uri"])
    return result


def _run(given: argparse.Namespace, beam_args: list[str]) -> None:
    task = json.loads(given.json_serialized_invocation_args)
    inputs_spec = json.loads(given.json_serialized_inputs_spec_args or "{}")
    output_file = mounts.to_path(task["outputs"]["outputFile"])
    with tempfile.TemporaryDirectory(prefix="headrace-") as scratch:
        local = localised(task, inputs_spec, scratch=scratch)
        local["outputs"]["outputFile"] = os.path.join(scratch, "task", "executor_output.json")
        _log_task(given.executor_class_path, local)
        given.json_serialized_invocation_args = json.dumps(local)

        from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

        with beam_in_this_process():
            kubeflow_v2_run_executor._run_executor(given, beam_args)
        with open(local["outputs"]["outputFile"], encoding="utf-8") as file:
            output = globalised(json.load(file), task)
    with whole_file(output_file) as path, open(path, "w", encoding="utf-8") as file:
        json.dump(output, file)


def _artifacts(side: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    return (artifact for one in side.get("artifacts", {}).values() for artifact in one.get("artifacts", []))


def _log_task(executor: str, task: Mapping[str, Any]) -> None:
    log.info("executor %s", executor)
    for side in ("inputs", "outputs"):
        for name, one in task.get(side, {}).get("artifacts", {}).items():
            log.info("%s %s: %s", side[:-1], name, ", ".join(artifact["uri"] for artifact in one["artifacts"]))
    for name, value in sorted(task.get("inputs", {}).get("parameterValues", {}).items()):
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
