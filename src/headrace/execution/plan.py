"""Distributed work, declared once: a plan is a list of steps, a step is a function over small elements.

    plan = Plan(
        name="join",
        staging="out/examples/.staging",
        steps=(
            Step(name="write buckets", work=partial(write_buckets, job=job), items=shards),
            Step(name="join buckets", work=partial(join_bucket, job=job), items=partial(buckets_to_join, job=job)),
        ),
    )
    results = engine_named("threads:4").run(plan)      # {"write buckets": [...], "join buckets": [...]}

An engine runs the elements of a step in any order and at the same time, and gives their results in the order of the
elements. A barrier stands between two steps. Rows travel as files that one step writes and a later one reads.

What `work` must be, so that engines may retry an element and run it twice at once:

- a pure function of its element and of the files that are named there: it reads files, writes files, and returns small
  facts (counts, names, a sketch). Results of all elements of a step meet in one process: what is larger than a few
  kilobytes goes into a file, and the result names it;
- it writes each file whole (`whole_file`), under a name that its element decides, so that two attempts write the same
  bytes to the same name and the last one changes nothing; it deletes nothing that another attempt may read;
- it lists no folder to find out what was made: results name the files;
- an exception is an answer: it ends the plan and is not tried again. What may pass (a store that is busy) is retried
  where files are read and written; engines retry when a worker dies.

`work`, elements and results can be pickled: `functools.partial` of functions of modules, no lambdas.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from headrace.errors import UsageError
from headrace.files.storage import is_remote

Item = TypeVar("Item")
Result = TypeVar("Result")

Results = Mapping[str, Sequence[Any]]
"""By the name of a step, what its work returned for each element, in the order of the elements."""


@dataclass(frozen=True, kw_only=True)
class Step(Generic[Item, Result]):
    """One function over many elements.

    Attributes:
        name: unique in its plan; people see it in progress and in errors.
        work: what is done with one element; see the rules of this module.
        items: the elements; or a function that gives them from the results of all steps before. It runs once, in one
            process, and may raise what it finds wrong in the results.
        describe: an element in words, for errors: a file and its range, a bucket.
    """

    name: str
    work: Callable[[Item], Result]
    items: Sequence[Item] | Callable[[Results], Sequence[Item]]
    describe: Callable[[Item], str] = str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Steps, one after the other.

    Attributes:
        name: what the whole does, in a word: `ingest`, `join`.
        steps: at least one.
        staging: a folder that every worker reaches, and that the caller makes and removes. Engines on other machines
            that have no way back for results (Beam) leave them there; None will do in one process.

    Raises:
        UsageError: there are no steps, or two have one name.
    """

    name: str
    steps: Sequence[Step[Any, Any]]
    staging: str | None = None

    def __post_init__(self) -> None:
        if not self.steps:
            raise UsageError(f"plan {self.name!r} has no steps")
        twice = [name for name, count in Counter(step.name for step in self.steps).items() if count > 1]
        if twice:
            raise UsageError(f"plan {self.name!r} has several steps named {', '.join(map(repr, twice))}")


def refuse_relative(plan: Plan) -> None:
    """Refuses a plan that workers in another folder can't run.

    Raises:
        UsageError: its staging folder, and so its output, is a relative path.
    """
    if plan.staging and not is_remote(plan.staging) and not os.path.isabs(plan.staging):
        raise UsageError(
            f"{os.path.dirname(plan.staging)} is a relative path, which means another folder on each worker: give "
            "absolute paths, of inputs too"
        )
