"""An attempt that is killed when it changes the file system; a module of its own, which is quick to import.

Each attempt is a process, forked from a server that has imported what the areas run, but knows nothing of the tests.
"""

from __future__ import annotations

import importlib
import itertools
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

_CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}
_SERVER = multiprocessing.get_context("forkserver")
# pandas, since pyarrow and DuckDB import it where it is installed, at the first value that they convert.
_SERVER.set_forkserver_preload(
    ["headrace.ingest.run", "headrace.labels.run", "headrace.point_in_time.run", "pandas", "pyarrow.dataset"]
)


def survives(attempt: Callable[[Any], Any], item: Any, *, kill_at: int) -> bool:
    """Whether an attempt at `item` ends well, which is killed at its change number `kill_at // 2` of the file system.

    It is killed right before the change where `kill_at` is even, else right after it.
    """
    process = _SERVER.Process(target=_killed, args=(attempt, item, kill_at))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return process.exitcode == 0


def killed_at_call(call: int, names: Sequence[str], run: Callable[..., Any], **arguments: Any) -> None:
    """Runs `run(**arguments)` in a process that is killed when it calls what has these names, the `call`th time.

    Args:
        names: of one function, in each module that uses it: `os.rename`.
    """
    process = _SERVER.Process(target=_kill_at_call, args=(call, names, run), kwargs=arguments)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL, process.exitcode


def _kill_at_call(call: int, names: Sequence[str], run: Callable[..., Any], **arguments: Any) -> None:
    places = [(importlib.import_module(module), name) for module, _, name in (one.rpartition(".") for one in names)]
    (real,) = {getattr(module, name) for module, name in places}
    calls = itertools.count(1)

    def kill(*args: Any, **more: Any) -> Any:
        if next(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **more)

    for module, name in places:
        setattr(module, name, kill)
    run(**arguments)


def _killed(attempt: Callable[[Any], Any], item: Any, kill_at: int) -> None:
    changes = 0

    def kill(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal changes
        if event in _CHANGES or (event == "open" and _is_for_writing(*arguments)):
            if changes == kill_at // 2:
                # The hook is called before the change; the profiler at the next call, when the change is made.
                sys.setprofile(kill) if kill_at % 2 else kill()
            changes += 1

    sys.addaudithook(watch)
    attempt(item)
    os._exit(0)


def _is_for_writing(path: Any, mode: str | None, flags: int) -> bool:
    return bool(flags & (os.O_WRONLY | os.O_RDWR)) and not str(path).startswith("/dev/")
