"""`headrace join SPEC.yaml --events ... --outcomes ... --out DIR`: labels for events, without a pipeline."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from typing import Any

from headrace_cli.arguments import add_join, paths_by_name
from headrace_cli.engine_options import engine_of, progress_line

EXAMPLE = """\
example:
  headrace ingest shown.yaml --out out/shown
  headrace ingest answered.yaml --out out/answered
  headrace join labels.yaml --events out/shown --outcomes out/answered --as-of 2026-03-06T00:00:00Z --out out/labeled

where labels.yaml is
  keys: [suggestion_id]
  event_time: shown_at
  outcome_time: responded_at
  known_at: received_at
  labels:
  - {name: accepted, value: accepted, window: [0, 1d]}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    add_join(
        parser,
        spec="a LabelSpec as YAML or JSON",
        events="a folder that `headrace ingest` wrote, Parquet, CSV or JSON lines; may be given several times",
        out="folder for examples/, unlabeled/ and unused_outcomes/; each appears whole or not at all",
        example=EXAMPLE,
    )
    parser.add_argument(
        "--outcomes",
        required=True,
        action="append",
        metavar="[NAME=]PATH",
        help="the same; prefixed by the name of the source where SPEC has several",
    )
    parser.add_argument(
        "--day", default="", metavar="YYYY-MM-DD", help="fill the places {DAY}, {DAY+1}, ... of SPEC and of TIMEs"
    )
    parser.add_argument("--as-of", metavar="TIME", help="use what was known at this time; replaces as_of in SPEC")
    parser.add_argument(
        "--every",
        metavar="LENGTH",
        help="with --from and --to: a backfill, with the labels that runs every LENGTH (1d, 12h, ...) would have made",
    )
    parser.add_argument("--from", dest="first", metavar="TIME", help="as-of time of the first run of the backfill")
    parser.add_argument("--to", dest="last", metavar="TIME", help="latest as-of time of the last run of the backfill")
    parser.add_argument(
        "--matured-after", metavar="TIME", help="leave out events that a run as of this time has labeled already"
    )


def run(arguments: argparse.Namespace) -> int:
    """Joins, prints ledgers, labels and alarms; 0 without an alarm, 1 with one.

    Raises:
        UsageError: the spec, a path or an option is refused, or the columns are not what the spec says.
        DataError: files can't be read, or values can't be what the spec says. No output is touched.
    """
    from headrace.config.templates import fill_placeholders
    from headrace.files.outputs import refuse_foreign
    from headrace.labels import LabelSpec, join_label_files
    from headrace.labels.schedule import as_of_schedule
    from headrace.labels.spec_file import read_spec
    from headrace_cli.input_paths import shard_folder
    from headrace_cli.join_tables import print_join

    engine = engine_of(arguments)
    spec = read_spec(arguments.spec, **_overrides(arguments))
    spec = LabelSpec.from_json(fill_placeholders(spec.to_json(), day=arguments.day))
    if arguments.every:
        runs = as_of_schedule(arguments.first, arguments.last, every=arguments.every, zone=spec.zone)
        spec = replace(spec, as_of=runs)
    outcomes = paths_by_name("--outcomes", arguments.outcomes, [source.name for source in spec.outcome_sources])
    examples, unlabeled, unused = (
        os.path.join(arguments.out, name) for name in ("examples", "unlabeled", "unused_outcomes")
    )
    refuse_foreign(examples, "Split-*", "ledger.json")
    refuse_foreign(unlabeled, "*.parquet")
    refuse_foreign(unused, "*.parquet", *outcomes)
    with shard_folder() as shards:
        result = join_label_files(
            spec,
            events=shards.shards_of(arguments.events),
            outcomes={name: shards.shards_of(paths) for name, paths in outcomes.items()},
            examples_dir=examples,
            unlabeled_dir=unlabeled,
            unused_dir=unused,
            engine=engine,
            payload=arguments.payload,
            on_progress=progress_line(),
        )
    print_join(result)
    print(f"Examples: {examples}\nUnlabeled: {unlabeled}\nUnused outcomes: {unused}")
    return 1 if result.alarms else 0


def _overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings of the spec that options replace."""
    from headrace.errors import UsageError

    repeated = [arguments.every, arguments.first, arguments.last]
    if any(repeated) and (not all(repeated) or arguments.as_of):
        raise UsageError("--every, --from and --to go together, and not with --as-of")
    overrides = {"as_of": arguments.as_of or arguments.first, "matured_after": arguments.matured_after}
    return {name: value for name, value in overrides.items() if value is not None}
