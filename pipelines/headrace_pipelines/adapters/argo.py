"""Argo Workflows: a manifest with a pod for every node.

The manifest contains the compiled pipeline, so any image with headrace can run it. Pods share no disk: put artifacts in
an object store or on a persistent volume claim, and ML Metadata in a database, whose URI is in a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headrace.errors import UsageError
from headrace_pipelines.adapters.target import Target
from headrace_pipelines.nodes.connection import URI_VARIABLE

if TYPE_CHECKING:
    from hera.workflows import Workflow

SECRET, SECRET_KEY = "headrace-metadata", "uri"
"""Name and key of the Kubernetes secret that holds the URI of ML Metadata."""

PIPELINE_IR = "/headrace/pipeline.json"
INSTALL = "compiling for Argo Workflows needs: pip install 'headrace[argo]'"


def workflow(target: Target, *, image: str, ir: str) -> Workflow:
    """A `hera.workflows.Workflow`, or a `CronWorkflow` if there is a schedule; add to it what the cluster needs.

    Args:
        target: the pipeline, and how its nodes are run.
        image: the container image of all nodes.
        ir: the text of the compiled pipeline.

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
    name = "".join(letter if letter.isalnum() else "-" for letter in target.dag.name.lower()).strip("-")
    kind = hera.Workflow if target.schedule is None else hera.CronWorkflow
    named = {"generate_name": f"{name}-"} if target.schedule is None else {"name": name, "schedules": [target.schedule]}
    arguments = [
        hera.Parameter(name=key) if value is None else hera.Parameter(name=key, value=value)
        for key, value in target.parameters.items()
    ]
    with kind(entrypoint="pipeline", arguments=arguments, **named) as built:
        node = hera.Container(
            name="node",
            image=image,
            command=words[:1],
            args=words[1:],
            inputs=[hera.Parameter(name="node"), hera.RawArtifact(name="pipeline", path=PIPELINE_IR, data=ir)],
            env=[hera.SecretEnv(name=URI_VARIABLE, secret_name=SECRET, secret_key=SECRET_KEY, optional=True)],
            retry_strategy=hera.RetryStrategy(limit=target.retries),
        )
        with hera.DAG(name="pipeline"):
            for node_id, upstream in target.dag.nodes.items():
                hera.Task(
                    name=_task_name(node_id),
                    template=node,
                    arguments={"node": node_id},
                    dependencies=[_task_name(before) for before in upstream],
                )
    return built


def render(target: Target, *, image: str, ir: str) -> str:
    """The manifest, as YAML."""
    return str(workflow(target, image=image, ir=ir).to_yaml())


def _task_name(node: str) -> str:
    # Argo allows no dots in the name of a task; node ids may have some.
    return node.replace(".", "-")
