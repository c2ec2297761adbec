"""What ML Metadata recorded of a run: node by node, what came out of it and what its ledgers say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as mlmd

from headrace.alarms import Alarm, distinct
from headrace.ledger import Ledger

FAILED = (mlmd.Execution.FAILED, mlmd.Execution.CANCELED)


@dataclass(frozen=True, kw_only=True)
class Output:
    """An artifact: where it is, and its custom properties."""

    uri: str
    properties: Mapping[str, Any]

    @property
    def ledgers(self) -> dict[str, Ledger]:
        """The ledgers that a headrace component wrote down, by what they count."""
        return {name: Ledger.from_dict(data) for name, data in json.loads(self.properties.get("ledger", "{}")).items()}

    @property
    def alarms(self) -> list[Alarm]:
        """The alarms that a headrace component wrote down."""
        return [Alarm.from_dict(alarm) for alarm in json.loads(self.properties.get("alarms_json", "[]"))]


@dataclass(frozen=True, kw_only=True)
class NodeRun:
    """One node of one run."""

    node: str
    seconds: float
    skipped: bool = False
    outputs: Mapping[str, Output] = field(default_factory=dict)

    @property
    def ledgers(self) -> dict[str, Ledger]:
        """The ledgers of its outputs."""
        return {name: ledger for output in self.outputs.values() for name, ledger in output.ledgers.items()}

    @property
    def alarms(self) -> list[Alarm]:
        """The alarms of its outputs, each once."""
        return distinct(alarm for output in self.outputs.values() for alarm in output.alarms)

    @property
    def blessed(self) -> int | None:
        """1 or 0 where the node gives a verdict, else None."""
        verdicts = [out.properties["blessed"] for out in self.outputs.values() if "blessed" in out.properties]
        return min(verdicts) if verdicts else None


def latest_blessed(
    metadata_path: str, node: str, *, key: str = "statistics", spans: int = 1, before_span: int | None = None
) -> list[str]:
    """URIs of what a SkewCheck node was given when it last blessed the data, the oldest first: baselines to come.

        SkewCheck(..., baseline_uri=next(iter(latest_blessed("metadata.sqlite", "CheckTraining", before_span=18)), ""))

    A span that was run again counts once, as it was run last: if that was not blessed, it is no baseline.

    Args:
        metadata_path: file of the SQLite database of ML Metadata; one that is not there yet has blessed nothing.
        node: id of the SkewCheck node.
        key: which of its inputs is wanted, such as `statistics` or `examples`.
        spans: at most so many, for a sliding history.
        before_span: only spans before this one: a span that is run again is not compared with itself.
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


def _inputs(store: Any, execution: mlmd.Execution, key: str) -> list[tuple[str, int]]:
    """URI and span (0 where it has none) of what a node was given."""
    events = [e for e in store.get_events_by_execution_ids([execution.id]) if e.type == mlmd.Event.INPUT]
    wanted = [e.artifact_id for e in events if e.path.steps[0].key == key]
    artifacts = store.get_artifacts_by_id(wanted) if wanted else []
    return [(a.uri, a.properties["span"].int_value if "span" in a.properties else 0) for a in artifacts]


def read_run(store: Any, run_id: str, seconds: Mapping[str, float]) -> tuple[list[NodeRun], list[str]]:
    """What the nodes of a run gave, in the order of `seconds` (node -> duration), and the names of those that failed.

    TFX records nothing of a node that a condition skips: it is `skipped`, and gave nothing.

    Args:
        store: an `ml_metadata.MetadataStore`.
        run_id: the pipeline run's id, which is the name of its context.
        seconds: how long each node took.
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


def _node_of(store: Any, execution: mlmd.Execution) -> str:
    contexts = store.get_contexts_by_execution(execution.id)
    name = next(context.name for context in contexts if context.type == "node")
    return name.split(".", 1)[1]


def _outputs(store: Any, execution: mlmd.Execution) -> dict[str, Output]:
    events = [e for e in store.get_events_by_execution_ids([execution.id]) if e.type == mlmd.Event.OUTPUT]
    artifacts = {a.id: a for a in store.get_artifacts_by_id([e.artifact_id for e in events])} if events else {}
    return {
        event.path.steps[0].key: Output(
            uri=artifacts[event.artifact_id].uri, properties=_plain(artifacts[event.artifact_id].custom_properties)
        )
        for event in events
    }


def _plain(properties: Mapping[str, mlmd.Value]) -> dict[str, Any]:
    return {name: getattr(value, value.WhichOneof("value")) for name, value in properties.items()}
