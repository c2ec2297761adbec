"""Runs a compiled pipeline with the KFP SDK's local runner.

    python kfp_local.py PIPELINE.yaml ROOT PYTHON PARAMETERS AGAIN.yaml

The SDK's handler of subprocesses refuses container components. The one here takes its place: a task is its container's
own command as a process, with PYTHON where the container has its `python`. PARAMETERS is JSON. Before it runs, the
pipeline is compiled again to AGAIN.yaml. Knows nothing of headrace and TFX: PYTHON does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from kfp import compiler, components, local
from kfp.local import status, subprocess_task_handler, task_handler_interface


def process_handler(python: str) -> type:
    class ContainerAsProcess(task_handler_interface.ITaskHandler):
        def __init__(self, full_command: list[str], env_vars: dict[str, str] | None = None, **_: Any) -> None:
            self._command = [python if word == "python" else word for word in full_command]
            self._environment = {**os.environ, **(env_vars or {})}  # which SDKs from 2.17 on give

        def run(self) -> status.Status:
            done = subprocess.run(self._command, env=self._environment, check=False)
            return status.Status.FAILURE if done.returncode else status.Status.SUCCESS

    return ContainerAsProcess


def main(pipeline_yaml: str, root: str, python: str, parameters: str, again_yaml: str) -> None:
    subprocess_task_handler.SubprocessTaskHandler = process_handler(python)
    local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=root)
    pipeline = components.load_component_from_file(pipeline_yaml)
    compiler.Compiler().compile(pipeline, again_yaml)
    pipeline(**json.loads(parameters))  # raises if a task fails


if __name__ == "__main__":
    main(*sys.argv[1:])
