"""Reads from ML Metadata what the nodes of a run did: their outputs, and the ledgers and alarms on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ml_metadata.proto import metadata_store_pb2 as mlmd

from headrace.alarms import Alarm, distinct
from headrace.ledger import Ledger

if TYPE_CHECKING:
    from ml_metadata import metadata_store

FAILED = (mlmd.Execution.FAILED, mlmd.Execution.CANCELED)


@dataclass(frozen=True, kw_only=True)
class Output:
    """An output artifact of a node: its URI and its custom properties."""

    uri: str
    properties: Mapping[str, str | int | float]

    @property
    def ledgers(self) -> dict[str, Ledger]:
        """The ledgers that a headrace component recorded, by what they count; none for other components."""
        ledgers = json.loads(str(self.properties.get("ledger", "{}")))
        return {name: Ledger.from_dict(data) for name, data in ledgers.items()}

    @property
    def alarms(self) -> list[Alarm]:
        """The alarms that a headrace component raised; none for other components."""
        return [Alarm.from_dict(alarm) for alarm in json.loads(str(self.properties.get("alarms_json", "[]")))]


@dataclass(frozen=True, kw_only=True)
class NodeRun:
    """What one node did in one run.

    Attributes:
        node: the node's id.
        seconds: how long it took.
        skipped: whether a condition, or a check that did not bless the data, kept it from running.
        outputs: its output artifacts, by the name of the output.
    """

    node: str
    seconds: float
    skipped: bool = False
    outputs: Mapping[str, Output] = field(default_factory=dict)

    @property
    def ledgers(self) -> dict[str, Ledger]:
        """The ledgers on its outputs."""
        return {name: ledger for output in self.outputs.values() for name, ledger in output.ledgers.items()}

    @property
    def alarms(self) -> list[Alarm]:
        """The alarms on its outputs, each once."""
        return distinct(alarm for output in self.outputs.values() for alarm in output.alarms)

    @property
    def blessed(self) -> int | None:
        """The node's verdict on the data, 1 or 0; None if it gives none."""
        verdicts = [int(out.properties["blessed"]) for out in self.outputs.values() if "blessed" in out.properties]
        return min(verdicts) if verdicts else None


def latest_blessed(
    metadata_path: str, node: str, *, key: str = "statistics", spans: int = 1, before_span: int | None = None
) -> list[str]:
    """URIs of the inputs of a SkewCheck node in runs in which it blessed the data, the oldest first.

    They serve as baselines of the next run:

        SkewCheck(..., baseline_uri=next(iter(latest_blessed("metadata.sqlite", "CheckTraining", before_span=18)), ""))

    A span that was run several times counts once, by its last run: if that run was not blessed, the span is no
    baseline.

    Args:
        metadata_path: file of the SQLite database of ML Metadata; the result is empty if it does not exist yet.
        node: id of the SkewCheck node.
        key: the input whose URIs are returned, such as `statistics` or `examples`.
        spans: how many spans to return at most; several make a sliding history.
        before_span: return only spans before this one, so that a span that is run again is not compared with itself.
    """
    import os

    from ml_metadata import metadata_store

    if not os.path.exists(metadata_path):
        return []
    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = metadata_path
    config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READONLY
    store = metadata_store.MetadataStore(config)
    executions = {
        execution.id: execution
        for context in store.get_contexts_by_type("node")
        if context.name.split(".", 1)[1] == node
        for execution in store.get_executions_by_context(context.id)
    }
    found: list[str] = []
    seen: set[int] = set()
    for _, execution in sorted(executions.items(), reverse=True):
        blessed = [out.properties.get("blessed") for out in _outputs(store, execution).values()]
        for uri, span in _inputs(store, execution, key) if blessed else ():
            fits = span not in seen and (before_span is None or span < before_span)
            seen |= {span} if span else set()
            if fits and 1 in blessed and 0 not in blessed and uri not in found:
                found.append(uri)
        if len(found) >= spans:
            break
    return found[:spans][::-1]


def _inputs(store: metadata_store.MetadataStore, execution: mlmd.Execution, key: str) -> list[tuple[str, int]]:
    """URI and span (0 if it has none) of each artifact that a node was given for the input `key`."""
    events = [e for e in store.get_events_by_execution_ids([execution.id]) if e.type == mlmd.Event.INPUT]
    wanted = [e.artifact_id for e in events if e.path.steps[0].key == key]
    artifacts = store.get_artifacts_by_id(wanted) if wanted else []
    return [(a.uri, a.properties["span"].int_value if "span" in a.properties else 0) for a in artifacts]


def read_run(
    store: metadata_store.MetadataStore, run_id: str, seconds: Mapping[str, float]
) -> tuple[list[NodeRun], list[str]]:
    """Reads what the nodes of a run did.

    TFX records nothing for a node that a condition skips: such a node is `skipped` and has no outputs.

    Args:
        store: an `ml_metadata.MetadataStore`.
        run_id: the id of the pipeline run, which is the name of its context.
        seconds: node id -> how long it took; the nodes to read.

    Returns:
        The nodes that did not fail, in the order of `seconds`, and the ids of those that failed.
    """
    context = store.get_context_by_type_and_name("pipeline_run", run_id)
    executions = {_node_of(store, e): e for e in store.get_executions_by_context(context.id)} if context else {}
    failed = [node for node in seconds if node in executions and executions[node].last_known_state in FAILED]
    runs = [
        NodeRun(
            node=node,
            seconds=took,
            skipped=node not in executions,
            outputs=_outputs(store, executions[node]) if node in executions else {},
        )
        for node, took in seconds.items()
        if node not in failed
    ]
    return runs, failed


def _node_of(store: metadata_store.MetadataStore, execution: mlmd.Execution) -> str:
    contexts = store.get_contexts_by_execution(execution.id)
    name = next(context.name for context in contexts if context.type == "node")
    return name.split(".", 1)[1]


def _outputs(store: metadata_store.MetadataStore, execution: mlmd.Execution) -> dict[str, Output]:
    events = [e for e in store.get_events_by_execution_ids([execution.id]) if e.type == mlmd.Event.OUTPUT]
    artifacts = {a.id: a for a in store.get_artifacts_by_id([e.artifact_id for e in events])} if events else {}
    return {
        event.path.steps[0].key: Output(
            uri=artifacts[event.artifact_id].uri, properties=_plain(artifacts[event.artifact_id].custom_properties)
        )
        for event in events
    }


def _plain(properties: Mapping[str, mlmd.Value]) -> dict[str, str | int | float]:
    return {name: getattr(value, value.WhichOneof("value")) for name, value in properties.items()}
