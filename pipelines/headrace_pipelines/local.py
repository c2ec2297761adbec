"""Runs a TFX pipeline in this process, on TFX's BeamDagRunner, and reports what each node did.

    run(pipeline, on_node=print)   ->   [NodeRun(node="IngestRuns", seconds=1.2, outputs={"examples": ...}), ...]

TFX's runner reports no progress, names no Beam runner (so that a current Beam first tries to download one), and treats
a node whose inputs could not be resolved as one that has run. All three are corrected here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tfx.orchestration import metadata
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.beam import beam_dag_runner

from headrace.errors import HeadraceError
from headrace_pipelines.beam_runner import beam_in_this_process
from headrace_pipelines.lineage import NodeRun, read_run


class PipelineFailedError(HeadraceError):
    """A node failed, or did not run at all."""


Status = Literal["started", "finished", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class NodeEvent:
    """A node reached a new status, `seconds` after it started."""

    node: str
    status: Status
    seconds: float = 0.0


Listener = Callable[[NodeEvent], None]


@dataclass(kw_only=True)
class _Run:
    """The state of a run in progress.

    Attributes:
        listener: called with each event.
        run_id: the run's id in ML Metadata, known once a node has started.
        seconds: node id -> how long it took.
        stopped: ids of the nodes whose downstream nodes are skipped.
    """

    listener: Listener
    run_id: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)


_run = _Run(listener=lambda event: None)
"""The run in this process: a global, since Beam pickles the nodes and would give each a copy of an argument."""


class _NodeAsDoFn(beam_dag_runner.PipelineNodeAsDoFn):
    """TFX's node, with events for the listener; it is skipped downstream of a check that stops the pipeline."""

    def _run_node(self) -> None:
        node = self._pipeline_node
        is_report = node.node_info.type.name.endswith(".Report")
        if _run.stopped & set(node.upstream_nodes) and not is_report:
            # Nothing is recorded in ML Metadata, as for a node that a condition of TFX skips.
            _run.stopped.add(self._node_id)
            _run.seconds[self._node_id] = 0.0
            _run.listener(NodeEvent(node=self._node_id, status="skipped"))
            return
        _run.run_id = self._pipeline_runtime_spec.pipeline_run_id.field_value.string_value
        _run.listener(NodeEvent(node=self._node_id, status="started"))
        started = time.monotonic()
        status: Status = "failed"
        try:
            super()._run_node()
            status = "finished"
        finally:
            _run.seconds[self._node_id] = time.monotonic() - started
            _run.listener(NodeEvent(node=self._node_id, status=status, seconds=_run.seconds[self._node_id]))
        if node.parameters.parameters["mode"].field_value.string_value == "skip" and self._is_not_blessed():
            _run.stopped.add(self._node_id)

    def _is_not_blessed(self) -> bool:
        with metadata.Metadata(self._mlmd_connection_config) as mlmd:
            (ran,), _ = read_run(mlmd.store, _run.run_id, {self._node_id: 0.0})
        return ran.blessed == 0


class LocalRunner(beam_dag_runner.BeamDagRunner):
    """TFX's BeamDagRunner, with nodes that report events."""

    _PIPELINE_NODE_DO_FN_CLS = _NodeAsDoFn


def run(pipeline: tfx_pipeline.Pipeline, *, on_node: Listener | None = None) -> list[NodeRun]:
    """Runs every node once, in topological order.

    Args:
        pipeline: any TFX pipeline with an MLMD connection.
        on_node: called when a node starts and ends.

    Returns:
        What each node did, in the order in which the pipeline lists them.

    Raises:
        PipelineFailedError: a node failed, or its inputs could not be resolved; the message names the node and the
            error.
    """
    global _run
    _run = _Run(listener=on_node or (lambda event: None))
    with beam_in_this_process():
        try:
            LocalRunner().run(pipeline)
        except Exception as error:
            last = next(reversed(_run.seconds), "a node")
            raise PipelineFailedError(f"{last} failed: {_root(error)}") from error
    with metadata.Metadata(pipeline.metadata_connection_config) as mlmd:
        listed = {node.id: _run.seconds[node.id] for node in pipeline.components if node.id in _run.seconds}
        runs, failed = read_run(mlmd.store, _run.run_id, listed)
    if failed:
        raise PipelineFailedError(
            f"{', '.join(failed)} failed: an input could not be resolved; "
            "look for an upstream node that published no output"
        )
    return runs


def _root(error: BaseException) -> str:
    # Beam wraps the error of a DoFn in errors of its own: the innermost says what happened.
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"
