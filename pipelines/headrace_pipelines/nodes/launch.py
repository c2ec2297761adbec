"""Runs one node of a compiled pipeline in this process; the state of the run is in ML Metadata.

    launch(read_ir("pipeline.json"), node="Stats", run_id="2026-03-03")   ->   NodeOutcome.COMPLETE

TFX's launcher returns without an error when the inputs of a node can't be resolved, so the outcome is read from the
state of the execution in ML Metadata. A node that is complete in a run is not run again in that run.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from headrace.errors import UsageError
from headrace_pipelines.beam_runner import beam_in_this_process
from headrace_pipelines.nodes import connection, ir

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2
    from tfx.orchestration import metadata
    from tfx.proto.orchestration import pipeline_pb2

log = logging.getLogger("headrace.pipelines")


class NodeOutcome(enum.Enum):
    """How a node ended; the value is a phrase for people."""

    COMPLETE = "complete"
    ALREADY = "already complete"
    CACHED = "complete, from the cache"
    SKIPPED = "skipped: its condition does not hold"
    FAILED = "failed"
    UNRESOLVED = "failed: its inputs could not be resolved; look for an upstream node that published no output"

    @property
    def is_failure(self) -> bool:
        """Whether the nodes downstream must not run."""
        return self in (NodeOutcome.FAILED, NodeOutcome.UNRESOLVED)


def launch(
    pipeline: pipeline_pb2.Pipeline,
    *,
    node: str,
    run_id: str,
    parameters: Mapping[str, str] | None = None,
    metadata_uri: str | None = None,
) -> NodeOutcome:
    """Runs a node, unless it is complete in this run already.

    Args:
        pipeline: a compiled pipeline, as `read_ir` returns it; its runtime parameters are replaced by values.
        node: the node's id.
        run_id: the id of the run, which is the same for all of its nodes.
        parameters: values of runtime parameters, as text.
        metadata_uri: the URI of ML Metadata, which replaces the connection that the pipeline names.

    Raises:
        UsageError: the pipeline has no such node, a parameter is unknown, missing or of another type, or neither the
            pipeline nor `metadata_uri` says where ML Metadata is.
    """
    from tfx.orchestration import metadata
    from tfx.orchestration.local import runner_utils
    from tfx.orchestration.portable import launcher

    chosen = _find_node(pipeline, node)
    if not run_id:
        raise UsageError(
            "a run needs an id, which is the same for all of its nodes and differs from that of any other run"
        )
    _bind_parameters(pipeline, run_id, parameters or {})
    deployment = runner_utils.extract_local_deployment_config(pipeline)
    config = _connection(deployment, metadata_uri)
    handle = metadata.Metadata(config)
    if _recorded_outcome(handle, chosen) in (NodeOutcome.COMPLETE, NodeOutcome.CACHED):
        return NodeOutcome.ALREADY
    raised = False
    with beam_in_this_process():
        try:
            launcher.Launcher(
                pipeline_node=chosen,
                mlmd_connection=handle,
                pipeline_info=pipeline.pipeline_info,
                pipeline_runtime_spec=pipeline.runtime_spec,
                executor_spec=runner_utils.extract_executor_spec(deployment, node),
                custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node),
            ).launch()
        except Exception:  # an executor may raise anything: the node has failed
            log.exception("%s failed", node)
            raised = True
    recorded = _recorded_outcome(handle, chosen)
    if raised:
        return NodeOutcome.FAILED
    return NodeOutcome.UNRESOLVED if recorded is NodeOutcome.FAILED else recorded


def _find_node(pipeline: pipeline_pb2.Pipeline, node: str) -> pipeline_pb2.PipelineNode:
    nodes = {each.pipeline_node.node_info.id: each.pipeline_node for each in pipeline.nodes}
    if node not in nodes:
        raise UsageError(f"the pipeline has no node {node!r}; it has: {', '.join(nodes)}")
    return nodes[node]


def _bind_parameters(pipeline: pipeline_pb2.Pipeline, run_id: str, given: Mapping[str, str]) -> None:
    from google.protobuf import json_format
    from tfx.orchestration.portable import runtime_parameter_utils

    declared = {
        parameter["name"]: parameter.get("type", "STRING")
        for parameter in ir.runtime_parameters(json_format.MessageToDict(pipeline))
        if parameter["name"] != ir.RUN_ID
    }
    unknown = sorted(set(given) - set(declared))
    if unknown:
        names = ", ".join(sorted(declared))
        raise UsageError(f"the pipeline has no parameter {', '.join(unknown)}; it has: {names}")
    values = {name: _parse(name, value, declared[name]) for name, value in given.items()}
    bound = runtime_parameter_utils.substitute_runtime_parameter(pipeline, {ir.RUN_ID: run_id, **values})
    missing = sorted(name for name, value in bound.items() if value is None)
    if missing:
        raise UsageError(f"no value is given for {', '.join(missing)}; use --set {missing[0]}=VALUE")


def _parse(name: str, value: str, kind: str) -> str | int | float:
    try:
        return int(value) if kind == "INT" else float(value) if kind == "DOUBLE" else value
    except ValueError as error:
        raise UsageError(f"parameter {name} must be of type {kind}, got {value!r}") from error


def _connection(
    deployment: pipeline_pb2.IntermediateDeploymentConfig, metadata_uri: str | None
) -> metadata_store_pb2.ConnectionConfig:
    if metadata_uri:
        return connection.connection_config(metadata_uri)
    kind = deployment.metadata_connection_config.WhichOneof("connection_config")
    if kind is None:
        raise UsageError(
            f"neither the pipeline nor --metadata nor {connection.URI_VARIABLE} says where ML Metadata is; "
            "try sqlite:///PATH"
        )
    config = getattr(deployment.metadata_connection_config, kind)
    return connection.with_password(config) if kind == "database_connection_config" else config


def _recorded_outcome(handle: metadata.Metadata, node: pipeline_pb2.PipelineNode) -> NodeOutcome:
    """The outcome of the node in this run by ML Metadata; a complete execution outweighs failed ones."""
    from ml_metadata.proto import metadata_store_pb2
    from tfx.orchestration.portable.mlmd import context_lib, execution_lib

    with handle as mlmd:
        contexts = context_lib.prepare_contexts(mlmd, node.contexts)
        executions = execution_lib.get_executions_associated_with_all_contexts(mlmd, contexts)
    states = {execution.last_known_state for execution in executions}
    if metadata_store_pb2.Execution.COMPLETE in states:
        return NodeOutcome.COMPLETE
    if metadata_store_pb2.Execution.CACHED in states:
        return NodeOutcome.CACHED
    return NodeOutcome.FAILED if states else NodeOutcome.SKIPPED
