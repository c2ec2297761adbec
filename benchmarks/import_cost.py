"""Measures start-up times: `python -m benchmarks.import_cost`; each start in a new process, the shortest of three.

`headrace --help` should take less than half a second, `import headrace_components` half of `from tfx import v1`.
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
    """Prints the seconds of each start, and the ratio of our components to TFX."""
    took = {what: min(_seconds(words) for _ in range(TURNS)) for what, words in STARTS.items()}
    for what, seconds in took.items():
        print(f"{what}: {seconds:.2f} s")
    share = took["import headrace_components"] / took["from tfx import v1"]
    print(f"importing the components takes {share:.0%} of the time of tfx.v1")


def _seconds(words: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(words, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
