"""A plan on any `concurrent.futures.Executor`: processes, Dask's `client.get_executor()`, others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, as_completed, wait
from dataclasses import dataclass
from pickle import PicklingError
from typing import Any

from headrace.errors import HeadraceError, UsageError, WorkError
from headrace.execution.engines import Observer
from headrace.execution.outcomes import Failed, Outcome, attempt_of, items_of, results_of
from headrace.execution.plan import Plan, Results, Step

Tell = Callable[[int], None]
RunStep = Callable[[Step[Any, Any], Sequence[Any], Tell], Sequence[Outcome | None]]


@dataclass(frozen=True)
class OnExecutor:
    """An executor that the caller made and shuts down.

    After a failure the elements that the executor has not begun are cancelled; a pool of processes has handed a few
    more to its workers by then.
    """

    executor: Executor

    def run(self, plan: Plan, observe: Observer | None = None) -> Results:
        """As `Engine.run`."""
        return run_by_step(plan, self._run_step, observe)

    def _run_step(self, step: Step[Any, Any], items: Sequence[Any], tell: Tell) -> list[Outcome | None]:
        return submit_all(self.executor, attempt_of(step), items, tell, step.name)


def run_by_step(plan: Plan, run_step: RunStep, observe: Observer | None) -> Results:
    """Runs a plan on what can run one step: a barrier between steps, progress, and the first error.

    `run_step` gets a step, its elements, and what to call with how many are done; it gives an outcome for each element,
    None for those that were not begun.
    """
    results: dict[str, Sequence[Any]] = {}
    for step in plan.steps:
        items = items_of(step, results)
        if isinstance(items, Failed):
            return results_of([items])  # type: ignore[return-value]  # it raises
        total = len(items)

        def tell(done: int, name: str = step.name, total: int = total) -> None:
            if observe:
                observe(name, done, total)

        tell(0)
        results[step.name] = results_of(run_step(step, items, tell))
    return results


def submit_all(
    executor: Executor, attempt: Callable[[Any], Outcome | None], items: Sequence[Any], tell: Tell, step: str
) -> list[Outcome | None]:
    """Attempts all elements; after a failure or an interrupt cancels those not begun and waits for those that run."""
    futures = [executor.submit(attempt, item) for item in items]
    try:
        for done, future in enumerate(as_completed(futures), start=1):
            if isinstance(_outcome(future, step), Failed):
                break
            tell(done)
    finally:
        for future in futures:
            future.cancel()
        wait(futures)
    return [None if future.cancelled() else _outcome(future, step) for future in futures]


def _outcome(future: Future[Outcome | None], step: str) -> Outcome | None:
    try:
        return future.result()
    except HeadraceError:
        raise
    except Exception as error:
        # The attempt itself raises nothing: the executor could not send it, or lost its worker.
        words = str(error) or type(error).__name__
        # Python 3.13 does not say that it can't pickle: "Can't get local object 'f.<locals>.g'".
        if isinstance(error, PicklingError) or "pickle" in words or "local object" in words:
            raise UsageError(
                f"step {step!r} can't be sent to another process: {words}; its work, elements and results must be "
                "picklable: functools.partial of functions of modules"
            ) from error
        raise WorkError(f"{words} (step {step!r})") from error
