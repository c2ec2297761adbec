"""A compiled pipeline as a file: TFX's intermediate representation, as JSON.

    write_ir(pipeline, "pipeline.json")   ->   what `headrace run-node` runs, node by node

It names where ML Metadata is, but holds no password of it: that comes from the environment of a run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headrace.errors import DataError, UsageError
from headrace.files.outputs import whole_file

RUN_ID = "pipeline-run-id"
PIPELINE_ROOT = "pipeline-root"
OWN_PARAMETERS = (RUN_ID, PIPELINE_ROOT)
"""Parameters that TFX adds to every pipeline."""


@dataclass(frozen=True, kw_only=True)
class Dag:
    """What an orchestrator must know of a pipeline; read without TFX.

    Attributes:
        name: the pipeline's name.
        nodes: by node id, in topological order, the ids of the nodes it waits for.
        parameters: the runtime parameters with their defaults; None is one that must be given.
    """

    name: str
    nodes: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, str | int | float | None]


def write_ir(pipeline: Any, path: str) -> Dag:
    """Compiles a `tfx.orchestration.pipeline.Pipeline` and writes it to `path`, whole or not at all.

    Raises:
        UsageError: the pipeline has pipelines in it, or does not compile.
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


def read_ir(path: str) -> Any:
    """The pipeline that `write_ir` wrote, as a `pipeline_pb2.Pipeline`.

    Raises:
        DataError: the file is none of a compiled pipeline.
    """
    from google.protobuf import json_format
    from ml_metadata.proto import metadata_store_pb2  # noqa: F401 - messages that a pipeline may hold
    from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2, platform_config_pb2  # noqa: F401

    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        return json_format.Parse(text, pipeline_pb2.Pipeline())
    except json_format.ParseError as error:
        raise DataError(
            f"{path}: expected a pipeline as `headrace compile ir` writes it, by the same line of TFX: {error}"
        ) from error


def read_dag(path: str) -> Dag:
    """The nodes of a compiled pipeline, without TFX.

    Raises:
        DataError: the file is none of a compiled pipeline.
    """
    with open(path, encoding="utf-8") as file:
        try:
            return _dag(json.load(file))
        except (json.JSONDecodeError, KeyError, AttributeError, TypeError) as error:
            raise DataError(f"{path}: expected a pipeline as `headrace compile ir` writes it: {error!r}") from error


def _dag(ir: Mapping[str, Any]) -> Dag:
    name = ir["pipelineInfo"]["id"]
    nodes = {}
    for one in ir["nodes"]:
        if "pipelineNode" not in one:
            raise UsageError(f"pipeline {name!r} has a pipeline in it, which can't be run node by node: take it apart")
        node = one["pipelineNode"]
        nodes[node["nodeInfo"]["id"]] = tuple(node.get("upstreamNodes", ()))
    parameters = {
        found["name"]: _default(found.get("defaultValue", {}))
        for found in runtime_parameters(ir)
        if found["name"] not in OWN_PARAMETERS
    }
    return Dag(name=name, nodes=nodes, parameters=parameters)


def runtime_parameters(part: Any) -> Iterator[dict[str, Any]]:
    """The runtime parameters that a part of a compiled pipeline, as JSON, mentions: `name`, `type`, `defaultValue`."""
    if isinstance(part, dict):
        if isinstance(part.get("runtimeParameter"), dict):
            yield part["runtimeParameter"]
        for one in part.values():
            yield from runtime_parameters(one)
    elif isinstance(part, list):
        for one in part:
            yield from runtime_parameters(one)


def _add_defaults(ir: Mapping[str, Any], pipeline: Any) -> None:
    # TFX's compiler leaves out defaults that are empty or zero.
    from tfx.orchestration.data_types import RuntimeParameter

    kinds = {str: "stringValue", int: "intValue", float: "doubleValue"}
    defaults = {
        value.name: {kinds[value.ptype]: value.default}
        for component in pipeline.components
        for value in component.exec_properties.values()
        if isinstance(value, RuntimeParameter) and value.default is not None
    }
    for found in runtime_parameters(ir):
        if found["name"] in defaults:
            found.setdefault("defaultValue", defaults[found["name"]])


def _default(value: Mapping[str, Any]) -> str | int | float | None:
    if "intValue" in value:
        return int(value["intValue"])  # JSON of protobuf writes 64 bits as text
    return next(iter(value.values()), None)


def _without_password(compiled: Any) -> Any:
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
