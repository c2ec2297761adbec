"""Resources and settings of nodes on a cluster: cores, memory, retries, and whatever `kfp-kubernetes` sets.

from kfp import kubernetes

def with_password(task):
    kubernetes.use_secret_as_env(task, "runs-db", {"password": "PGPASSWORD"})

settings = {
    "*": NodeSettings(memory="2Gi", retries=2),
    "IngestRuns": NodeSettings(cpu=2, memory="8Gi", kubernetes=with_password),
}
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from headrace.errors import UsageError

EVERY_NODE = "*"
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_MEMORY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(|[KMGT]i?)")


@dataclass(kw_only=True)
class KubernetesTask:
    """Stands in for a task of the KFP SDK in calls of `kfp.kubernetes`: those read and write this attribute only."""

    platform_config: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NodeSettings:
    """Settings of one node; None keeps what the pipeline says, or the default of the cluster.

    Attributes:
        cpu: cores that the node may use, above 0.
        memory: memory that the node may use, such as "2Gi" or "500M".
        retries: how often the node is tried again when it failed, 0 or more.
        cache: whether the node may take over the result of an earlier run with equal inputs.
        image: container image of this node, instead of the pipeline's.
        kubernetes: a function that is called with a task and may call any function of `kfp.kubernetes` on it: secrets,
            volumes, node selectors, tolerations. The compiled pipeline names secrets and does not contain them.

    Raises:
        UsageError: a value is outside of its range.
    """

    cpu: float | None = None
    memory: str | None = None
    retries: int | None = None
    cache: bool | None = None
    image: str | None = None
    kubernetes: Callable[[Any], object] | None = None

    def __post_init__(self) -> None:
        if self.cpu is not None and not self.cpu > 0:
            raise UsageError(f"cpu must be a number of cores above 0, got {self.cpu!r}")
        if self.memory is not None and not (isinstance(self.memory, str) and _MEMORY.fullmatch(self.memory)):
            raise UsageError(f"memory must be like '2Gi' or '500M', got {self.memory!r}")
        if self.retries is not None and (not isinstance(self.retries, int) or self.retries < 0):
            raise UsageError(f"retries must be a whole number from 0, got {self.retries!r}")

    @property
    def memory_gb(self) -> float | None:
        """Memory in units of 10^9 bytes, as a pipeline spec counts it."""
        parts = _MEMORY.fullmatch(self.memory or "")
        return float(parts[1]) * _UNITS[parts[2]] / 10**9 if parts else None

    def with_defaults(self, defaults: NodeSettings) -> NodeSettings:
        """These settings, completed from `defaults` where they are None."""
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        return NodeSettings(
            **{name: getattr(defaults, name) if value is None else value for name, value in own.items()}
        )
