"""A plugin of pytest for `make mutants`: the quickest tests run first, since the first failure ends a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

STATS = Path("mutmut-stats.json")
"""What mutmut measured, in the directory that it runs tests in."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts by the measured time; before it was measured, tests stay as they are."""
    if STATS.exists():
        took = json.loads(STATS.read_text())["duration_by_test"]
        items.sort(key=lambda item: took.get(item.nodeid, 0.0))
