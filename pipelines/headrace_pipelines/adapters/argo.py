"""Argo Workflows: a manifest with a pod for every node. The pipeline itself is in it: any image with headrace will do.

Pods share no disk: artifacts belong in a store or on a claim, and ML Metadata in a database, whose URI a secret has.
"""

from __future__ import annotations

from typing import Any

from headrace.errors import UsageError
from headrace_pipelines.adapters.target import Target
from headrace_pipelines.nodes.connection import VARIABLE

SECRET, SECRET_KEY = "headrace-metadata", "uri"
"""The Kubernetes secret with the URI of ML Metadata."""

PIPELINE_IR = "/headrace/pipeline.json"
INSTALL = "compiling for Argo Workflows needs: pip install 'headrace[argo]'"


def workflow(target: Target, *, image: str, ir: str) -> Any:
    """A `hera.workflows.Workflow`, or a `CronWorkflow` where there is a schedule; add to it what the cluster needs.

    Args:
        target: the pipeline.
        image: the container image of all nodes.
        ir: text of the compiled pipeline.

    Raises:
        UsageError: hera is missing.
    """
    try:
        from hera import workflows as hera
    except ImportError as error:
        raise UsageError(f"{INSTALL} ({error})") from error

    words = [*target.command, "run-node", "--pipeline-ir", PIPELINE_IR, "--node", "{{inputs.parameters.node}}"]
    words += ["--run-id", "{{workflow.name}}"]
    for name in target.parameters:
        words += ["--set", f"{name}={{{{workflow.parameters.{name}}}}}"]
    name = "".join(one if one.isalnum() else "-" for one in target.dag.name.lower()).strip("-")
    kind = hera.Workflow if target.schedule is None else hera.CronWorkflow
    named = {"generate_name": f"{name}-"} if target.schedule is None else {"name": name, "schedules": [target.schedule]}
    arguments = [
        hera.Parameter(name=key) if value is None else hera.Parameter(name=key, value=value)
        for key, value in target.parameters.items()
    ]
    with kind(entrypoint="pipeline", arguments=arguments, **named) as made:
        node = hera.Container(
            name="node",
            image=image,
            command=words[:1],
            args=words[1:],
            inputs=[hera.Parameter(name="node"), hera.RawArtifact(name="pipeline", path=PIPELINE_IR, data=ir)],
            env=[hera.SecretEnv(name=VARIABLE, secret_name=SECRET, secret_key=SECRET_KEY, optional=True)],
            retry_strategy=hera.RetryStrategy(limit=target.retries),
        )
        with hera.DAG(name="pipeline"):
            # Argo's task names have no dots, which node ids may have.
            for one, upstream in target.dag.nodes.items():
                hera.Task(
                    name=_task(one),
                    template=node,
                    arguments={"node": one},
                    dependencies=[_task(before) for before in upstream],
                )
    return made


def render(target: Target, *, image: str, ir: str) -> str:
    """The manifest, as YAML."""
    return str(workflow(target, image=image, ir=ir).to_yaml())


def _task(node: str) -> str:
    return node.replace(".", "-")
