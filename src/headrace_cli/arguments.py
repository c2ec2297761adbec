"""Arguments that several commands take."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from headrace.errors import UsageError
from headrace_cli.engine_options import add_engine

PAYLOADS = ("parquet", "tf_example")


def add_payload(parser: argparse.ArgumentParser) -> None:
    """Declares --payload."""
    parser.add_argument("--payload", choices=PAYLOADS, default="parquet", help="format of the examples (%(default)s)")


def add_join(parser: argparse.ArgumentParser, *, spec: str, events: str, out: str, example: str) -> None:
    """Declares what every join takes, with its words of help: SPEC, --events, --out, --engine and --payload."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = example
    parser.add_argument("spec", metavar="SPEC", help=spec)
    parser.add_argument("--events", required=True, action="append", metavar="PATH", help=events)
    parser.add_argument("--out", required=True, metavar="DIR", help=out)
    add_engine(parser)
    add_payload(parser)


def paths_by_name(option: str, given: Sequence[str], names: Sequence[str]) -> dict[str, list[str]]:
    """Paths by name: `runs=runs.csv` -> {"runs": ["runs.csv"]}. `NAME=` may be left out where there is only one name.

    Raises:
        UsageError: a name is none of `names`, or one of them has no path.
    """
    paths: dict[str, list[str]] = {}
    for text in given:
        name, found, path = text.partition("=")
        if name in names and found:
            paths.setdefault(name, []).append(path)
        elif len(names) == 1:
            paths.setdefault(names[0], []).append(text)
        else:
            raise UsageError(f"{option} {text}: expected NAME=PATH, with a name of the spec: {', '.join(names)}")
    missing = [name for name in names if name not in paths]
    if missing:
        raise UsageError(f"no {option} for {', '.join(missing)}")
    return paths
