"""A plan on Spark: a job for each step, with a task for each element. Imports PySpark.

Where an executor dies, Spark runs its tasks again, and gives the job up when one task has failed
`spark.task.maxFailures` times (4 by default). Rows never pass through Spark: only elements and their small results do.
"""

from __future__ import annotations

import os
import pickle
import re
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyspark import AccumulatorParam, InheritableThread, SparkContext
from pyspark.sql import SparkSession

from headrace.errors import UsageError, WorkError
from headrace.execution.engines import Observer
from headrace.execution.executor import Tell, run_by_step
from headrace.execution.outcomes import Attempt, Failed, Outcome, attempt_of, worker_lost
from headrace.execution.plan import Plan, Results, Step, refuse_relative

_LOST_TASK = re.compile(r"Task (\d+) in stage [\d.]+ failed \d+ times")
_WORKER_DIED = ("ExecutorLostFailure", "Python worker exited unexpectedly")
_ERROR_LINE = re.compile(r"^[\w.]*(Error|Exception): ")
_POLL_SECONDS = 0.1

_Packed = tuple[int, bytes]
"""The number of an element, and the element or its outcome, pickled."""


@dataclass(frozen=True)
class Spark:
    """The session that is there; else a new one on `master`, which stays for the plans to come.

    What a new session needs (memory, cores, packages) comes from Spark's own configuration (`spark-defaults.conf`,
    `PYSPARK_SUBMIT_ARGS`). Its workers run the Python that `PYSPARK_PYTHON` names, else the one that submits.
    """

    master: str | None = None

    def run(self, plan: Plan, observe: Observer | None = None) -> Results:
        """As `Engine.run`; what runs when another element fails is ended after 2 s, as Spark does."""
        refuse_relative(plan)
        return run_by_step(plan, partial(_run_step, self._context()), observe)

    def _context(self) -> SparkContext:
        session = SparkSession.getActiveSession()
        if session is None:
            if self.master is None:
                raise UsageError("there is no Spark session: start one, or name the master, such as spark://host:7077")
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
            builder = SparkSession.builder.master(self.master).appName("headrace")
            session = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
        context = session.sparkContext
        if self.master not in (None, context.master):
            raise UsageError(
                f"this process has a Spark session on {context.master}, so it can't have one on {self.master}: name "
                "engine 'spark', or stop that session"
            )
        return context


def _run_step(context: SparkContext, step: Step[Any, Any], items: Sequence[Any], tell: Tell) -> list[Outcome | None]:
    return _Job(context, step, items).run(tell) if items else []


class _Failures(AccumulatorParam[list[_Packed]]):
    """What failed, as the driver learns it while the job goes on."""

    def zero(self, value: list[_Packed]) -> list[_Packed]:
        return []

    def addInPlace(self, value1: list[_Packed], value2: list[_Packed]) -> list[_Packed]:  # noqa: N802
        return value1 + value2


class _Job:
    """One step as one Spark job, in a thread of its own, so that an interrupt can cancel it."""

    def __init__(self, context: SparkContext, step: Step[Any, Any], items: Sequence[Any]) -> None:
        self._context, self._items = context, items
        self._attempt = attempt_of(step)
        self._group = f"headrace-{uuid.uuid4().hex[:8]}"
        self._failures = context.accumulator([], _Failures())
        self._packed: list[_Packed] = []
        self._error: Exception | None = None

    def run(self, tell: Tell) -> list[Outcome | None]:
        """Waits for the job, and tells how many tasks have ended."""
        thread = InheritableThread(target=self._collect, daemon=True)
        thread.start()
        seen = 0
        try:
            while thread.is_alive() and not self._failures.value:
                thread.join(_POLL_SECONDS)
                done = self._tasks("numCompletedTasks")
                if seen < done < len(self._items):
                    tell(seen := done)
        finally:
            if thread.is_alive():
                self._context.cancelJobGroup(self._group)
                thread.join()
                while self._tasks("numActiveTasks"):
                    time.sleep(_POLL_SECONDS)
        outcomes: list[Outcome | None] = [None] * len(self._items)
        for number, packed in [*self._packed, *self._failures.value]:
            outcomes[number] = pickle.loads(packed)
        if not self._failures.value:
            if self._error is not None:
                raise self._in_words(self._error) from self._error
            tell(len(self._items))
        return outcomes

    def _collect(self) -> None:
        packed = [(number, pickle.dumps(item, pickle.HIGHEST_PROTOCOL)) for number, item in enumerate(self._items)]
        work = partial(_work, attempt=self._attempt, failures=self._failures)
        try:
            self._context.setJobGroup(self._group, f"headrace: {self._attempt.step}")
            self._packed = self._context.parallelize(packed, len(packed)).mapPartitions(work).collect()
        except Exception as error:
            self._error = error

    def _tasks(self, count: str) -> int:
        tracker = self._context.statusTracker()
        jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(self._group)]
        stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
        return sum(getattr(stage, count) for stage in stages if stage)

    def _in_words(self, error: Exception) -> WorkError:
        lost = _LOST_TASK.search(str(error))
        if lost and any(words in str(error) for words in _WORKER_DIED):
            return worker_lost(self._attempt, self._items[int(lost.group(1))])
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        cause = next(filter(_ERROR_LINE.match, lines), lines[0] if lines else type(error).__name__)
        return WorkError(f"{cause} (step {self._attempt.step!r}, on Spark)")


def _work(items: Iterator[_Packed], *, attempt: Attempt, failures: Any) -> Iterator[_Packed]:
    """What a task does with its one element; a failure goes another way, since results come only when all are there."""
    for number, item in items:
        outcome = attempt(pickle.loads(item))
        packed = number, pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL)
        if isinstance(outcome, Failed):
            failures.add([packed])
        else:
            yield packed
