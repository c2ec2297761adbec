"""`headrace infer-spec FILES...`: writes a first ingest spec, YAML or Python, to be edited and committed."""

from __future__ import annotations

import argparse
from pathlib import Path

TABS = ("tab", "\\t")
"""How a tab can be typed in a shell."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="files with the same columns, of any format")
    words = "file for the spec: Python if its name ends in .py, else YAML (default: print YAML)"
    parser.add_argument("-o", "--output", metavar="SPEC", help=words)
    parser.add_argument("--name", default="files", metavar="SOURCE", help="the name of the source (%(default)s)")
    parser.add_argument("--ranges", action="store_true", help="declare the ranges of numbers that were seen as bounds")
    layout = parser.add_argument_group("how the files are to be read, as in Source of the spec")
    layout.add_argument("--format", metavar="NAME", help="the format, where neither content nor name show it")
    layout.add_argument("--encoding", metavar="NAME", help="the encoding of text, as Python calls it (utf-8)")
    layout.add_argument("--dialect", metavar="NAME", help="the log collector that wrote the files")
    words = "what stands between values of CSV; tab for a tab (default: looked for in the first lines)"
    layout.add_argument("--delimiter", metavar="TEXT", help=words)
    words = "the first line of CSV does not name the columns"
    layout.add_argument("--no-header", dest="header", action="store_false", default=None, help=words)
    layout.add_argument("--skip-rows", type=int, metavar="N", help="lines of CSV above the header")
    layout.add_argument("--footer-rows", type=int, metavar="N", help="lines of CSV below the last record")
    layout.add_argument("--comment", metavar="TEXT", help="what lines of CSV begin with that are no records")
    layout.add_argument("--escape", metavar="SIGN", help="the sign in CSV that makes the next one part of the value")
    for name, words in (
        ("quoted-line-breaks", "values of CSV may have line breaks in quotes"),
        ("skip-initial-space", "spaces behind a delimiter of CSV are not part of the value"),
        ("trailing-delimiter", "lines of CSV end with a delimiter"),
        ("hive-columns", "folders called name=value are columns"),
    ):
        layout.add_argument(f"--{name}", action="store_true", default=None, help=words)


LAYOUT = (
    "format", "encoding", "dialect", "delimiter", "header", "skip_rows", "footer_rows", "comment", "escape",
    "quoted_line_breaks", "skip_initial_space", "trailing_delimiter", "hive_columns",
)  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Writes or prints the spec; 0.

    Raises:
        UsageError: a file does not exist, or an option can't be meant.
        DataError: a file can't be read, or CSV files differ in their columns.
    """
    from headrace.files.outputs import whole_file
    from headrace.ingest import Source
    from headrace.ingest.infer_spec import infer
    from headrace.ingest.spec.python_file import to_python
    from headrace.ingest.spec.yaml_file import to_yaml

    layout = {name: value for name in LAYOUT if (value := getattr(arguments, name)) is not None}
    if layout.get("delimiter") in TABS:
        layout["delimiter"] = "\t"
    source = Source(name=arguments.name, pattern=tuple(arguments.files), **layout)
    found = infer(arguments.files, name=arguments.name, source=source, ranges=arguments.ranges)
    write = to_python if str(arguments.output).endswith(".py") else to_yaml
    text = write(found.spec, found.notes)
    if arguments.output is None:
        print(text, end="")
        return 0
    with whole_file(arguments.output) as path:
        Path(path).write_text(text, encoding="utf-8")
    print(f"Spec: {arguments.output} (headrace ingest {arguments.output} --out DIR)")
    return 0
