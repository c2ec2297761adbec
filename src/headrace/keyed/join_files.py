"""What all joins of files share: the staging folder, the engine, the ledger, outputs that appear whole.

examples.staging-1f0c8a2e/             becomes examples/ when all is done
    .staging/                          what steps hand on; gone before that
    Split-train/part-00000-of-00002.parquet
    ledger.json                        written last
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from typing import Protocol, TypeVar

from headrace.errors import UsageError
from headrace.examples.shards import SUFFIXES
from headrace.execution import Engine, Observer, Plan, Results, engine_of
from headrace.execution.progress import logged
from headrace.files.outputs import whole_directory, whole_file
from headrace.files.storage import remove_folder

LEDGER_NAME = "ledger.json"


class Summary(Protocol):
    """What a join says of itself."""

    def to_json(self) -> str:
        """The text of `ledger.json`."""
        ...


Result = TypeVar("Result", bound=Summary)


def check_payload(payload: str) -> None:
    """Refuses a payload that examples can't have.

    Raises:
        UsageError: it is neither `parquet` nor `tf_example`.
    """
    if payload not in SUFFIXES:
        raise UsageError(f"payload must be one of {', '.join(SUFFIXES)}, got {payload!r}")


@contextmanager
def output_folders(examples_dir: str, *others: str) -> Iterator[tuple[str, ...]]:
    """Folders to write in, on which every worker can write; they become the outputs when the block ends well.

    The examples come last: where they are, the others are.
    """
    with ExitStack() as stack:
        written = [stack.enter_context(whole_directory(path, shared=True)) for path in (examples_dir, *others)]
        yield tuple(written)


def staging_of(examples_out: str) -> str:
    """Where steps leave files for later steps: in the folder that is to become the examples, so beside the output."""
    return f"{examples_out}/.staging"


def run_join(
    plan: Plan,
    examples_out: str,
    summarize: Callable[[Results], Result],
    *,
    engine: Engine | Executor | str | None,
    log: logging.Logger,
    observe: Observer | None = None,
) -> Result:
    """Runs the plan, removes the staging folder, and writes the ledger.

    Args:
        plan: its staging folder is `staging_of(examples_out)`.
        examples_out: the folder that is to become the examples.
        summarize: makes the result from what the steps returned, while their files are still there.
        engine: as `headrace.execution.engine_of` takes it.
        log: gets the progress of each step.
        observe: the same, as `Engine.run` calls it.
    """
    result = summarize(engine_of(engine).run(plan, logged(log, plan.name, observe)))
    remove_folder(staging_of(examples_out))
    with whole_file(f"{examples_out}/{LEDGER_NAME}") as whole, open(whole, "w", encoding="utf-8") as file:
        file.write(result.to_json())
    return result


def sum_counts(counts: Sequence[Mapping[str, int]], names: Sequence[str] = ()) -> dict[str, int]:
    """Counts added up by name; `names` come first, in their order, with 0 where there are none."""
    sums = dict.fromkeys(names, 0)
    for one in counts:
        for name, count in one.items():
            sums[name] = sums.get(name, 0) + count
    return sums
