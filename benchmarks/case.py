"""Cases and their steps. Each module in `benchmarks/cases/` defines one `CASE`, which has the name of the module.

    CASE = Case(data=make, steps=(Step(what="**headrace X**", prepare=ours), Step(what="stock Y", prepare=stock)))

    data(work, rows)   writes the input of the steps to work/data, unless it is there already
    prepare(work)      imports and sets up, then returns the function to measure; runs in a process of its own
    check(work)        returns how the outputs of the steps differ, "" if they don't

All cases of a run share one `work` folder for each size, so that steps may read what steps of other cases wrote
(`after`), and a step that several cases have is run once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

LIMIT_S = 240
LIMIT_BYTES = 20 * 2**30


@dataclass(frozen=True, kw_only=True)
class Step:
    """One side of a comparison.

    Attributes:
        what: its name in the tables.
        prepare: a function at the top level of a module, so that the new process can import it. It returns the function
            to measure; if that returns a function in turn, it is called after the measurement, to write the output
            that `check` reads.
        most_rows: the largest size at which the step is run, for slow ones; None for no limit.
        of: a second argument of `prepare`, after the folder, where it serves several cases.
        peer: whether the step runs in the environment of the other libraries, where headrace is not installed. It may
            take `LIMIT_S` seconds and `LIMIT_BYTES` of memory; the tables say if it needs more.
    """

    what: str
    prepare: Callable[..., Callable[[], object]]
    most_rows: int | None = None
    of: str = ""
    peer: bool = False


@dataclass(frozen=True, kw_only=True)
class Case:
    """A comparison; times are relative to the first step, and growth with the number of rows is shown for it."""

    data: Callable[[Path, int], None]
    steps: tuple[Step, ...]
    sizes: tuple[int, ...] = (100_000, 1_000_000)
    after: tuple[Step, ...] = ()
    check: Callable[[Path], str] | None = None


def cases() -> dict[str, Case]:
    """All cases by name."""
    from benchmarks import cases as package

    modules = {one.name: import_module(f"{package.__name__}.{one.name}") for one in iter_modules(package.__path__)}
    return {name: module.CASE for name, module in modules.items() if hasattr(module, "CASE")}
