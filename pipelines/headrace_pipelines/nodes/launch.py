"""Runs one node of a compiled pipeline in this process, with its state in ML Metadata.

    launch(read_ir("pipeline.json"), node="Stats", run_id="2026-03-03")   ->   Outcome.COMPLETE

TFX's launcher returns without an error when a node's inputs can't be resolved, so what counts is the execution's state
that it left. A node that is complete in this run is not run again.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Mapping
from typing import Any

from headrace.errors import UsageError
from headrace_pipelines.beam_runner import beam_in_this_process
from headrace_pipelines.nodes import connection, ir

log = logging.getLogger("headrace")


class Outcome(enum.Enum):
    """How a node ended."""

    COMPLETE = "complete"
    ALREADY = "already complete"
    CACHED = "complete, from the cache"
    SKIPPED = "skipped: its condition does not hold"
    FAILED = "failed"
    UNRESOLVED = "failed: its inputs could not be resolved; look for an upstream node that published nothing"

    @property
    def good(self) -> bool:
        """Whether what waits for the node may go on."""
        return self not in (Outcome.FAILED, Outcome.UNRESOLVED)


def launch(
    pipeline: Any,
    *,
    node: str,
    run_id: str,
    parameters: Mapping[str, str] | None = None,
    metadata_uri: str | None = None,
) -> Outcome:
    """Runs a node, unless it is complete in this run already.

    Args:
        pipeline: a `pipeline_pb2.Pipeline`, as `read_ir` gives it; it is changed.
        node: the node's id.
        run_id: the same for all nodes of a run; another one is another run.
        parameters: values of runtime parameters, as text.
        metadata_uri: where ML Metadata is, instead of where the pipeline says.

    Raises:
        UsageError: there is no such node, a parameter is unknown, missing or of another type, or nobody says where ML
            Metadata is.
    """
    from tfx.orchestration import metadata
    from tfx.orchestration.local import runner_utils
    from tfx.orchestration.portable import launcher

    chosen = _node(pipeline, node)
    if not run_id:
        raise UsageError("a run needs an id: the same for all of its nodes, and another one for another run")
    _bind(pipeline, run_id, parameters or {})
    deployment = runner_utils.extract_local_deployment_config(pipeline)
    config = _connection(deployment, metadata_uri)
    handle = metadata.Metadata(config)
    if _state(handle, chosen) in (Outcome.COMPLETE, Outcome.CACHED):
        return Outcome.ALREADY
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
        except Exception:  # whatever an executor raises: the node has failed
            log.exception("%s failed", node)
            raised = True
    state = _state(handle, chosen)
    if raised:
        return Outcome.FAILED
    return Outcome.UNRESOLVED if state is Outcome.FAILED else state


def _node(pipeline: Any, node: str) -> Any:
    nodes = {one.pipeline_node.node_info.id: one.pipeline_node for one in pipeline.nodes}
    if node not in nodes:
        raise UsageError(f"the pipeline has no node {node!r}; it has: {', '.join(nodes)}")
    return nodes[node]


def _bind(pipeline: Any, run_id: str, given: Mapping[str, str]) -> None:
    from google.protobuf import json_format
    from tfx.orchestration.portable import runtime_parameter_utils

    declared = {
        one["name"]: one.get("type", "STRING")
        for one in ir.runtime_parameters(json_format.MessageToDict(pipeline))
        if one["name"] != ir.RUN_ID
    }
    unknown = sorted(set(given) - set(declared))
    if unknown:
        names = ", ".join(sorted(declared))
        raise UsageError(f"the pipeline has no parameter {', '.join(unknown)}; it has: {names}")
    values = {name: _typed(name, value, declared[name]) for name, value in given.items()}
    bound = runtime_parameter_utils.substitute_runtime_parameter(pipeline, {ir.RUN_ID: run_id, **values})
    missing = sorted(name for name, value in bound.items() if value is None)
    if missing:
        raise UsageError(f"no value is given for {', '.join(missing)}; use --set {missing[0]}=VALUE")


def _typed(name: str, value: str, kind: str) -> str | int | float:
    try:
        return int(value) if kind == "INT" else float(value) if kind == "DOUBLE" else value
    except ValueError as error:
        raise UsageError(f"parameter {name} must be of type {kind}, got {value!r}") from error


def _connection(deployment: Any, metadata_uri: str | None) -> Any:
    if metadata_uri:
        return connection.connection_of(metadata_uri)
    kind = deployment.metadata_connection_config.WhichOneof("connection_config")
    if kind is None:
        raise UsageError(
            f"neither the pipeline nor --metadata nor {connection.VARIABLE} says where ML Metadata is; "
            "try sqlite:///PATH"
        )
    found = getattr(deployment.metadata_connection_config, kind)
    return connection.with_password(found) if kind == "database_connection_config" else found


def _state(handle: Any, node: Any) -> Outcome:
    """What ML Metadata says of the node in this run; a failed execution beside a complete one counts nothing."""
    from ml_metadata.proto import metadata_store_pb2
    from tfx.orchestration.portable.mlmd import context_lib, execution_lib

    with handle as mlmd:
        contexts = context_lib.prepare_contexts(mlmd, node.contexts)
        executions = execution_lib.get_executions_associated_with_all_contexts(mlmd, contexts)
    states = {one.last_known_state for one in executions}
    if metadata_store_pb2.Execution.COMPLETE in states:
        return Outcome.COMPLETE
    if metadata_store_pb2.Execution.CACHED in states:
        return Outcome.CACHED
    return Outcome.FAILED if states else Outcome.SKIPPED
