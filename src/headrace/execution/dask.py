"""A plan on a Dask cluster. Imports Dask's `distributed`.

Each element is a task of its own. Where a worker dies, Dask gives its tasks to others, and gives a task up when
`distributed.scheduler.allowed-failures` + 1 workers (4 by default) have died with it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import distributed

from headrace.errors import UsageError, WorkError
from headrace.execution.engines import Observer
from headrace.execution.executor import Tell, run_by_step
from headrace.execution.outcomes import Attempt, Failed, Outcome, attempt_of, worker_lost
from headrace.execution.plan import Plan, Results, Step, refuse_relative

CONNECT_SECONDS = 30

NO_WORKER_SECONDS = 120
"""How long a scheduler may be without any worker before the plan fails."""

_POLL_SECONDS = 0.2

_Outcomes = Generator[tuple[int, "Outcome | None"], None, None]


@dataclass(frozen=True)
class Dask:
    """The cluster whose scheduler listens at `address`, such as `tcp://scheduler:8786`."""

    address: str
    no_worker_seconds: float = NO_WORKER_SECONDS

    def run(self, plan: Plan, observe: Observer | None = None) -> Results:
        """As `Engine.run`."""
        refuse_relative(plan)
        try:
            client = distributed.Client(self.address, timeout=CONNECT_SECONDS, set_as_default=False)
        except OSError as error:
            raise UsageError(f"no Dask scheduler answers at {self.address}: {error}") from error
        with client:
            return run_by_step(plan, _Steps(client, self).run, observe)


@dataclass(frozen=True)
class _Steps:
    client: Any
    cluster: Dask

    def run(self, step: Step[Any, Any], items: Sequence[Any], tell: Tell) -> list[Outcome | None]:
        attempt = attempt_of(step)
        outcomes: list[Outcome | None] = [None] * len(items)
        done, suspects = 0, []
        with closing(self._outcomes(attempt, dict(enumerate(items)))) as found:
            for number, outcome in found:
                outcomes[number] = outcome
                if isinstance(outcome, Failed):
                    return outcomes
                if outcome is None:
                    suspects.append(number)
                else:
                    tell(done := done + 1)
        # Dask suspects every task that a dead worker had been given, also those that it had not begun. To blame is the
        # one that ends its workers also when no other runs.
        for number in suspects:
            with closing(self._outcomes(attempt, {number: items[number]})) as found:
                ((_, outcomes[number]),) = found
            if outcomes[number] is None:
                raise worker_lost(attempt, items[number])
            tell(done := done + 1)
        return outcomes

    def _outcomes(
        self, attempt: Attempt, items: Mapping[int, Any]
    ) -> Generator[tuple[int, Outcome | None], None, None]:
        """Outcomes as they come, by the number of the element; None where Dask gave the element up.

        When the iterator is closed early, what has not begun is cancelled, and what runs is waited for.
        """
        prefix = f"{attempt.step}-{uuid.uuid4().hex[:8]}".replace(" ", "-")
        keys = [f"{prefix}-{number}" for number in items]
        futures = dict(zip(items, self.client.map(attempt, list(items.values()), key=keys, pure=False), strict=True))
        ended: SimpleQueue[int] = SimpleQueue()
        for number, future in futures.items():
            future.add_done_callback(lambda _, number=number: ended.put(number))
        try:
            for _ in items:
                number = self._next(ended, attempt)
                yield number, self._outcome(futures[number], attempt)
        finally:
            self._cancel([future for future in futures.values() if not future.done()])

    def _next(self, ended: SimpleQueue[int], attempt: Attempt) -> int:
        last_seen = time.monotonic()
        while True:
            try:
                return ended.get(timeout=_POLL_SECONDS)
            except Empty:
                if self.client.nthreads():
                    last_seen = time.monotonic()
                elif time.monotonic() - last_seen > self.cluster.no_worker_seconds:
                    raise WorkError(
                        f"the Dask scheduler at {self.cluster.address} has had no worker for "
                        f"{self.cluster.no_worker_seconds:g} s (step {attempt.step!r}): start some (dask worker)"
                    ) from None

    def _outcome(self, future: Any, attempt: Attempt) -> Outcome | None:
        try:
            outcome: Outcome = future.result()
        except distributed.KilledWorker:
            return None
        except CancelledError as error:
            words = f"the Dask scheduler at {self.cluster.address} is gone, or somebody has cancelled the work there"
            raise WorkError(f"{words} (step {attempt.step!r})") from error
        except Exception as error:
            # The attempt itself raises nothing: it could not be sent, or the worker lacks what it imports.
            raise WorkError(f"{type(error).__name__}: {error} (step {attempt.step!r}, on Dask)") from error
        future.release()
        return outcome

    def _cancel(self, futures: Sequence[Any]) -> None:
        if not futures:
            return
        keys = {future.key for future in futures}
        self.client.cancel(futures)
        while True:
            time.sleep(_POLL_SECONDS)
            running = self.client.run(_run_any, keys, on_error="ignore")
            if not any(running.values()):
                return


def _run_any(keys: set[str], dask_worker: Any = None) -> bool:
    return any(task.key in keys for task in dask_worker.state.all_running_tasks)
