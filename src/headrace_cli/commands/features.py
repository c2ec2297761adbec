"""`headrace features SPEC.yaml --events ... --table NAME=PATH --out DIR`: features as of event times."""

from __future__ import annotations

import argparse
import os

from headrace_cli.arguments import add_join, paths_by_name
from headrace_cli.engine_options import engine_of, progress_line

EXPECTED = "event_time: and tables:"
EXAMPLE = """\
example:
  headrace features features.yaml --events out/labeled --table runners=runners.csv --table runs=out/runs --out out/ready

where features.yaml is
  event_time: shown_at
  tables:
  - {kind: as_of, name: runners, keys: [runner_id], time: changed_at, features: [region], ttl: 365d}
  - kind: stream
    name: runs
    keys: [runner_id]
    time: ended_at
    aggregates:
    - {name: runs_7d, function: count, window: 7d}
    - {name: km_30d, function: mean, value: km, window: 30d}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    add_join(
        parser,
        spec="a PointInTimeSpec as YAML: which features from which tables",
        events="a folder that `headrace ingest` or `join` wrote, whose splits are kept, Parquet, CSV or JSON lines",
        out="folder for examples/, which appears whole or not at all",
        example=EXAMPLE,
    )
    parser.add_argument(
        "--table",
        required=True,
        action="append",
        metavar="[NAME=]PATH",
        help="the rows of a table, in any of these forms; prefixed by its name where SPEC has several",
    )


def run(arguments: argparse.Namespace) -> int:
    """Joins, prints the ledgers and alarms; 0 without an alarm, 1 with one.

    Raises:
        UsageError: the spec, a path or an option is refused, or the columns are not what the spec says.
        DataError: files can't be read, or values can't be what the spec says. No output is touched.
    """
    from headrace.config.yaml_text import read, settings_of
    from headrace.files.outputs import refuse_foreign
    from headrace.point_in_time import PointInTimeSpec, join_feature_files
    from headrace_cli.input_paths import by_split, shard_folder

    engine = engine_of(arguments)
    spec = read(arguments.spec, lambda text: PointInTimeSpec.from_settings(settings_of(text, EXPECTED)))
    tables = paths_by_name("--table", arguments.table, [table.name for table in spec.tables])
    examples = os.path.join(arguments.out, "examples")
    refuse_foreign(examples, "Split-*", "ledger.json")
    with shard_folder() as shards:
        result = join_feature_files(
            spec,
            events=by_split(shards.shards_of(arguments.events)),
            tables={name: shards.shards_of(paths) for name, paths in tables.items()},
            examples_dir=examples,
            engine=engine,
            payload=arguments.payload,
            on_progress=progress_line(),
        )
    for ledger in result.ledgers.values():
        print(ledger)
    for remark in result.remarks:
        print(remark)
    for alarm in result.alarms:
        print(f"ALARM {alarm}")
    print(f"Examples: {examples}")
    return 1 if result.alarms else 0
