"""Engines by name. An engine is an object with one method, `run(plan) -> results`.

engine_named("threads:4").run(plan)
engine_of(None)                    what HEADRACE_ENGINE names, else threads
engine_of(ProcessPoolExecutor())   any executor of concurrent.futures, also Dask's `client.get_executor()`
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from headrace.errors import UsageError
from headrace.execution.plan import Plan, Results

VARIABLE = "HEADRACE_ENGINE"
DEFAULT = "threads"

Observer = Callable[[str, int, int], None]
"""Called in the thread of `run` with a step's name, and how many of its elements are done, and of how many."""


@runtime_checkable
class Engine(Protocol):
    """What runs a plan."""

    def run(self, plan: Plan, observe: Observer | None = None) -> Results:
        """Runs the steps one after the other; gives their results by name, in the order of the elements.

        After an element fails no new element starts, except those already handed to workers. An interrupt
        (KeyboardInterrupt) cancels what has not started, waits for what runs, and is raised.

        Raises:
            HeadraceError: of the type that the work raised, with the step and the element in words.
            WorkError: the work raised something else, which is the cause; or its workers died.
        """
        ...


Maker = Callable[[str], Engine]


@dataclass(frozen=True)
class _Kind:
    form: str
    pattern: str
    make: Maker


_KINDS: dict[str, _Kind] = {}


def register(name: str, form: str, pattern: str, make: Maker) -> None:
    """Adds an engine.

    Args:
        name: letters up to the first colon; also the extra of headrace that installs what the engine needs.
        form: how it is written, for those who ask: `threads or threads:4`.
        pattern: a regular expression that all of the text must match.
        make: gives the engine that such a text names; imports what it needs.
    """
    _KINDS[name] = _Kind(form, pattern, make)


def refuse_unknown(text: str) -> None:
    """Refuses what names no engine; imports nothing, so it works where the engine is not installed.

    Raises:
        UsageError: there is no such engine; lists those that there are.
    """
    kind = _KINDS.get(text.split(":", 1)[0])
    if kind is None or not re.fullmatch(kind.pattern, text):
        forms = "; ".join(kind.form for kind in _KINDS.values())
        raise UsageError(f"there is no engine {text!r}: expected {forms}")


def engine_named(text: str) -> Engine:
    """The engine of a name.

    Raises:
        UsageError: there is no such engine, or it needs a package that is not installed.
    """
    refuse_unknown(text)
    name = text.split(":", 1)[0]
    try:
        return _KINDS[name].make(text)
    except ImportError as error:
        raise UsageError(f"engine {text!r} needs a package: pip install 'headrace[{name}]' ({error})") from error


def engine_of(engine: Engine | Executor | str | None = None) -> Engine:
    """The engine that is meant by an engine, an executor, or a name; None: by HEADRACE_ENGINE, or `threads`.

    Raises:
        UsageError: of `engine_named`, or it is none of these.
    """
    if engine is None:
        engine = os.environ.get(VARIABLE) or DEFAULT
    if isinstance(engine, str):
        return engine_named(engine)
    if isinstance(engine, Executor):
        from headrace.execution.executor import OnExecutor

        return OnExecutor(engine)
    if isinstance(engine, Engine):
        return engine
    raise UsageError(f"expected an engine, its name, or a concurrent.futures.Executor, got {type(engine).__name__}")


def _threads(text: str) -> Engine:
    from headrace.execution.threads import Threads

    number = text.partition(":")[2]
    return Threads(int(number) if number else None)


def _beam(text: str) -> Engine:
    from headrace.execution.beam import Beam

    return Beam()


def _dask(text: str) -> Engine:
    from headrace.execution.dask import Dask

    return Dask(text.replace("dask://", "tcp://"))


def _spark(text: str) -> Engine:
    from headrace.execution.spark import Spark

    return Spark(text if "//" in text else text.partition(":")[2] or None)


register("threads", "threads or threads:4 (this process)", r"threads(:[1-9]\d*)?", _threads)
register("beam", "beam (this process; in a pipeline, what beam_pipeline_args name)", "beam", _beam)
register("dask", "dask://host:8786 (a Dask scheduler)", r"dask://[^/]+:\d+", _dask)
register(
    "spark",
    "spark://host:7077, spark:local[4] or spark (the session that is there)",
    r"spark(://[^/]+:\d+|:local(\[[\d*]+\])?)?",
    _spark,
)
