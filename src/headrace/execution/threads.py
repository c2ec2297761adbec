"""A plan in threads of this process: Arrow, NumPy and DuckDB release the interpreter's lock while they work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from headrace.execution.cores import cores
from headrace.execution.engines import Observer
from headrace.execution.executor import Tell, run_by_step, submit_all
from headrace.execution.heap import frozen_heap
from headrace.execution.outcomes import Failed, Outcome, attempt_of
from headrace.execution.plan import Plan, Results, Step

MOST = 4
"""The default number of threads at most: each holds an element in memory, such as a bucket."""


@dataclass(frozen=True)
class Threads:
    """A pool of `workers` threads; None: one a core, `MOST` at the most."""

    workers: int | None = None

    def run(self, plan: Plan, observe: Observer | None = None) -> Results:
        """As `Engine.run`; after the first failure no further element is begun."""
        workers = self.workers or min(cores(), MOST)
        with frozen_heap(), ThreadPoolExecutor(workers, thread_name_prefix="headrace") as pool:

            def run_step(step: Step[Any, Any], items: Sequence[Any], tell: Tell) -> list[Outcome | None]:
                return submit_all(pool, until_failure(attempt_of(step)), items, tell, step.name)

            return run_by_step(plan, run_step, observe)


def until_failure(attempt: Callable[[Any], Outcome]) -> Callable[[Any], Outcome | None]:
    """The attempt, for threads that share it, until one has failed: from then on it begins nothing and gives None."""
    stop = threading.Event()

    def attempt_or_stop(item: Any) -> Outcome | None:
        if stop.is_set():
            return None
        outcome = attempt(item)
        if isinstance(outcome, Failed):
            stop.set()
        return outcome

    return attempt_or_stop
