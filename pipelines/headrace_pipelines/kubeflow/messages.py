"""The JSON messages of Kubeflow Pipelines that are read and written here, as types.

    ExecutorInput    what Kubeflow sends to the container of a task
    ExecutorOutput   what the container writes when its task succeeded
    PipelineSpec     a compiled pipeline

Keys are those of the protobuf messages in kubeflow/pipelines (api/v2alpha1/pipeline_spec.proto); of each message, only
the keys that are used here.
"""

from __future__ import annotations

from typing import TypedDict


class ArtifactType(TypedDict, total=False):
    """The type of an artifact: by title and version, or by a schema, which is YAML."""

    schemaTitle: str
    schemaVersion: str
    instanceSchema: str


class Artifact(TypedDict, total=False):
    """An artifact of a run."""

    name: str
    uri: str
    type: ArtifactType
    metadata: dict[str, object]


class ArtifactList(TypedDict):
    """The artifacts of one input or output; pipelines of TFX have exactly one."""

    artifacts: list[Artifact]


class TaskInputs(TypedDict, total=False):
    """The inputs of a task, by name."""

    artifacts: dict[str, ArtifactList]
    parameterValues: dict[str, object]


class TaskOutputs(TypedDict, total=False):
    """The outputs of a task, by name, and the file in which the container describes what it wrote."""

    artifacts: dict[str, ArtifactList]
    outputFile: str


class ExecutorInput(TypedDict, total=False):
    """What Kubeflow sends to the container of a task."""

    inputs: TaskInputs
    outputs: TaskOutputs


class ExecutorOutput(TypedDict, total=False):
    """What the container writes to `outputFile`: its output artifacts."""

    artifacts: dict[str, ArtifactList]


class ArtifactSpec(TypedDict):
    """The declaration of an input or output artifact."""

    artifactType: ArtifactType


class ParameterSpec(TypedDict, total=False):
    """The declaration of a parameter."""

    defaultValue: object
    isOptional: bool


class InputsSpec(TypedDict, total=False):
    """The declared inputs of a task or pipeline (`ComponentInputsSpec`)."""

    artifacts: dict[str, ArtifactSpec]
    parameters: dict[str, ParameterSpec]


class OutputsSpec(TypedDict, total=False):
    """The declared outputs of a task (`ComponentOutputsSpec`)."""

    artifacts: dict[str, ArtifactSpec]


class ComponentSpec(TypedDict, total=False):
    """A component: its outputs and the label of its executor."""

    executorLabel: str
    outputDefinitions: OutputsSpec


class ComponentRef(TypedDict):
    """A reference to a component."""

    name: str


class RetryPolicy(TypedDict):
    """How often a failed task is tried again."""

    maxRetryCount: int


class CachingOptions(TypedDict):
    """Whether a task may take over the outputs of an earlier one."""

    enableCache: bool


class TaskSpec(TypedDict, total=False):
    """A task of the DAG."""

    componentRef: ComponentRef
    retryPolicy: RetryPolicy
    cachingOptions: CachingOptions


class DagSpec(TypedDict):
    """The tasks of a pipeline, by node id."""

    tasks: dict[str, TaskSpec]


class RootSpec(TypedDict, total=False):
    """The DAG, and the parameters of a run."""

    dag: DagSpec
    inputDefinitions: InputsSpec


class Resources(TypedDict, total=False):
    """Limits: cores, and memory in 10^9 bytes."""

    cpuLimit: float
    memoryLimit: float


class Container(TypedDict, total=False):
    """A container: its image, command and resources. `lifecycle` names a driver, which only Vertex AI runs."""

    image: str
    command: list[str]
    args: list[str]
    resources: Resources
    lifecycle: object


class Executor(TypedDict, total=False):
    """Runs a task: a container, or what Kubeflow itself does."""

    container: Container
    importer: object
    resolver: object


class DeploymentSpec(TypedDict):
    """The executors, by label."""

    executors: dict[str, Executor]


class PipelineSpec(TypedDict):
    """A compiled pipeline, of schema version 2.1.0."""

    root: RootSpec
    components: dict[str, ComponentSpec]
    deploymentSpec: DeploymentSpec
