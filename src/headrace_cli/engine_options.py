"""Where a command runs its plan: --engine, --workers, and its progress on a terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from headrace.errors import UsageError

MOST_WORKERS = 256


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Declares --engine and --workers."""
    parser.add_argument(
        "--engine",
        metavar="NAME",
        help="where the work is done: threads:4, dask://host:8786, spark://host:7077, spark:local[4] or beam "
        "(default: HEADRACE_ENGINE, else threads, one a core and four at the most)",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="short for --engine threads:N")


def engine_of(arguments: argparse.Namespace) -> str | None:
    """The name of the engine, of which it is known that there is one; None: the default.

    Raises:
        UsageError: there is no such engine, or both options are given.
    """
    from headrace.execution import refuse_unknown

    engine: str | None = arguments.engine
    if arguments.workers is not None:
        if engine is not None:
            raise UsageError("--workers is short for --engine threads:N: give one of the two")
        if not 1 <= arguments.workers <= MOST_WORKERS:
            raise UsageError(f"--workers must be in [1, {MOST_WORKERS}], got {arguments.workers}")
        engine = f"threads:{arguments.workers}"
    if engine is not None:
        refuse_unknown(engine)
    return engine


def progress_line() -> Callable[[str, int, int], None] | None:
    """Shows progress in one line on the terminal, which is erased at the end; None where there is no terminal."""
    stream = sys.stderr
    if not stream.isatty():
        return None

    def show(step: str, done: int, total: int) -> None:
        line = "" if done == total else f"{step}: {done:,} of {total:,}"
        stream.write(f"\r\033[K{line}")
        stream.flush()

    return show
