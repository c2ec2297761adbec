"""The command line: `headrace COMMAND ...`.

Each command is a module with `add_arguments(parser)` and `run(arguments) -> exit code`. Only the module of the command
that is called is imported, so `headrace --help` imports none of them.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from headrace.errors import HeadraceError

COMMANDS = {
    "check": (
        "headrace_cli.commands.check",
        "compare two data files: did anything drift from the first to the second?",
    ),
    "compile": (
        "headrace_cli.commands.compile",
        "compile a pipeline for Kubeflow, Argo, Airflow, Luigi or Celery",
    ),
    "effectiveness": (
        "headrace_cli.commands.effectiveness",
        "measure how well each feature of a file predicts the label; find leaks",
    ),
    "features": (
        "headrace_cli.commands.features",
        "join features to events as they were known at the time of each event",
    ),
    "infer-spec": (
        "headrace_cli.commands.infer_spec",
        "write a first ingest spec, inferred from the values in files",
    ),
    "ingest": ("headrace_cli.commands.ingest", "collect files and databases into examples; every row is accounted for"),
    "join": (
        "headrace_cli.commands.join",
        "join outcomes to events as labels, as of a time; every row is accounted for",
    ),
    "run-node": (
        "headrace_cli.commands.run_node",
        "run one node of a compiled pipeline, with its state in ML Metadata",
    ),
    "schema": ("headrace_cli.commands.schema", "show a schema, compare two schemas, or accept a proposal"),
    "stats": ("headrace_cli.commands.stats", "describe data files: a table, TFDV statistics, an HTML page"),
}
"""By name: the module, and a line of help."""

MISUSE = 2

EXTRAS = {
    "apache_beam": "beam",
    "dill": "beam",
    "google": "tfx",
    "ml_metadata": "tfx",
    "tensorflow_metadata": "tfx",
    "tfx": "tfx",
}
"""By top-level module, the extra of headrace that installs it."""


class _Version(argparse.Action):
    # importlib.metadata is slow: imported only for `--version`.
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"headrace {version('headrace')}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code: 0 good, 1 not good, 2 misuse."""
    given = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="headrace", description="The data half of a TFX pipeline.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = next((word for word in given if not word.startswith("-")), None)
    # To describe all commands takes longer than some of them; an error or help about one names no other.
    described = [wanted] if wanted in COMMANDS and wanted == given[0] else COMMANDS
    for name in described:
        module, words = COMMANDS[name]
        command = commands.add_parser(name, help=words, description=words[0].upper() + words[1:])
        if name == wanted:
            loaded = importlib.import_module(module)
            loaded.add_arguments(command)
            command.set_defaults(run=loaded.run)
    arguments = parser.parse_args(given)
    try:
        code: int = arguments.run(arguments)
    except HeadraceError as error:
        print(f"headrace {arguments.command}: {error}", file=sys.stderr)
        return MISUSE
    except ModuleNotFoundError as error:
        extra = EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        print(f"headrace {arguments.command} needs: pip install 'headrace[{extra}]' ({error})", file=sys.stderr)
        return MISUSE
    except BrokenPipeError:
        # The reader has closed the pipe, as in `headrace check ... | head`.
        sys.stderr.close()
        return MISUSE
    except OSError as error:
        print(f"headrace {arguments.command}: {_os_words(error)}", file=sys.stderr)
        return MISUSE
    return code


def _os_words(error: OSError) -> str:
    named = f"{error.filename}: " if error.filename else ""
    return f"{named}{error.strerror or error}; nothing is blessed"


if __name__ == "__main__":
    sys.exit(main())
