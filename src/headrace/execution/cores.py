"""How many cores this process may use: the number of threads that work on partitions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from headrace.errors import UsageError

VARIABLE = "HEADRACE_CORES"


def cores() -> int:
    """`HEADRACE_CORES` where it is set (several workers share a machine), else what the process may run on.

    Raises:
        UsageError: `HEADRACE_CORES` is not a whole number above 0.
    """
    setting = os.environ.get(VARIABLE)
    if setting is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not setting.isdecimal() or not int(setting):
        raise UsageError(f"{VARIABLE} must be a whole number above 0, got {setting!r}")
    return int(setting)


@contextmanager
def limited_to(count: int | None) -> Iterator[None]:
    """Inside the block this process uses `count` cores; None changes nothing."""
    before = os.environ.get(VARIABLE)
    try:
        if count is not None:
            os.environ[VARIABLE] = str(count)
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before
