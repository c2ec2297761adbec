"""What starting costs: `python -m benchmarks.import_cost`; each start in a fresh process, the least of three.

`headrace --help` is to stay below half a second, `import headrace_components` below half of `from tfx import v1`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

TURNS = 3
STARTS = {
    "headrace --help": [str(Path(sys.executable).with_name("headrace")), "--help"],
    "import headrace": [sys.executable, "-c", "import headrace"],
    "import headrace_components": [sys.executable, "-c", "import headrace_components"],
    "from tfx import v1": [sys.executable, "-c", "from tfx import v1"],
}


def main() -> None:
    """Prints the seconds of each, and the ratio that matters."""
    took = {what: min(_seconds(words) for _ in range(TURNS)) for what, words in STARTS.items()}
    for what, seconds in took.items():
        print(f"{what}: {seconds:.2f} s")
    share = took["import headrace_components"] / took["from tfx import v1"]
    print(f"the components cost {share:.0%} of tfx.v1")


def _seconds(words: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(words, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
