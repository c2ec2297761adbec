"""Engines that every area's plan is held to: all that there are, and two that do what clusters do to attempts.

    @pytest.mark.parametrize("name", ENGINES)
    def test_bytes_are_the_same(name, tmp_path):
        with engine_under_test(name) as engine:
            run(tmp_path, engine=engine)
        assert digests(tmp_path) == ...

`twice` and `killed` are what makes an area's rule of attempts a law: work is pure, and writes whole under a name that
its element decides.
"""

from __future__ import annotations

import functools
import multiprocessing
import pickle
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from execution.killed_attempts import survives

from headrace.execution import Engine, Observer, Plan, Results, Step, engine_named, engine_of
from headrace.execution.executor import Tell, run_by_step
from headrace.execution.outcomes import Attempt, Done, Outcome, attempt_of

BEAM = pytest.param("beam", marks=pytest.mark.beam)
ENGINES = ("threads:1", "threads:4", "processes", BEAM, "twice", "killed")


@contextmanager
def engine_under_test(name: str) -> Iterator[Engine]:
    """The engine of a name in `ENGINES`."""
    if name == "processes":
        yield engine_of(two_processes())
    elif name == "twice":
        yield Twice()
    elif name == "killed":
        yield KilledHalfway()
    else:
        yield engine_named(name)


@functools.cache
def two_processes() -> ProcessPoolExecutor:
    """A pool that all tests share, since to start one takes long; its processes see nothing that a test changes."""
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("forkserver"))


@dataclass(frozen=True)
class Twice:
    """Runs each element twice at the same time, and two elements at once; the results of both must be equal."""

    def run(self, plan: Plan, observe: Observer | None = None) -> Results:
        return run_by_step(plan, self._run_step, observe)

    def _run_step(self, step: Step[Any, Any], items: Sequence[Any], tell: Tell) -> list[Outcome | None]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(functools.partial(_twice, attempt_of(step)), items))


def _twice(attempt: Attempt, item: Any) -> Outcome:
    start = threading.Barrier(2)

    def one(copy: Any) -> Outcome:
        start.wait(60)
        return attempt(copy)

    with ThreadPoolExecutor(2) as pool:
        # Each attempt gets an element of its own, as on two machines.
        first, second = pool.map(one, [pickle.loads(pickle.dumps(item)) for _ in range(2)])
    if isinstance(first, Done) and isinstance(second, Done):
        left, right = pickle.dumps(first.result), pickle.dumps(second.result)
        assert first == second or left == right, f"two attempts at {attempt.describe(item)} gave two results"
    return first


@dataclass(frozen=True)
class KilledHalfway:
    """Before each element is worked on, attempts at it are killed (SIGKILL), each a little later than the one before.

    An attempt is a process of its own. It is killed right before it changes the file system for the first time (opens a
    file for writing, renames, removes), then right after that, then before the second time, and so on, `kills` times.
    Then one attempt is left in peace.
    """

    kills: int = 4

    def run(self, plan: Plan, observe: Observer | None = None) -> Results:
        return run_by_step(plan, self._run_step, observe)

    def _run_step(self, step: Step[Any, Any], items: Sequence[Any], tell: Tell) -> list[Outcome | None]:
        return [self._after_kills(attempt_of(step), item) for item in items]

    def _after_kills(self, attempt: Attempt, item: Any) -> Outcome:
        # Until one survives: it changes the file system fewer times.
        any(survives(attempt, item, kill_at=kill_at) for kill_at in range(self.kills))
        return attempt(item)
