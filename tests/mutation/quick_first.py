"""A plugin of pytest for `make mutants`: the quickest tests run first, since the first failure ends a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

STATS = Path("mutmut-stats.json")
"""What mutmut measured, in the directory that it runs tests in."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts by the measured time; before it was measured, tests stay as they are.

    Raises:
        UsageError: a test would not be found again. mutmut collects tests twice in one process, and pytest keeps the
            ids of a `parametrize` with `ids` between: escaped once more, a backslash is two.
    """
    for item in items:
        if "\\" in item.name and any("ids" in mark.kwargs for mark in item.iter_markers("parametrize")):
            raise pytest.UsageError(f"{item.nodeid}: expected `ids` without backslashes and line ends")
    if STATS.exists():
        took = json.loads(STATS.read_text())["duration_by_test"]
        items.sort(key=lambda item: took.get(item.nodeid, 0.0))
