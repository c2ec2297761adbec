"""Wall time and peak memory of one step, in a process of its own."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

import psutil

from benchmarks.case import Step

EVERY_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a step took. Imports are made before the clock starts; their memory is `before_bytes`."""

    seconds: float
    peak_bytes: int
    before_bytes: int


def run_step(step: Step, work: Path) -> Measured:
    """Runs a step in a fresh process and measures it.

    Raises:
        RuntimeError: the step failed; its output is in the message.
    """
    where = f"{step.prepare.__module__}:{step.prepare.__qualname__}"
    command = [sys.executable, "-m", "benchmarks.measure", where, str(work)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{step.what} ({where}) failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def clock(into: list[Measured]) -> Iterator[None]:
    """Measures the block: seconds, and the most memory that the process and its children held meanwhile (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")  # peak starts anew from here
    before = _status_bytes("VmRSS")
    stop, children = threading.Event(), [0]
    watch = threading.Thread(target=_watch_children, args=(stop, children), daemon=True)
    watch.start()
    started = time.perf_counter()
    yield
    seconds = time.perf_counter() - started
    stop.set()
    watch.join()
    into.append(Measured(seconds=seconds, peak_bytes=_status_bytes("VmHWM") + max(children), before_bytes=before))


def _watch_children(stop: threading.Event, seen: list[int]) -> None:
    me = psutil.Process()
    while not stop.wait(EVERY_S):
        held = 0
        for child in me.children(recursive=True):
            try:
                held += child.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        seen[0] = max(seen[0], held)


def _status_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))


def _main() -> None:
    where, work = sys.argv[1:]
    module, name = where.split(":")
    prepare: Callable[[Path], Callable[[], object]] = getattr(import_module(module), name)
    measured: list[Measured] = []
    run = prepare(Path(work))
    with clock(measured):
        run()
    print(json.dumps(asdict(measured[0])))


if __name__ == "__main__":
    _main()
