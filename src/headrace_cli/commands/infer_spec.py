"""`headrace infer-spec FILES...`: writes a first ingest spec, YAML or Python, to be edited and committed."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="CSV or JSON lines files with the same columns")
    words = "file for the spec: Python if its name ends in .py, else YAML (default: print YAML)"
    parser.add_argument("-o", "--output", metavar="SPEC", help=words)
    parser.add_argument("--name", default="files", metavar="SOURCE", help="the name of the source (%(default)s)")
    parser.add_argument("--ranges", action="store_true", help="declare the ranges of numbers that were seen as bounds")


def run(arguments: argparse.Namespace) -> int:
    """Writes or prints the spec; 0.

    Raises:
        UsageError: a file does not exist.
        DataError: a file can't be read, or CSV files differ in their columns.
    """
    from headrace.files.outputs import whole_file
    from headrace.ingest.infer_spec import infer
    from headrace.ingest.spec.python_file import to_python
    from headrace.ingest.spec.yaml_file import to_yaml

    found = infer(arguments.files, name=arguments.name, ranges=arguments.ranges)
    write = to_python if str(arguments.output).endswith(".py") else to_yaml
    text = write(found.spec, found.notes)
    if arguments.output is None:
        print(text, end="")
        return 0
    with whole_file(arguments.output) as path:
        Path(path).write_text(text, encoding="utf-8")
    print(f"Spec: {arguments.output} (headrace ingest {arguments.output} --out DIR)")
    return 0
