"""`headrace effectiveness FILE --label COL`: measures how well each feature predicts the label."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from headrace_cli.column_options import add_column_options, declared_columns, ignores

if TYPE_CHECKING:
    from headrace.effectiveness import Effectiveness


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="CSV, JSON lines or Parquet")
    parser.add_argument("--label", required=True, metavar="COL", help="the column to predict")
    add_column_options(parser)
    parser.add_argument(
        "--leak",
        type=float,
        default=0.8,
        metavar="X",
        help="a feature that explains this share of the label's entropy, 0..1, is a leakage suspect (%(default)s)",
    )
    parser.add_argument("--json", metavar="FILE", help="write everything as JSON")
    parser.add_argument("--html", metavar="FILE", help="write the tables as an HTML fragment")
    parser.add_argument("--all", action="store_true", help="list every feature, not just the top and bottom ten")


def run(arguments: argparse.Namespace) -> int:
    """Prints the tables; 0, or 1 if there is a leakage suspect.

    Raises:
        UsageError: the file or column does not exist.
        DataError: the file can't be read, or the label has only one value.
    """
    from headrace.effectiveness import format_html, format_json, measure_effectiveness
    from headrace.files.outputs import whole_file
    from headrace.files.storage import refuse_unless_files
    from headrace.ingest.plain_file import read_plain, typed

    refuse_unless_files([arguments.file])
    declared, ignored = declared_columns(arguments), ignores(arguments)
    table, _, ledger = read_plain(arguments.file, declared, leave_out=ignored)
    declared.refuse_unknown(table.column_names)
    table, notes = typed(table, declared.without(ignored), path=arguments.file)
    exclude = [name for name in table.column_names if ignored(name) and name != arguments.label]
    found = measure_effectiveness(table, arguments.label, exclude=exclude, leak=arguments.leak)
    _print(found, everything=arguments.all)
    for note in notes.values():
        print(note)
    print(f"{arguments.file}: {ledger}")
    for path, text in ((arguments.json, format_json), (arguments.html, format_html)):
        if path:
            with whole_file(path) as staging:
                Path(staging).write_text(text(found), encoding="utf-8")
    return 1 if found.suspects else 0


def _print(found: Effectiveness, *, everything: bool) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from headrace.effectiveness.format import note

    console = Console(highlight=False)
    shown = (
        {"features": found.features}
        if everything
        else {"most informative": found.top, "least informative": found.bottom}
    )
    for title, features in shown.items():
        if not features:
            continue
        table = Table(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")
        for name in ("feature", "bits", "of label", "missing", "distinct", ""):
            table.add_column(name, justify="left" if name in ("feature", "") else "right", overflow="fold")
        for f in features:
            cells = (f.name, f"{f.bits:.4f}", f"{100 * f.share:.1f} %", f"{100 * f.missing:.1f} %", f"{f.distinct:,}")
            style = "[bold red]" if f.leak else "[yellow]"
            table.add_row(*map(escape, cells), f"{style}{escape(note(f))}[/]")
        console.print(table)
        console.print()
    for pair in found.pairs:
        line = (
            f"near-duplicates: {pair.one} and {pair.other} determine each other in {100 * pair.share:.4g} % of the rows"
        )
        console.print(escape(line), style="yellow", soft_wrap=True)
    for why in found.not_measured.values():
        console.print(escape(f"not measured: {why}"), style="yellow", soft_wrap=True)
    console.print(f"{found.rows:,} rows with a label of {found.label_bits:.3f} bits; ", end="")
    names = ", ".join(feature.name for feature in found.suspects)
    console.print(f"[bold red]leakage suspects: {escape(names)}[/]" if names else "no leakage suspect")
