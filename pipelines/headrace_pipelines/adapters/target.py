"""What every adapter is told, and the lines that the files of all of them begin with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pprint import pformat

from headrace_pipelines.nodes.ir import Dag


@dataclass(frozen=True, kw_only=True)
class Target:
    """A pipeline and how its nodes are started.

    Attributes:
        dag: its nodes and parameters.
        command: words that start headrace where nodes run, such as ("/opt/headrace/bin/headrace",).
        retries: how often a failed node is tried again, 0 or more.
        schedule: when the orchestrator starts it by itself, in its own words; None is never.
        defaults: values of parameters, before those of the pipeline.
    """

    dag: Dag
    command: tuple[str, ...] = ("headrace",)
    retries: int = 1
    schedule: str | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, str | None]:
        """The pipeline's parameters with their defaults as text; None must be given when a run starts."""
        own = {name: None if value is None else str(value) for name, value in self.dag.parameters.items()}
        return {**own, **self.defaults}


def constants(target: Target, *, schedule: bool = False) -> str:
    """The pipeline as Python constants."""
    values = {
        "PIPELINE": target.dag.name,
        "NODES": {node: list(upstream) for node, upstream in target.dag.nodes.items()},
        "PARAMETERS": target.parameters,
        "COMMAND": list(target.command),
        "RETRIES": target.retries,
        **({"SCHEDULE": target.schedule} if schedule else {}),
    }
    return "\n".join(f"{name} = {_python(value)}" for name, value in values.items())


def _python(value: object) -> str:
    return json.dumps(value) if isinstance(value, str) else pformat(value, width=110, sort_dicts=False)
