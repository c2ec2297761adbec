"""Wall time and peak memory of one step, in a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a step took. Imports are made before the clock starts; their memory is `before_bytes`."""

    seconds: float
    peak_bytes: int
    before_bytes: int


def run_step(case: str, step: str, **arguments: Any) -> Measured:
    """Runs `benchmarks.cases.<case>.STEPS[step]` in a fresh process and measures it.

    Raises:
        RuntimeError: the step failed; its output is in the message.
    """
    command = [sys.executable, "-m", "benchmarks.measure", case, step, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{case}/{step} failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def clock(into: list[Measured]) -> Iterator[None]:
    """Measures the block: seconds, and the most memory that the process held meanwhile (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")  # peak starts anew from here
    before = _status_bytes("VmRSS")
    started = time.perf_counter()
    yield
    seconds = time.perf_counter() - started
    into.append(Measured(seconds=seconds, peak_bytes=_status_bytes("VmHWM"), before_bytes=before))


def _status_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))


def _main() -> None:
    case, step, arguments = sys.argv[1:]
    module = __import__(f"benchmarks.cases.{case}", fromlist=["STEPS"])
    prepare: Callable[..., Callable[[], None]] = module.STEPS[step]
    measured: list[Measured] = []
    run = prepare(**json.loads(arguments))
    with clock(measured):
        run()
    print(json.dumps(asdict(measured[0])))


if __name__ == "__main__":
    _main()
