"""What holds for all tests: their examples, their order, and which of them share a process."""

import contextlib
import gc
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from example_counts import load_profiles

from headrace.execution.heap import frozen_heap

load_profiles()
gc.disable()  # until all tests are collected: there is no garbage yet, only a million objects that stay

SLOW = ("tfx", "beam")
"""Marks of what is slow to start, the slowest first."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where no test of TFX is wanted, files that have no others are not even imported: that alone is slow."""
    if config.option.markexpr.startswith("not tfx") and collection_path.suffix == ".py":
        return "\npytestmark = pytest.mark.tfx\n" in collection_path.read_text() or None
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first; under xdist, tests that share a costly fixture run in the one process that makes it."""
    for item in items:
        shared = _shared(item)
        if shared:
            item.add_marker(pytest.mark.xdist_group(shared))
    # What is long and in one piece starts first among its like, so that no process waits for the other at the end.
    items.sort(key=lambda item: (_slowness(item), item.get_closest_marker("xdist_group") is None))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Checks that xdist groups the tests, and keeps the garbage collector off what stays: all tests, and all modules.

    pyarrow looks through the objects that the collector knows whenever it catches an error.
    """
    if getattr(session.config.option, "loadgroup", False):  # set in each process of xdist's
        shared = [item.nodeid for item in session.items if item.get_closest_marker("xdist_group")]
        # xdist writes the group behind the name. With other versions of pytest it does so in vain, without a word.
        assert all("@" in name for name in shared), "this pytest and this xdist keep no group in one process"
    gc.enable()
    gc.collect()
    stack = contextlib.ExitStack()
    stack.enter_context(frozen_heap())
    session.config.add_cleanup(stack.close)


def _slowness(item: pytest.Item) -> int:
    return max((len(SLOW) - place for place, mark in enumerate(SLOW) if item.get_closest_marker(mark)), default=0)


def _shared(item: pytest.Item) -> str:
    """Where the widest fixture stands that `item` shares: "tests/e2e", "tests/docs/test_docs.py"; or ""."""
    used = getattr(item, "_fixtureinfo", None)
    found = [found[-1] for found in used.name2fixturedefs.values()] if used else []
    places = [one.baseid for one in found if one.baseid and one.scope != "function"]
    return min(places, key=len, default="")


@pytest.fixture(autouse=True)
def _tfx_is_marked(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that loads TensorFlow says so: it would be missed, or slow, where only the core is tested."""
    loaded = "tensorflow" in sys.modules
    yield
    if not loaded and not request.node.get_closest_marker("tfx"):
        assert "tensorflow" not in sys.modules, "this test imports TensorFlow: mark it with pytest.mark.tfx"


@pytest.fixture(autouse=True)
def _log_ends_with_its_test() -> Iterator[None]:
    """A command that sets up logging does so for a process of its own: here, its stream is closed after the test."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in list(root.handlers):
        if type(handler) is logging.StreamHandler and handler not in before:
            root.removeHandler(handler)
            root.setLevel(level)
