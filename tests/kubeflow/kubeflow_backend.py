"""Runs a compiled pipeline as the back end of open-source Kubeflow Pipelines would, each task a process of its own.

It imitates the back end's driver and launcher (kubeflow/pipelines, backend/src/v2): inputs arrive
without a schema, URIs are of an object store, inputs are downloaded to a mount and outputs uploaded from it, a task's
command has `{{$}}` replaced, what it writes to its output file is merged, a task whose condition is false is skipped
with the tasks that need it. No file in the mounts is kept from one task to the next.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

BUCKET = "minio://mlpipeline/v2/artifacts"


@dataclass(kw_only=True)
class Task:
    state: str  # SUCCEEDED, FAILED or SKIPPED
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    log: str = ""


@dataclass(kw_only=True)
class Run:
    store: Path
    tasks: dict[str, Task]

    def folder(self, task: str, output: str) -> Path:
        """Where an output of a task stands in the object store."""
        return self.store / self.tasks[task].outputs[output]["uri"].removeprefix("minio://")


def run(
    pipeline_yaml: Path,
    work: Path,
    *,
    run_id: str = "run-1",
    parameters: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    before: Callable[[str, int], list[str]] | None = None,
) -> Run:
    """Walks the pipeline; two tasks at a time.

    Args:
        before: by task and attempt (from 1), words to put before its command, to make it fail for instance.
    """
    spec = next(yaml.safe_load_all(pipeline_yaml.read_text()))
    values = {
        name: (parameters or {}).get(name, one.get("defaultValue"))
        for name, one in spec["root"].get("inputDefinitions", {}).get("parameters", {}).items()
    }
    walker = _Walker(spec=spec, work=work, run_id=run_id, values=values, environment=environment, before=before)
    return walker.walk()


@dataclass(kw_only=True)
class _Walker:
    spec: dict[str, Any]
    work: Path
    run_id: str
    values: dict[str, Any]
    environment: Mapping[str, str] | None
    before: Callable[[str, int], list[str]] | None
    done: dict[str, Task] = field(default_factory=dict)

    def walk(self) -> Run:
        waiting: dict[str, Any] = dict(self.spec["root"]["dag"]["tasks"])
        running: dict[Future[Task], str] = {}
        with ThreadPoolExecutor(2) as pool:
            while waiting or running:
                for name, task in list(waiting.items()):
                    needed = _needed(task)
                    if any(self.done[one].state != "SUCCEEDED" for one in needed if one in self.done):
                        self.done[name] = Task(state="SKIPPED")
                        del waiting[name]
                    elif needed <= set(self.done):
                        running[pool.submit(self._run_task, name, waiting.pop(name))] = name
                if running:
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        self.done[running.pop(future)] = future.result()
        return Run(store=self.work / "store", tasks=self.done)

    def _run_task(self, name: str, task: dict[str, Any]) -> Task:
        component = self.spec["components"][task["componentRef"]["name"]]
        executor = self.spec["deploymentSpec"]["executors"][component["executorLabel"]]
        inputs = self._inputs(task)
        condition = task.get("triggerPolicy", {}).get("condition")
        if condition and not _holds(condition, inputs):
            return Task(state="SKIPPED")
        if "importer" in executor:
            return self._import(component, executor["importer"], inputs)
        attempts = task.get("retryPolicy", {}).get("maxRetryCount", 0) + 1
        for attempt in range(1, attempts + 1):
            result = self._launch(name, component, executor["container"], inputs, attempt)
            if result.state == "SUCCEEDED":
                break
        return result

    def _inputs(self, task: dict[str, Any]) -> dict[str, Any]:
        artifacts = {
            name: {"artifacts": [self._upstream(one["taskOutputArtifact"])]}
            for name, one in task.get("inputs", {}).get("artifacts", {}).items()
        }
        parameters = {}
        for name, one in task.get("inputs", {}).get("parameters", {}).items():
            if "componentInputParameter" in one:
                parameters[name] = self.values[one["componentInputParameter"]]
            else:
                parameters[name] = one["runtimeValue"]["constant"]
        return {"artifacts": artifacts, "parameterValues": parameters}

    def _upstream(self, source: dict[str, str]) -> dict[str, Any]:
        artifact = self.done[source["producerTask"]].outputs[source["outputArtifactKey"]]
        return {**artifact, "type": {"instanceSchema": ""}}  # the back end passes no schema

    def _import(self, component: dict[str, Any], importer: dict[str, Any], inputs: dict[str, Any]) -> Task:
        uri = inputs["parameterValues"].get("uri") or importer["artifactUri"].get("constant", "")
        (output,) = component["outputDefinitions"]["artifacts"]
        artifact = {"name": output, "uri": uri, "metadata": importer.get("metadata", {})}
        return Task(state="SUCCEEDED", outputs={output: artifact})

    def _launch(
        self, name: str, component: dict[str, Any], container: dict[str, Any], inputs: dict[str, Any], attempt: int
    ) -> Task:
        pod = self.work / "pods" / self.run_id / f"{name}-{attempt}"
        shutil.rmtree(pod, ignore_errors=True)
        output_file = pod / "tmp" / "kfp_outputs" / "output_metadata.json"
        outputs = {
            key: {
                "artifacts": [
                    {
                        "name": key,
                        "uri": f"{BUCKET}/{self.spec['pipelineInfo']['name']}/{self.run_id}/{name}/{key}",
                        "type": one["artifactType"],
                        "metadata": one.get("metadata", {}),
                    }
                ]
            }
            for key, one in component.get("outputDefinitions", {}).get("artifacts", {}).items()
        }
        for one in inputs["artifacts"].values():
            self._copy(one["artifacts"][0]["uri"], self.work / "store", pod / "minio")
        for one in outputs.values():
            path = pod / "minio" / one["artifacts"][0]["uri"].removeprefix("minio://")
            path.parent.mkdir(parents=True, exist_ok=True)
        sent = {"inputs": inputs, "outputs": {"artifacts": outputs, "outputFile": str(output_file)}}
        words = [*container.get("command", []), *container.get("args", [])]
        command = [sys.executable if word == "python" else word.replace("{{$}}", json.dumps(sent)) for word in words]
        prefix = self.before(name, attempt) if self.before else []
        environment = {**os.environ, "HEADRACE_MOUNTS": str(pod), **(self.environment or {})}
        ran = subprocess.run(
            [*prefix, *command], cwd=pod, env=environment, capture_output=True, text=True, check=False, timeout=900
        )
        log = ran.stdout + ran.stderr
        if ran.returncode:
            return Task(state="FAILED", log=log)
        written = json.loads(output_file.read_text())["artifacts"] if output_file.exists() else {}
        merged_outputs = {}
        for key, one in outputs.items():
            artifact = one["artifacts"][0]
            for merged in written.get(key, {}).get("artifacts", []):
                artifact["uri"] = merged.get("uri") or artifact["uri"]
                artifact["metadata"] = {**artifact["metadata"], **merged.get("metadata", {})}
            self._copy(artifact["uri"], pod / "minio", self.work / "store")
            merged_outputs[key] = artifact
        shutil.rmtree(pod)
        return Task(state="SUCCEEDED", outputs=merged_outputs, log=log)

    def _copy(self, uri: str, source: Path, target: Path) -> None:
        assert uri.startswith("minio://"), f"the launcher knows no {uri}"
        path = uri.removeprefix("minio://")
        if (source / path).is_dir():
            shutil.copytree(source / path, target / path, dirs_exist_ok=True)
        elif (source / path).exists():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / path, target / path)


def _needed(task: Mapping[str, Any]) -> set[str]:
    upstream = {
        one["taskOutputArtifact"]["producerTask"] for one in task.get("inputs", {}).get("artifacts", {}).values()
    }
    return upstream | set(task.get("dependentTasks", []))


def _holds(condition: str, inputs: Mapping[str, Any]) -> bool:
    # The back end evaluates CEL; of it TFX's compiler writes only comparisons, &&, || and !.
    class Attributes(dict[str, Any]):
        __getattr__ = dict.__getitem__

    def wrap(value: Any) -> Any:
        if isinstance(value, Mapping):
            return Attributes({key: wrap(one) for key, one in value.items()})
        return [wrap(one) for one in value] if isinstance(value, list) else value

    python = condition.replace("&&", " and ").replace("||", " or ").replace("!(", " not (")
    return bool(eval(python, {"__builtins__": {}}, {"inputs": wrap(inputs)}))
