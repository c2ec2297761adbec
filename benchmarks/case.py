"""What a benchmark is made of. Each module in `benchmarks/cases/` holds one `CASE`; its name is the case's.

    CASE = Case(data=make, steps=(Step(what="**headrace X**", prepare=ours), Step(what="stock Y", prepare=stock)))

    data(work, rows)   writes what the steps read into work/data; what is there already it leaves as it is
    prepare(work)      imports and sets up, then returns what is to be measured; in a process of its own
    check(work)        says how the outputs of the steps differ, empty if they don't

All cases of a run share one `work` directory a size, so that steps may read what steps of other cases wrote (`after`),
and a step that several cases name is run once.
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
    """One side of a comparison. `prepare` is a function of a module, by whose name the new process finds it.

    A step that is slow is not run at sizes above `most_rows`. `of` is handed to `prepare` after the directory, where it
    serves several cases. A step of a `peer` runs in the environment of the peers, where ours is not installed; it is
    given `LIMIT_S` seconds and `LIMIT_BYTES` of memory, and the page says if it needs more. What a step returns, if it
    can be called, is called when the clock has stopped: to write down what is to be checked.
    """

    what: str
    prepare: Callable[..., Callable[[], object]]
    most_rows: int | None = None
    of: str = ""
    peer: bool = False


@dataclass(frozen=True, kw_only=True)
class Case:
    """The first of the steps is what the others' times are divided by, and whose growth is told."""

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
