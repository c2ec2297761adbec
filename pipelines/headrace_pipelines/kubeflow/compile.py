"""Compiles a TFX pipeline, ours or any, to the YAML that open-source Kubeflow Pipelines v2 runs.

    compile_pipeline(create_pipeline(...), image="registry/headrace:1", output="pipeline.yaml")

TFX's compiler does most of the work. Added to its pipeline spec is what it leaves out for open-source Kubeflow: a
container entrypoint that runs there, defaults of runtime parameters, outputs for the user interface, and settings of
nodes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from headrace.errors import UsageError
from headrace.files.outputs import whole_file
from headrace_pipelines.kubeflow import views
from headrace_pipelines.kubeflow.messages import Container, PipelineSpec, TaskSpec
from headrace_pipelines.kubeflow.settings import EVERY_NODE, KubernetesTask, NodeSettings

if TYPE_CHECKING:
    from tfx.orchestration import pipeline as tfx_pipeline

COMMAND = ["python", "-m", "headrace_pipelines.kubeflow.entrypoint"]
COMPONENT_PREFIX = "comp-"
INSTALL = "compiling for Kubeflow needs: pip install 'headrace[kubeflow]'"


def compile_pipeline(
    pipeline: tfx_pipeline.Pipeline,
    *,
    image: str,
    output: str | None = None,
    settings: Mapping[str, NodeSettings] | None = None,
    command: list[str] | None = None,
) -> PipelineSpec:
    """Compiles a pipeline; returns its spec (version 2.1.0) and writes it as YAML to `output`.

    Args:
        pipeline: its runtime parameters become parameters of the run.
        image: the container image of all nodes, with headrace and TFX in it; see the Dockerfile.
        output: path of a `.yaml` file, which is written completely or not at all; None writes no file.
        settings: by node id; under "*", for every node.
        command: what the containers run, instead of our entrypoint.

    Raises:
        UsageError: the KFP SDK is missing, `output` is not a YAML file, `settings` name an unknown node, or a node
            can't run on Kubeflow.
    """
    if output is not None and not output.endswith((".yaml", ".yml")):
        raise UsageError(f"the API server recognizes YAML by the file name: write to a .yaml file, got {output!r}")
    settings = dict(settings or {})
    spec = _compile(pipeline, image, command or COMMAND)
    _prefix_components(spec)
    tasks = spec["root"]["dag"]["tasks"]
    unknown = sorted(set(settings) - {EVERY_NODE, *tasks})
    if unknown:
        raise UsageError(f"settings name no node of the pipeline: {', '.join(unknown)}; it has: {', '.join(tasks)}")
    _add_defaults(spec, pipeline)
    platforms: dict[str, object] = {}
    for node, task in tasks.items():
        component = spec["components"][f"{COMPONENT_PREFIX}{node}"]
        executor = spec["deploymentSpec"]["executors"][component["executorLabel"]]
        if "container" not in executor:
            continue
        executor["container"].pop("lifecycle", None)  # a driver of TFX, which open-source Kubeflow does not run
        outputs = component.setdefault("outputDefinitions", {}).setdefault("artifacts", {})
        outputs.update(views.declare_views(outputs))
        chosen = settings.get(node, NodeSettings()).with_defaults(settings.get(EVERY_NODE, NodeSettings()))
        _apply(chosen, task=task, container=executor["container"])
        if chosen.kubernetes is not None:
            kubernetes_task = KubernetesTask()
            chosen.kubernetes(kubernetes_task)
            platforms[component["executorLabel"]] = kubernetes_task.platform_config["kubernetes"]
    if output is not None:
        _write(spec, platforms, output)
    return spec


def _compile(pipeline: tfx_pipeline.Pipeline, image: str, command: list[str]) -> PipelineSpec:
    try:
        import kfp  # noqa: F401 - without it TFX's import below succeeds, and fails later
        from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner
    except ImportError as error:
        raise UsageError(f"{INSTALL} ({error})") from error
    config = kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
        default_image=image, default_commands=command, use_pipeline_spec_2_1=True
    )
    name = pipeline.pipeline_info.pipeline_name
    try:
        # Kubeflow allows only lower case letters, digits and hyphens in the name of a pipeline; TFX allows more.
        pipeline.pipeline_info.pipeline_name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        job = kubeflow_v2_dag_runner.KubeflowV2DagRunner(config).run(pipeline, write_out=False)
    except (NotImplementedError, TypeError, ValueError) as error:
        raise UsageError(f"pipeline {name!r} can't run on Kubeflow: {error}") from error
    finally:
        pipeline.pipeline_info.pipeline_name = name
    spec: PipelineSpec = job["pipelineSpec"]
    resolvers = [label for label, executor in spec["deploymentSpec"]["executors"].items() if "resolver" in executor]
    if resolvers:
        names = ", ".join(label.removesuffix("_executor") for label in resolvers)
        raise UsageError(
            f"open-source Kubeflow has no resolvers, and {names} is one: pass the artifact by an Importer whose "
            "URI is a runtime parameter, or by a parameter such as baseline_uri"
        )
    return spec


def _prefix_components(spec: PipelineSpec) -> None:
    # The KFP SDK names components with this prefix, and its local runner (kfp.local) names the folder of a task by what
    # follows the prefix's length: without it, CheckRuns and StatsRuns would share the folder `Runs`.
    spec["components"] = {f"{COMPONENT_PREFIX}{name}": component for name, component in spec["components"].items()}
    for task in spec["root"]["dag"]["tasks"].values():
        task["componentRef"]["name"] = f"{COMPONENT_PREFIX}{task['componentRef']['name']}"


def _add_defaults(spec: PipelineSpec, pipeline: tfx_pipeline.Pipeline) -> None:
    # TFX's compiler declares runtime parameters without their defaults.
    from tfx.orchestration import data_types

    declared = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    for component in pipeline.components:
        for value in component.exec_properties.values():
            if isinstance(value, data_types.RuntimeParameter) and value.default is not None and value.name in declared:
                declared[value.name]["defaultValue"] = value.default
                declared[value.name]["isOptional"] = True


def _apply(settings: NodeSettings, *, task: TaskSpec, container: Container) -> None:
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


def _write(spec: PipelineSpec, platforms: Mapping[str, object], output: str) -> None:
    import yaml

    documents: list[object] = [spec]
    if platforms:
        documents.append({"platforms": {"kubernetes": {"deploymentSpec": {"executors": platforms}}}})
    with whole_file(output) as path, open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump_all(documents, file, sort_keys=True)
