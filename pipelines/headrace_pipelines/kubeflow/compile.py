"""A TFX pipeline, ours or any, as the YAML that the API server of open-source Kubeflow Pipelines v2 takes.

    compile_pipeline(create_pipeline(...), image="registry/headrace:1", output="pipeline.yaml")

TFX's compiler does the work; what it leaves out for open-source Kubeflow is added to its pipeline spec: the container
entrypoint that runs there, defaults of runtime parameters, the artifacts that the interface shows, settings of nodes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from headrace.errors import UsageError
from headrace.files.outputs import whole_file
from headrace_pipelines.kubeflow import views
from headrace_pipelines.kubeflow.settings import EVERY_NODE, NodeSettings, Task

COMMAND = ["python", "-m", "headrace_pipelines.kubeflow.entrypoint"]
COMPONENT_PREFIX = "comp-"
INSTALL = "compiling for Kubeflow needs: pip install 'headrace[kubeflow]'"


def compile_pipeline(
    pipeline: Any,
    *,
    image: str,
    output: str | None = None,
    settings: Mapping[str, NodeSettings] | None = None,
    command: list[str] | None = None,
) -> dict[str, Any]:
    """Compiles a pipeline; returns its spec (version 2.1.0) and writes it as YAML where `output` says.

    Args:
        pipeline: a `tfx.orchestration.pipeline.Pipeline`. Runtime parameters become parameters of the run.
        image: the container image of all nodes; it has headrace and TFX, see the Dockerfile.
        output: path of a `.yaml` file; appears whole or not at all.
        settings: by node id, and under "*" for every node.
        command: what the containers run instead of our entrypoint.

    Raises:
        UsageError: the KFP SDK is missing, a name or a setting fits no node, or a node can't run on Kubeflow.
    """
    if output is not None and not output.endswith((".yaml", ".yml")):
        raise UsageError(f"the API server takes YAML by its name: write to a .yaml file, got {output!r}")
    settings = dict(settings or {})
    spec = _spec(pipeline, image, command or COMMAND)
    _name_components(spec)
    nodes = list(spec["root"]["dag"]["tasks"])
    unknown = sorted(set(settings) - {EVERY_NODE, *nodes})
    if unknown:
        raise UsageError(f"settings name no node of the pipeline: {', '.join(unknown)}; it has: {', '.join(nodes)}")
    _add_defaults(spec, pipeline)
    platforms: dict[str, Any] = {}
    for node in nodes:
        component = spec["components"][f"{COMPONENT_PREFIX}{node}"]
        executor = spec["deploymentSpec"]["executors"][component["executorLabel"]]
        if "container" not in executor:
            continue
        executor["container"].pop("lifecycle", None)  # a driver of TFX's, which open-source Kubeflow does not run
        outputs = component.setdefault("outputDefinitions", {}).setdefault("artifacts", {})
        outputs.update(views.declared(outputs))
        chosen = settings.get(node, NodeSettings()).over(settings.get(EVERY_NODE, NodeSettings()))
        _set(chosen, task=spec["root"]["dag"]["tasks"][node], container=executor["container"])
        if chosen.kubernetes is not None:
            asked = Task()
            chosen.kubernetes(asked)
            platforms[component["executorLabel"]] = asked.platform_config["kubernetes"]
    if output is not None:
        _write(spec, platforms, output)
    return spec


def _spec(pipeline: Any, image: str, command: list[str]) -> dict[str, Any]:
    try:
        import kfp  # noqa: F401 - TFX swallows it when it is missing
        from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner
    except ImportError as error:
        raise UsageError(f"{INSTALL} ({error})") from error
    config = kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
        default_image=image, default_commands=command, use_pipeline_spec_2_1=True
    )
    name = pipeline.pipeline_info.pipeline_name
    try:
        # A pipeline may be called what Kubeflow does not allow: lower case, digits and hyphens only.
        pipeline.pipeline_info.pipeline_name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        job = kubeflow_v2_dag_runner.KubeflowV2DagRunner(config).run(pipeline, write_out=False)
    except (NotImplementedError, TypeError, ValueError) as error:
        raise UsageError(f"pipeline {name!r} can't run on Kubeflow: {error}") from error
    finally:
        pipeline.pipeline_info.pipeline_name = name
    spec: dict[str, Any] = job["pipelineSpec"]
    resolvers = [name for name, one in spec["deploymentSpec"]["executors"].items() if "resolver" in one]
    if resolvers:
        names = ", ".join(name.removesuffix("_executor") for name in resolvers)
        raise UsageError(
            f"open-source Kubeflow has no resolvers, and {names} is one: hand the artifact over by an Importer whose "
            "URI is a runtime parameter, or by a parameter such as baseline_uri"
        )
    return spec


def _name_components(spec: dict[str, Any]) -> None:
    # As the KFP SDK names them: what runs a pipeline locally (kfp.local) takes these letters off and calls a task's
    # folder by the rest, so that without them CheckRuns and StatsRuns share the folder `Runs`.
    spec["components"] = {f"{COMPONENT_PREFIX}{name}": one for name, one in spec["components"].items()}
    for task in spec["root"]["dag"]["tasks"].values():
        task["componentRef"]["name"] = f"{COMPONENT_PREFIX}{task['componentRef']['name']}"


def _add_defaults(spec: dict[str, Any], pipeline: Any) -> None:
    # TFX's compiler declares runtime parameters without their defaults.
    from tfx.orchestration import data_types

    declared = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    for component in pipeline.components:
        for value in component.exec_properties.values():
            if isinstance(value, data_types.RuntimeParameter) and value.default is not None and value.name in declared:
                declared[value.name]["defaultValue"] = value.default
                declared[value.name]["isOptional"] = True


def _set(settings: NodeSettings, *, task: dict[str, Any], container: dict[str, Any]) -> None:
    if settings.image is not None:
        container["image"] = settings.image
    if settings.cpu is not None:
        container.setdefault("resources", {})["cpuLimit"] = float(settings.cpu)
    if settings.memory_gb is not None:
        container.setdefault("resources", {})["memoryLimit"] = settings.memory_gb
    if settings.retries is not None:
        task["retryPolicy"] = {"maxRetryCount": settings.retries}
    if settings.cache is not None:
        task["cachingOptions"] = {"enableCache": settings.cache}


def _write(spec: dict[str, Any], platforms: dict[str, Any], output: str) -> None:
    import yaml

    documents: list[Any] = [spec]
    if platforms:
        documents.append({"platforms": {"kubernetes": {"deploymentSpec": {"executors": platforms}}}})
    with whole_file(output) as path, open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump_all(documents, file, sort_keys=True)
