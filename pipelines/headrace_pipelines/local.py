"""Runs a TFX pipeline in this process, on TFX's BeamDagRunner, and says what each node did.

    run(pipeline, on_node=print)   ->   [NodeRun(node="IngestRuns", seconds=1.2, outputs={"examples": ...}), ...]

TFX's runner is silent while it works, names no Beam runner (so that a current Beam first tries to download one), and
takes a node whose inputs could not be resolved for one that has run. All three are mended here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tfx.orchestration import metadata
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.beam import beam_dag_runner

from headrace.errors import HeadraceError
from headrace_pipelines.beam_runner import beam_in_this_process
from headrace_pipelines.lineage import NodeRun, read_run


class PipelineFailedError(HeadraceError):
    """A node failed, or did not run at all."""


@dataclass(frozen=True, kw_only=True)
class NodeEvent:
    """A node `started`, `finished`, `failed` or was `skipped`, `seconds` after it started."""

    node: str
    what: str
    seconds: float = 0.0


Listener = Callable[[NodeEvent], None]


@dataclass(kw_only=True)
class _Run:
    """A run under way: whom to tell, its id in ML Metadata, and how long each node took."""

    listener: Listener
    run_id: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)


_run = _Run(listener=lambda event: None)
"""The run in this process. Beam pickles the nodes, so they can't be handed it."""


class _NodeAsDoFn(beam_dag_runner.PipelineNodeAsDoFn):
    """TFX's node, which tells the listener."""

    def _run_node(self) -> None:
        node = self._pipeline_node
        is_report = node.node_info.type.name.endswith(".Report")
        if _run.stopped & set(node.upstream_nodes) and not is_report:
            # As TFX does for a node under a condition: nothing is recorded of it.
            _run.stopped.add(self._node_id)
            _run.seconds[self._node_id] = 0.0
            _run.listener(NodeEvent(node=self._node_id, what="skipped"))
            return
        _run.run_id = self._pipeline_runtime_spec.pipeline_run_id.field_value.string_value
        _run.listener(NodeEvent(node=self._node_id, what="started"))
        started = time.monotonic()
        what = "failed"
        try:
            super()._run_node()
            what = "finished"
        finally:
            _run.seconds[self._node_id] = time.monotonic() - started
            _run.listener(NodeEvent(node=self._node_id, what=what, seconds=_run.seconds[self._node_id]))
        if node.parameters.parameters["mode"].field_value.string_value == "skip" and self._is_not_blessed():
            _run.stopped.add(self._node_id)

    def _is_not_blessed(self) -> bool:
        with metadata.Metadata(self._mlmd_connection_config) as mlmd:
            (ran,), _ = read_run(mlmd.store, _run.run_id, {self._node_id: 0.0})
        return ran.blessed == 0


class LocalRunner(beam_dag_runner.BeamDagRunner):
    """TFX's BeamDagRunner with listening nodes."""

    _PIPELINE_NODE_DO_FN_CLS = _NodeAsDoFn


def run(pipeline: tfx_pipeline.Pipeline, *, on_node: Listener | None = None) -> list[NodeRun]:
    """Runs every node once, in topological order.

    Args:
        pipeline: any TFX pipeline with an MLMD connection.
        on_node: called when a node starts and ends.

    Returns:
        What each node did, in the order in which the pipeline lists them; a node may be skipped by a condition.

    Raises:
        PipelineFailedError: a node failed, or its inputs could not be resolved; the message has its name and error.
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
            "look for an upstream node that published nothing"
        )
    return runs


def _root(error: BaseException) -> str:
    # Beam wraps a DoFn's error in its own, with the traceback as text: the last line of the innermost is what happened.
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"
