"""The input of every adapter, and the constants that the Python files they write begin with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pprint import pformat

from headrace_pipelines.nodes.ir import Dag


@dataclass(frozen=True, kw_only=True)
class Target:
    """A pipeline, and how an orchestrator runs its nodes.

    Attributes:
        dag: the pipeline's nodes and parameters.
        command: the words of the command that starts headrace where nodes run, such as ("/opt/headrace/bin/headrace",).
        retries: how often a failed node is tried again, 0 or more.
        schedule: when the orchestrator starts runs by itself, in its own notation; None for never.
        defaults: values of parameters, which replace the pipeline's own defaults.
    """

    dag: Dag
    command: tuple[str, ...] = ("headrace",)
    retries: int = 1
    schedule: str | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, str | None]:
        """Parameter -> its default as text; None if a run must give a value."""
        own = {name: None if value is None else str(value) for name, value in self.dag.parameters.items()}
        return {**own, **self.defaults}


def python_constants(target: Target, *, schedule: bool = False) -> str:
    """Python code that defines the pipeline as constants: `PIPELINE`, `NODES`, `PARAMETERS`, `COMMAND`, `RETRIES`."""
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
