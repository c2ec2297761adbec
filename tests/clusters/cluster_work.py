"""Work for plans on clusters, in a module that workers can import."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from headrace.execution import Engine, Observer, Plan, Results


def wait_for(number: int, folder: str, many: int) -> int:
    """The process, once `many` elements have begun: one worker alone would wait for ever."""
    Path(folder, str(number)).touch()
    _wait_until(lambda: len(list(Path(folder).iterdir())) >= many)
    return os.getpid()


def end_worker(number: int) -> int:
    """The number; the element 1 ends the process, as the system does where memory is short."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def work_until(number: int, folder: str, name: str) -> int:
    """Leaves a file, and ends when there is one of a name; then leaves another file."""
    Path(folder, f"begun-{number}").touch()
    _wait_until(Path(folder, name).exists)
    Path(folder, f"ended-{number}").touch()
    return number


@dataclass(frozen=True)
class KillingOnce:
    """An engine in which each step loses a worker by SIGKILL: the one that is first done with an element.

    It is killed when the work is done and the result not yet sent.
    """

    engine: Engine
    folder: str
    steps: Collection[str] | None = None
    """Only in these."""

    def run(self, plan: Plan, observe: Observer | None = None) -> Results:
        steps = [
            replace(step, work=partial(_killed_once, work=step.work, mark=f"{self.folder}/{plan.name}-{step.name}"))
            if self.steps is None or step.name in self.steps
            else step
            for step in plan.steps
        ]
        return self.engine.run(replace(plan, steps=steps), observe)


def _killed_once(item: Any, work: Callable[[Any], Any], mark: str) -> Any:
    result = work(item)
    with suppress(FileExistsError):
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
        os.kill(os.getpid(), signal.SIGKILL)
    return result


def _wait_until(there: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not there():
        if time.monotonic() > end:
            raise TimeoutError("what was waited for did not come")
        time.sleep(0.05)
