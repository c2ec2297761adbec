"""A compiled pipeline as a file: TFX's intermediate representation, as JSON.

    write_ir(pipeline, "pipeline.json")   ->   the file whose nodes `headrace run-node` runs, one by one

The file may say where ML Metadata is, but contains no password: that comes from the environment of a run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from headrace.errors import DataError, UsageError
from headrace.files.outputs import whole_file

if TYPE_CHECKING:
    from tfx.orchestration import pipeline as tfx_pipeline
    from tfx.proto.orchestration import pipeline_pb2

RUN_ID = "pipeline-run-id"
PIPELINE_ROOT = "pipeline-root"
OWN_PARAMETERS = (RUN_ID, PIPELINE_ROOT)
"""Runtime parameters that TFX itself adds to every pipeline."""


@dataclass(frozen=True, kw_only=True)
class Dag:
    """What an orchestrator needs to know about a pipeline; it is read without TFX.

    Attributes:
        name: the pipeline's name.
        nodes: node id -> ids of the nodes directly upstream, in topological order.
        parameters: runtime parameter -> its default; None if a run must give a value.
    """

    name: str
    nodes: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, str | int | float | None]


class CompiledParameter(TypedDict, total=False):
    """A runtime parameter in the JSON of a compiled pipeline.

    `type` is STRING, INT or DOUBLE; `defaultValue` has one key: `stringValue`, `intValue` or `doubleValue`.
    """

    name: str
    type: str
    defaultValue: dict[str, str | int | float]


def write_ir(pipeline: tfx_pipeline.Pipeline, path: str) -> Dag:
    """Compiles a pipeline and writes it to `path`, completely or not at all; returns its nodes.

    Raises:
        UsageError: the pipeline contains another pipeline, or does not compile.
    """
    from google.protobuf import json_format
    from tfx.dsl.compiler import compiler

    try:
        compiled = compiler.Compiler().compile(pipeline)
    except (NotImplementedError, TypeError, ValueError) as error:
        raise UsageError(f"pipeline {pipeline.pipeline_info.pipeline_name!r} does not compile: {error}") from error
    ir = json_format.MessageToDict(_without_password(compiled))
    _add_defaults(ir, pipeline)
    dag = _dag(ir)
    text = json.dumps(ir, indent=1, sort_keys=True)
    with whole_file(path) as target, open(target, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    return dag


def read_ir(path: str) -> pipeline_pb2.Pipeline:
    """Reads a pipeline that `write_ir` wrote.

    Raises:
        DataError: the file does not hold a compiled pipeline.
    """
    from google.protobuf import json_format
    from ml_metadata.proto import metadata_store_pb2  # noqa: F401 - registers messages that a pipeline may contain
    from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2, platform_config_pb2  # noqa: F401

    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        return json_format.Parse(text, pipeline_pb2.Pipeline())
    except json_format.ParseError as error:
        raise DataError(
            f"{path}: expected a pipeline as `headrace compile ir` writes it, compiled with the same TFX: {error}"
        ) from error


def read_dag(path: str) -> Dag:
    """Reads the nodes and parameters of a compiled pipeline; needs no TFX.

    Raises:
        DataError: the file does not hold a compiled pipeline.
    """
    with open(path, encoding="utf-8") as file:
        try:
            return _dag(json.load(file))
        except (json.JSONDecodeError, KeyError, AttributeError, TypeError) as error:
            raise DataError(f"{path}: expected a pipeline as `headrace compile ir` writes it: {error!r}") from error


def _dag(ir: Mapping[str, Any]) -> Dag:
    name = ir["pipelineInfo"]["id"]
    nodes = {}
    for each in ir["nodes"]:
        if "pipelineNode" not in each:
            raise UsageError(
                f"pipeline {name!r} contains another pipeline, which can't be run node by node: list its nodes instead"
            )
        node = each["pipelineNode"]
        nodes[node["nodeInfo"]["id"]] = tuple(node.get("upstreamNodes", ()))
    parameters = {
        parameter["name"]: _default(parameter.get("defaultValue", {}))
        for parameter in runtime_parameters(ir)
        if parameter["name"] not in OWN_PARAMETERS
    }
    return Dag(name=name, nodes=nodes, parameters=parameters)


def runtime_parameters(part: object) -> Iterator[CompiledParameter]:
    """The runtime parameters in a part of a compiled pipeline that was parsed from JSON; a parameter may recur."""
    if isinstance(part, dict):
        if isinstance(part.get("runtimeParameter"), dict):
            yield part["runtimeParameter"]
        for value in part.values():
            yield from runtime_parameters(value)
    elif isinstance(part, list):
        for item in part:
            yield from runtime_parameters(item)


def _add_defaults(ir: Mapping[str, Any], pipeline: tfx_pipeline.Pipeline) -> None:
    # TFX's compiler leaves out defaults that are empty or zero.
    from tfx.orchestration.data_types import RuntimeParameter

    kinds = {str: "stringValue", int: "intValue", float: "doubleValue"}
    defaults = {
        value.name: {kinds[value.ptype]: value.default}
        for component in pipeline.components
        for value in component.exec_properties.values()
        if isinstance(value, RuntimeParameter) and value.default is not None
    }
    for parameter in runtime_parameters(ir):
        if parameter["name"] in defaults:
            parameter.setdefault("defaultValue", defaults[parameter["name"]])


def _default(value: Mapping[str, str | int | float]) -> str | int | float | None:
    if "intValue" in value:
        return int(value["intValue"])  # protobuf writes integers of 64 bits as text in JSON
    return next(iter(value.values()), None)


def _without_password(compiled: pipeline_pb2.Pipeline) -> pipeline_pb2.Pipeline:
    from ml_metadata.proto import metadata_store_pb2
    from tfx.proto.orchestration import pipeline_pb2

    deployment = pipeline_pb2.IntermediateDeploymentConfig()
    if not compiled.deployment_config.Unpack(deployment):
        return compiled
    connection = metadata_store_pb2.ConnectionConfig()
    if deployment.metadata_connection_config.Unpack(connection):
        kind = connection.WhichOneof("config")
        if kind in ("mysql", "postgresql"):
            getattr(connection, kind).ClearField("password")
            deployment.metadata_connection_config.Pack(connection)
            compiled.deployment_config.Pack(deployment)
    return compiled
