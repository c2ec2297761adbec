"""`headrace check BASELINE CURRENT`: two data files, one verdict, no pipeline; with --key row by row."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace_cli.column_options import add_column_options, declared_columns
from headrace_cli.pair_options import add_pair_options, pairing

if TYPE_CHECKING:
    from rich.console import Console

    from headrace.skew.files import FilesCheckResult
    from headrace.skew.verdict.findings import Finding

REPORT = "headrace-check.html"
MAX_OTHERS = 12
"""Findings without an alarm that are listed; `--all` lists every finding."""

WORDS = {
    "alarm": "[bold red]ALARM[/]",
    "warning": "[yellow]warning[/]",
    "not checked": "[yellow]not checked[/]",
    "noise": "[green]ok (noise)[/]",
    "ok": "[green]ok[/]",
}

LEAST_NAME, LEAST_MEASURE = 16, 14
"""Characters of a line that names of features and of measures have at least."""
WIDE = 110
"""Width of a terminal, in characters, from which the reasons stand in the table."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("baseline", metavar="BASELINE", help="the data to compare with: CSV, JSON lines or Parquet")
    parser.add_argument("current", metavar="CURRENT", help="the data to check")
    parser.add_argument("--report", default=REPORT, metavar="FILE", help="file for the report (default: %(default)s)")
    parser.add_argument("--no-report", action="store_true", help="write no report")
    parser.add_argument("--json", metavar="FILE", help="write the verdict and all findings as JSON")
    parser.add_argument("--linf", type=float, metavar="X", help="threshold for categories, share of rows 0..1 (0.05)")
    parser.add_argument("--jensen-shannon", type=float, metavar="X", help="threshold for numbers, bits 0..1 (0.02)")
    parser.add_argument(
        "--kolmogorov-smirnov", type=float, metavar="X", help="threshold for numbers, share of rows 0..1 (0.1)"
    )
    parser.add_argument("--missing-share", type=float, metavar="X", help="threshold for missing values, 0..1 (0.05)")
    parser.add_argument("--level", type=float, metavar="P", help="accepted share of false alarms, 0..1 (0.01)")
    parser.add_argument(
        "--min-rows", type=int, metavar="N", help="smallest number of rows on each side for a verdict (100)"
    )
    parser.add_argument(
        "--rows-ratio",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="alarm unless rows now / rows before is in this range (default: any number of rows is fine)",
    )
    parser.add_argument(
        "--reject-share",
        type=float,
        default=0.01,
        metavar="X",
        help="share of the rows of CURRENT that may be unreadable, 0..1 (%(default)s)",
    )
    add_column_options(parser)
    add_pair_options(parser)
    parser.add_argument("--all", action="store_true", help="list every finding, not just the worst")


def run(arguments: argparse.Namespace) -> int:
    """Compares the files, prints the table, writes the report; 0 if blessed, 1 if not.

    Raises:
        UsageError: a file does not exist, a threshold is out of its range, an output can't be written there.
        DataError: a file can't be read.
        OSError: no permission to read or write a file.
    """
    _check_outputs(arguments)
    pairs = pairing(arguments)
    from rich.console import Console

    from headrace.files.outputs import whole_file
    from headrace.skew.files import check_files, check_pairs_of_files

    paths, policy = (arguments.baseline, arguments.current), _policy(arguments)
    about: dict[str, Any] = {"reject_share": arguments.reject_share, "declared": declared_columns(arguments)}
    if pairs is None:
        checked = check_files(*paths, policy, **about)
    else:
        checked = check_pairs_of_files(*paths, pairs, policy, **about)
    notes = [*_reject_lines(checked), *_unsupported(checked), *_unmatched_globs(checked, arguments.ignore)]
    verdict = checked.verdict
    console = Console(highlight=False)
    _print(console, checked, notes, everything=arguments.all)
    if arguments.json:
        with whole_file(arguments.json) as path:
            Path(path).write_text(verdict.to_json(), encoding="utf-8")
    if not arguments.no_report:
        from headrace.report import render  # here, since matplotlib takes a second to import

        title = f"{arguments.baseline} against {arguments.current}"
        page = render(checked.checked, title=title, ledgers=checked.ledgers, notes=notes, paired=checked.paired)
        with whole_file(arguments.report) as path:
            Path(path).write_text(page, encoding="utf-8")
        console.print(f"Report: {arguments.report}", soft_wrap=True, markup=False)
    console.print(_verdict_line(checked), soft_wrap=True)
    return 0 if verdict.blessed else 1


def _check_outputs(arguments: argparse.Namespace) -> None:
    # Before any work is done, and every fault at once.
    from headrace.errors import UsageError
    from headrace.files.storage import is_folder, is_remote, same_file

    wanted = {"--json": arguments.json, "--report": None if arguments.no_report else arguments.report}
    outputs = {option: path for option, path in wanted.items() if path is not None}
    faults = []
    for option, path in outputs.items():
        folder = os.path.dirname(path) or "."
        if not path or is_folder(path):
            faults.append(f"{option} must be a file, got {path!r}, which is {'a directory' if path else 'empty'}")
        elif any(same_file(path, one) for one in (arguments.baseline, arguments.current)):
            faults.append(f"{option} must not be one of the files that are compared, got {path!r}")
        elif is_remote(path):
            continue
        elif not os.path.isdir(folder):
            faults.append(f"{option} {path!r}: there is no folder {folder!r}; make it first")
        elif not os.access(folder, os.W_OK):
            faults.append(f"{option} {path!r}: the folder {folder!r} can't be written to")
    if len(outputs) == 2 and same_file(*outputs.values()):
        faults.append(f"--json and --report must be two files, got {arguments.json!r} for both")
    if faults:
        raise UsageError("; ".join(faults))


def _unmatched_globs(checked: FilesCheckResult, globs: list[str]) -> list[str]:
    from fnmatch import fnmatchcase

    names = {f.feature for f in checked.verdict.findings if f.feature}
    unmatched = [glob for glob in dict.fromkeys(globs) if not any(fnmatchcase(name, glob) for name in names)]
    return [f"--ignore {glob!r} matches no column" for glob in unmatched]


def _policy(arguments: argparse.Namespace):  # type: ignore[no-untyped-def]
    from headrace.skew.verdict.policy import SkewPolicy

    def given(*names: str) -> dict[str, Any]:
        return {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}

    thresholds = given("linf", "jensen_shannon", "kolmogorov_smirnov", "missing_share", "mismatches", "unpaired")
    ratio = tuple(arguments.rows_ratio) if arguments.rows_ratio else None
    return SkewPolicy(
        thresholds=thresholds, **given("level", "min_rows"), rows_ratio=ratio, ignore=tuple(arguments.ignore)
    )


def _print(console: Console, checked: FilesCheckResult, notes: list[str], *, everything: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    findings = [f for f in checked.verdict.findings if f.alarm or (_worth_a_line(f) and f.code != "UNSUPPORTED")]
    others = [f for f in findings if not f.alarm]
    shown = list(checked.verdict.findings) if everything else [*checked.verdict.alarms, *others[:MAX_OTHERS]]
    wide = console.width >= WIDE
    table = Table(box=None, pad_edge=False, header_style="bold")
    longest = max((len(f.feature) for f in shown), default=0)
    for name in ("feature", "measure", "distance", "threshold", "noise floor", "verdict", *["why"] * wide):
        # Long measures break between words, so that in a narrow terminal names of features do not.
        wraps = name in ("feature", "measure", "why")
        least = {"feature": min(longest, LEAST_NAME), "measure": LEAST_MEASURE}.get(name)
        numbers = name in ("distance", "threshold", "noise floor")
        justify: Any = "right" if numbers else "left"
        table.add_column(name, justify=justify, overflow="fold", no_wrap=not wraps, min_width=least)
    for f in shown:
        measure = f.measure.replace("_", " ")
        cells = (f.feature or "(all rows)", measure, *map(_figure, (f.distance, f.threshold, f.noise_floor)))
        table.add_row(*map(escape, cells), WORDS[f.verdict], *[escape(_why(f))] * wide)
    console.print(table)
    if not wide:
        for f in checked.verdict.alarms:
            console.print(f"[bold red]ALARM[/] {escape(f.feature or 'all rows')}: {escape(_why(f))}")
    left = len(checked.verdict.findings) - len(shown)
    if left:
        console.print(f"and {left} more without an alarm (--all lists them)", style="dim")
    console.print()
    for path, ledger in checked.ledgers.items():
        console.print(escape(f"{path}: {ledger}"), soft_wrap=True)
    for line in notes:
        console.print(escape(line), style="yellow", soft_wrap=True)


def _worth_a_line(finding: Finding) -> bool:
    return finding.distance != 0 or finding.threshold is None


def _why(finding: Finding) -> str:
    return finding.reason + (f" ({finding.hint})" if finding.hint else "")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _reject_lines(checked: FilesCheckResult) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    from headrace.words import counted

    lines = []
    for path, rejects in checked.rejects.items():
        reasons = rejects.column("reason")
        for reason in reasons.unique().to_pylist():
            of_reason = rejects.filter(pc.equal(reasons, pa.scalar(str(reason))))
            count, (first,) = of_reason.num_rows, of_reason.slice(0, 1).select(["line", "words"]).to_pylist()
            at = f" (line {first['line']:,}: {first['words']})" if first["line"] is not None else ""
            lines.append(f"{path}: {counted(count, 'row')} rejected as {reason}{at}")
    return lines


def _unsupported(checked: FilesCheckResult) -> list[str]:
    return [f"not checked: {f.feature}: {f.reason}" for f in checked.verdict.findings if f.code == "UNSUPPORTED"]


def _verdict_line(checked: FilesCheckResult) -> str:
    from rich.markup import escape

    from headrace.words import counted

    verdict = checked.verdict
    unchecked = list(dict.fromkeys(f.feature or "(all rows)" for f in verdict.findings if f.verdict == "not checked"))
    aside = f"; {len(unchecked):,} not checked: {escape(', '.join(unchecked))}" if unchecked else ""
    if verdict.blessed:
        nothing = (
            "no drift was found" if checked.paired is None else f"{counted(checked.paired.pairs, 'pair')} compared"
        )
        return f"[bold green]Blessed[/]: {nothing}{aside}"
    features = list(dict.fromkeys(f.feature for f in verdict.alarms if f.feature))
    places = [counted(len(features), "feature")] if features else []
    if any(not f.feature for f in verdict.alarms):
        places.append("the rows as a whole")
    named = f": {escape(', '.join(features))}" if features else ""
    alarms = counted(len(verdict.alarms), "alarm")
    return f"[bold red]Not blessed[/]: {alarms} in {' and '.join(places)}{named}{aside}"
