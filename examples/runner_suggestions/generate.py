"""Generates the logs of an app that suggests runs to runners: files by day, the third day faulty, and `truth.json`.

python -m examples.runner_suggestions.generate --out out/data
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date

import numpy as np

from examples.runner_suggestions import faults
from examples.runner_suggestions.activity import draw_run_history
from examples.runner_suggestions.columns import stream
from examples.runner_suggestions.day import write_day, write_responses
from examples.runner_suggestions.responses import Responses, merge, orphan_responses
from examples.runner_suggestions.world import draw_runners, next_day, routes
from examples.runner_suggestions.writer import Writer
from headrace.errors import HeadraceError, UsageError
from headrace.files.outputs import whole_directory

ALL_FAULTS = tuple(fault.name for fault in faults.FAULTS)
START = date(2026, 3, 3)
"""The first day, a Tuesday."""

DAYS_OF_ARRIVAL = 3
"""How many days after the last day of suggestions responses still arrive."""

HISTORY_DAYS = 30
"""How many days of runs before the first day are written."""

_ORPHANS_A_DAY = 5


def generate(
    root: str,
    *,
    seed: int = 7,
    runners: int = 4000,
    days: int = 3,
    start: date = START,
    planted: Collection[str] = ALL_FAULTS,
) -> None:
    """Writes the example's data to `root`, which must be new, empty, or written by this function before.

    The same arguments give the same bytes. Each runner gets about 5 suggestions and makes 2 runs a day. The third day
    (index 2) has the faults named in `planted`; everything else on that day is the same whatever they are.

    Raises:
        UsageError: `runners` < 100, `days` < 1, a fault unknown, or `root` holds something else.
    """
    _check(root, seed=seed, runners=runners, days=days, planted=planted)
    with whole_directory(root) as staging:
        writer = Writer(staging, seed)
        writer.csv("routes/routes.csv", {name: values for name, values in routes().items() if name != "weight"})
        population = draw_runners(stream(seed, "runners"), runners, prefix="r")
        before = (np.datetime64(start, "D"), HISTORY_DAYS, 2 * runners * HISTORY_DAYS)
        writer.csv("run_history/runs.csv", draw_run_history(writer.stream("run history"), population, *before))
        changed = np.ones(runners, dtype=bool)
        responses: list[Responses] = []
        for index in range(days):
            day = np.datetime64(start, "D") + index
            if index:
                population, changed = next_day(stream(seed, day, "next day"), population)
            known = frozenset(planted) if index == faults.FAULTY_DAY else frozenset()
            responses += write_day(writer, day, population, changed, known)
        arrivals = [np.datetime64(start, "D") + index for index in range(days + DAYS_OF_ARRIVAL)]
        responses += [orphan_responses(stream(seed, day, "orphans"), day, _ORPHANS_A_DAY) for day in arrivals]
        write_responses(writer, merge(*responses), arrivals)
        truth = {
            "arguments": {"seed": seed, "runners": runners, "days": days, "start": start.isoformat()},
            "faulty_day": str(np.datetime64(start, "D") + faults.FAULTY_DAY) if days > faults.FAULTY_DAY else None,
            "faults": [
                asdict(fault) | {"planted": writer.planted[fault.name]}
                for fault in faults.FAULTS
                if fault.name in writer.planted
            ],
            "accepted_share": writer.accepted_share,
            "files": writer.files,
        }
        with open(os.path.join(staging, "truth.json"), "w", encoding="utf-8", newline="\n") as file:
            json.dump(truth, file, indent=1)
            file.write("\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns 0 when the data is written, 2 when an argument is wrong."""
    parser = argparse.ArgumentParser(prog="python -m examples.runner_suggestions.generate", description=__doc__)
    parser.add_argument("--out", required=True, metavar="DIR", help="where to write; replaced if it is generated data")
    parser.add_argument("--runners", type=int, default=4000, help="runners of the app (default: 4000)")
    parser.add_argument("--days", type=int, default=3, help="days of suggestions (default: 3)")
    parser.add_argument("--seed", type=int, default=7, help="seed of every random draw (default: 7)")
    parser.add_argument(
        "--faults", nargs="*", default=ALL_FAULTS, metavar="NAME", help="faults of day 3 (default: all)"
    )
    given = parser.parse_args(arguments)
    try:
        generate(given.out, seed=given.seed, runners=given.runners, days=given.days, planted=given.faults)
    except HeadraceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"wrote {given.days} days of {given.runners} runners to {given.out}")
    return 0


def _check(root: str, *, seed: int, runners: int, days: int, planted: Collection[str]) -> None:
    wrong = []
    if seed < 0:
        wrong.append(f"seed must be at least 0, got {seed}")
    if runners < 100:
        wrong.append(f"runners must be at least 100, got {runners}")
    if days < 1:
        wrong.append(f"days must be at least 1, got {days}")
    if unknown := sorted(set(planted) - set(ALL_FAULTS)):
        wrong.append(f"unknown faults: {', '.join(unknown)}; there are: {', '.join(ALL_FAULTS)}")
    # The content of `root` is replaced, so it must not be files that somebody else wrote.
    if os.path.exists(root) and not os.path.isdir(root):
        wrong.append(f"{root} is a file; give a directory")
    elif os.path.isdir(root) and os.listdir(root) and not os.path.exists(os.path.join(root, "truth.json")):
        wrong.append(f"{root} holds files that were not generated; give a new or an empty directory")
    if wrong:
        raise UsageError("; ".join(wrong))


if __name__ == "__main__":
    sys.exit(main())
