"""Wall time and peak memory of one step, in a process of its own."""

import json
import resource
import signal
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

from benchmarks.case import LIMIT_BYTES, LIMIT_S, Step

EVERY_S = 0.05
PEERS = Path(__file__).parent.parent / ".venv-peers" / "bin" / "python"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The time and memory of a step, without its imports, whose memory is `before_bytes`.

    If the step could not be run, `failed` says why, and the rest is 0.
    """

    seconds: float = 0.0
    peak_bytes: int = 0
    before_bytes: int = 0
    failed: str = ""


def run_step(step: Step, work: Path) -> Measured:
    """Runs a step in a fresh process and measures it.

    Raises:
        RuntimeError: the step failed; its output is in the message.
    """
    where = f"{step.prepare.__module__}:{step.prepare.__qualname__}"
    if step.peer and not PEERS.exists():
        raise RuntimeError(f"{step.what} needs the environment of the other libraries, which `make bench` creates")
    command = [str(PEERS) if step.peer else sys.executable, "-m", "benchmarks.measure", where, str(work), step.of]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S if step.peer else None,
            preexec_fn=_limit_memory if step.peer else None,
        )
    except subprocess.TimeoutExpired:
        return Measured(failed=f"more than {LIMIT_S} s")
    if step.peer and done.returncode and _is_out_of_memory(done):
        return Measured(failed=f"more than {LIMIT_BYTES / 2**30:.0f} GiB")
    if done.returncode:
        raise RuntimeError(f"{step.what} ({where}) failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT_BYTES, LIMIT_BYTES))


def _is_out_of_memory(done: subprocess.CompletedProcess[str]) -> bool:
    words = ("MemoryError", "Out of Memory", "failed to allocate", "Cannot allocate memory", "memory allocation of")
    return done.returncode == -signal.SIGKILL or any(word in done.stderr for word in words)


@contextmanager
def clock(into: list[Measured]) -> Iterator[None]:
    """Measures the block: its seconds, and the peak memory of the process and its children during it (Linux only)."""
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
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
    where, work, of = sys.argv[1:]
    module, name = where.split(":")
    prepare: Callable[..., Callable[[], object]] = getattr(import_module(module), name)
    measured: list[Measured] = []
    run = prepare(Path(work), of) if of else prepare(Path(work))
    with clock(measured):
        after = run()
    if callable(after):
        after()
    print(json.dumps(asdict(measured[0])))


if __name__ == "__main__":
    _main()
