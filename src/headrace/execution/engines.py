"""Engines by name. An engine is an object with one method, `run(plan) -> results`.

engine_named("threads:4").run(plan)
engine_of(None)                    what HEADRACE_ENGINE names, else threads
engine_of(ProcessPoolExecutor())   any executor of concurrent.futures, also Dask's `client.get_executor()`
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor
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
_MAKERS: dict[str, tuple[str, Maker]] = {}


def register(name: str, form: str, make: Maker) -> None:
    """Adds an engine: `make` is called with what the user wrote, `name`, `name:...` or `name://...`.

    Args:
        name: letters up to the first colon.
        form: how it is written, for those who ask: `threads or threads:4`.
        make: gives the engine; imports what it needs, and raises UsageError where the text is not valid.
    """
    _MAKERS[name] = (form, make)


def engine_named(text: str) -> Engine:
    """The engine of a name.

    Raises:
        UsageError: there is no such engine, or it needs a package that is not installed.
    """
    name = text.split(":", 1)[0]
    if name not in _MAKERS:
        raise UsageError(f"there is no engine {text!r}: expected {'; '.join(form for form, _ in _MAKERS.values())}")
    try:
        return _MAKERS[name][1](text)
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
    if text != "threads" and not (number.isdecimal() and int(number)):
        raise UsageError(f"engine {text!r}: expected threads, or threads:4 with a whole number above 0")
    return Threads(int(number) if number else None)


def _beam(text: str) -> Engine:
    from headrace.execution.beam import Beam

    if text != "beam":
        raise UsageError(f"engine {text!r}: expected beam; its options are beam_pipeline_args")
    return Beam()


register("threads", "threads or threads:4 (this process)", _threads)
register("beam", "beam (with beam_pipeline_args)", _beam)
