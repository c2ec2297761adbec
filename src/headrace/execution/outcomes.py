"""What becomes of one element: a result or an error, as data, so that every engine carries both alike.

An engine's own way to report an exception of a worker is a text of many lines, or a type that the submitter lacks.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from headrace.errors import HeadraceError, LedgerError, WorkError
from headrace.execution.plan import Results, Step
from headrace.execution.versions import refuse_others, versions


@dataclass(frozen=True)
class Done:
    """An element's result."""

    result: Any


@dataclass(frozen=True)
class Failed:
    """An element's error, which names the step and the element; and the traceback where it happened."""

    error: HeadraceError
    trace: str

    def throw(self) -> None:
        """Raises the error from its cause; where that stayed in another process, from the text of the traceback."""
        if self.error.__cause__ is None:
            raise self.error from _WorkerError(self.trace)
        raise self.error


Outcome = Done | Failed


class _WorkerError(Exception):
    """The traceback of another process, as text."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


@dataclass(frozen=True)
class Attempt:
    """The work of a step as every engine calls it: element -> `Done` or `Failed`. Can be pickled if the work can."""

    step: str
    work: Callable[[Any], Any]
    describe: Callable[[Any], str]
    versions: Mapping[str, str]

    def __call__(self, item: Any) -> Outcome:
        """Does the work; only what ends the process (KeyboardInterrupt, SystemExit) is raised."""
        try:
            refuse_others(self.versions)
            return Done(self.work(item))
        except Exception as error:
            return failed(error, f"step {self.step!r}, {self.describe(item)}")


def attempt_of(step: Step[Any, Any]) -> Attempt:
    """The attempt at any element of a step, without the elements."""
    return Attempt(step.name, step.work, step.describe, versions())


def failed(error: Exception, where: str) -> Failed:
    """An error with `where` appended; errors of headrace keep their type, others become the cause of a WorkError."""
    trace = traceback.format_exc()
    located = _same_kind(error, where) if isinstance(error, HeadraceError) else None
    if located is None:
        located = WorkError(f"{type(error).__name__}: {error} ({where})")
    located.__cause__ = error
    return Failed(located, trace)


def items_of(step: Step[Any, Any], results: Results) -> list[Any] | Failed:
    """The elements of a step, or why there are none."""
    try:
        return list(step.items(results) if callable(step.items) else step.items)
    except HeadraceError as error:
        return Failed(error, traceback.format_exc())
    except Exception as error:
        return failed(error, f"the elements of step {step.name!r}")


def worker_lost(attempt: Attempt, item: Any) -> WorkError:
    """What to raise where each worker that was given an element died, as it does when its memory is too small."""
    return WorkError(
        f"every worker that was given {attempt.describe(item)} died (step {attempt.step!r}), most likely for lack of "
        "memory: give workers more of it, or make elements smaller (more `buckets`, less `chunk_bytes`)"
    )


def results_of(outcomes: Iterable[Outcome | None]) -> list[Any]:
    """The results of all elements; None stands for one that was not begun, as after a failure of another.

    Raises:
        HeadraceError: the first that failed, in the order of the elements.
        LedgerError: elements came to nothing, and none failed.
    """
    found = list(outcomes)
    for outcome in found:
        if isinstance(outcome, Failed):
            outcome.throw()
    done = [outcome.result for outcome in found if isinstance(outcome, Done)]
    if len(done) < len(found):
        raise LedgerError(f"{len(found) - len(done):,} of {len(found):,} elements were handed to workers and lost")
    return done


def _same_kind(error: HeadraceError, where: str) -> HeadraceError | None:
    """A copy with other words, unless its type is made otherwise than by words."""
    try:
        located = type(error)(f"{error} ({where})")
        located.__dict__.update(error.__dict__)
        pickle.loads(pickle.dumps(located))
    except Exception:
        return None
    return located
