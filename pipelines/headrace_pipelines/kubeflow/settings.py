"""What a node asks of the cluster: size, retries, and whatever `kfp-kubernetes` can set, such as secrets.

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
from dataclasses import dataclass, field
from typing import Any

from headrace.errors import UsageError

EVERY_NODE = "*"
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_MEMORY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(|[KMGT]i?)")


@dataclass(kw_only=True)
class Task:
    """What the functions of `kfp.kubernetes` take for a task of the KFP SDK: they read and write this dict."""

    platform_config: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NodeSettings:
    """Settings of one node; None leaves what the pipeline or the cluster says.

    Attributes:
        cpu: cores it may use, above 0.
        memory: memory it may use, such as "2Gi" or "500M".
        retries: how often a failed node is tried again, 0 or more.
        cache: whether a result of equal inputs is taken over from an earlier run.
        image: an image of its own.
        kubernetes: called with a `Task`, for any function of `kfp.kubernetes`: secrets, volumes, node selectors,
            tolerations. Secrets stand in the YAML by name only.

    Raises:
        UsageError: a value is not as above.
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
        if self.memory is not None and not _MEMORY.fullmatch(str(self.memory)):
            raise UsageError(f"memory must be like '2Gi' or '500M', got {self.memory!r}")
        if self.retries is not None and (not isinstance(self.retries, int) or self.retries < 0):
            raise UsageError(f"retries must be a whole number from 0, got {self.retries!r}")

    @property
    def memory_gb(self) -> float | None:
        """Memory in units of 10^9 bytes, as a pipeline spec counts it."""
        if self.memory is None:
            return None
        number, unit = _MEMORY.fullmatch(self.memory).groups()  # type: ignore[union-attr] # checked when made
        return float(number) * _UNITS[unit] / 10**9

    def over(self, other: NodeSettings) -> NodeSettings:
        """These settings, with those of `other` where these say nothing."""
        merged = {
            name: getattr(other, name) if getattr(self, name) is None else getattr(self, name)
            for name in self.__dataclass_fields__
        }
        return NodeSettings(**merged)
