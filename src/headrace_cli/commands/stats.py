"""`headrace stats FILE...`: statistics of data files, as a table, as TFDV's proto and as a page."""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace_cli.column_options import add_column_options, declared_columns, ignores

if TYPE_CHECKING:
    from headrace.ledger import Ledger
    from headrace.stats import DataSetSummary, StatsSpec

STATISTICS = "headrace-stats.pb"
REPORT = "headrace-stats.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="data: CSV, JSON lines, Parquet, Avro or TFRecords")
    parser.add_argument("--each", action="store_true", help="statistics of each file, not of all files together")
    parser.add_argument(
        "--slice",
        action="append",
        default=[],
        metavar="COL",
        help="also slice by the values of this column; repeatable",
    )
    parser.add_argument(
        "--label", default="", metavar="COL", help="also compute mutual information of each column with this one"
    )
    parser.add_argument("--weight", default="", metavar="COL", help="weigh the rows by this column")
    parser.add_argument("--correlate", action="store_true", help="also compute correlations of all numeric columns")
    add_column_options(parser, spec=False)
    parser.add_argument("--spec", metavar="FILE", help="a StatsSpec as YAML or JSON, instead of the options above")
    parser.add_argument(
        "--statistics", default=STATISTICS, metavar="FILE", help="file for TFDV's statistics (default: %(default)s)"
    )
    parser.add_argument("--report", default=REPORT, metavar="FILE", help="file for the page (default: %(default)s)")
    parser.add_argument("--no-report", action="store_true", help="write no page")


def run(arguments: argparse.Namespace) -> int:
    """Prints the table, writes statistics and page; 0.

    Raises:
        UsageError: a file does not exist, a named column is in no file, TFDV is not installed.
        DataError: a file can't be read in its format.
    """
    from headrace.stats import statistics, summarize
    from headrace.stats.spec.unknown_features import refuse_unknown
    from headrace_cli.feature_files import batches, feature_types, open_files

    spec, declared, ignored = _spec(arguments), declared_columns(arguments, spec=False), ignores(arguments)

    def leave_out(name: str) -> bool:
        return ignored(name) or name in spec.exclude

    _refuse(arguments.files, (arguments.statistics, "" if arguments.no_report else arguments.report))
    _quieten()
    ledgers: dict[str, Ledger] = {}
    groups = [[path] for path in arguments.files] if arguments.each else [arguments.files]
    protos: dict[str, Any] = {}
    summaries: dict[str, Sequence[DataSetSummary]] = {}
    left_out: dict[str, str] = {}
    for paths in groups:
        files = open_files(paths, declared, leave_out)
        columns = list(dict.fromkeys(name for file in files for name in file.schema.names))
        _refuse_unmatched(arguments.ignore, columns)
        declared.refuse_unknown(columns)
        of = feature_types(files, leave_out)
        refuse_unknown(spec, columns)
        ledgers |= {file.path: file.ledger for file in files}
        left_out |= of.left_out
        name = _name(paths, protos)
        protos[name] = statistics(batches(files, of), spec)
        summaries[name] = summarize(protos[name], of.types)
    _print(summaries, ledgers)
    for why in left_out.values():
        print(f"not computed: {why}")
    _write(protos, summaries, arguments)
    return 0


def _spec(arguments: argparse.Namespace) -> StatsSpec:
    from headrace.config.yaml_text import read, settings_of
    from headrace.errors import UsageError
    from headrace.stats import MutualInformation, Override, StatsSpec

    if not arguments.spec:
        return StatsSpec(
            identifiers=tuple(arguments.id),
            overrides={name: Override(categorical=True) for name in arguments.category},
            slices=tuple(arguments.slice),
            weight=arguments.weight,
            label=arguments.label,
            crosses=arguments.correlate,
            mutual_information=MutualInformation() if arguments.label else None,
        )
    replaced = ("slice", "weight", "label", "correlate", "id", "category")
    if given := [f"--{name}" for name in replaced if getattr(arguments, name)]:
        raise UsageError(f"--spec replaces {', '.join(given)}: set it in the spec")
    return read(arguments.spec, lambda text: StatsSpec.from_settings(settings_of(text, "slices: and label:")))


def _refuse(files: Sequence[str], outputs: Sequence[str]) -> None:
    from headrace.errors import UsageError
    from headrace.files.storage import is_remote, refuse_unless_files, same_file

    refuse_unless_files(files)
    faults = []
    for path in filter(None, outputs):
        if not is_remote(path) and not os.path.isdir(os.path.dirname(path) or "."):
            faults.append(f"{path}: there is no such folder")
        if any(same_file(path, file) for file in files):
            faults.append(f"{path} would be written over the data")
    if faults:
        raise UsageError("; ".join(faults))


def _refuse_unmatched(globs: Sequence[str], columns: Sequence[str]) -> None:
    from fnmatch import filter as matching

    from headrace.errors import UsageError

    if unmatched := [glob for glob in globs if not matching(columns, glob)]:
        raise UsageError(f"--ignore {', '.join(unmatched)} matches no column; there are: {', '.join(columns)}")


def _quieten() -> None:
    # What TFDV and TensorFlow's libraries print when they are imported says nothing to who runs a command.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.filterwarnings("ignore", category=FutureWarning)


def _name(paths: Sequence[str], taken: Mapping[str, Any]) -> str:
    name = os.path.basename(paths[0]) if len(paths) == 1 else f"{len(paths):,} files"
    return name if name not in taken else paths[0]


def _print(statistics: Mapping[str, Sequence[DataSetSummary]], ledgers: Mapping[str, Ledger]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from headrace.report.statistics import kind, share, summary

    console = Console()
    for name, (whole, *slices) in statistics.items():
        table = Table(
            title=f"{escape(name)}: {whole.rows:,} rows, {len(whole.features):,} features", title_justify="left"
        )
        for header in ("feature", "type"):
            table.add_column(header)
        for header in ("missing", "different"):
            table.add_column(header, justify="right")
        table.add_column("values", overflow="fold")
        for line in whole.features:
            distinct = "" if line.distinct is None else f"{line.distinct:,}"
            missing = share(line.missing, line.rows)
            table.add_row(escape(line.name), kind(line), missing, distinct, escape(summary(line)))
        console.print(table)
        if slices:
            sizes = sorted((each.rows for each in slices), reverse=True)
            console.print(f"{len(slices):,} slices of {sizes[-1]:,} to {sizes[0]:,} rows")
    for path, ledger in ledgers.items():
        if ledger.parts.get("rejected"):
            console.print(f"{escape(path)}: {ledger}", style="yellow")


def _write(
    protos: Mapping[str, Any], summaries: Mapping[str, Sequence[DataSetSummary]], arguments: argparse.Namespace
) -> None:
    from headrace.files.outputs import whole_file
    from headrace.report.statistics import render_statistics

    stem, suffix = os.path.splitext(arguments.statistics)
    for number, (name, proto) in enumerate(protos.items(), 1):
        path = arguments.statistics if len(protos) == 1 else f"{stem}-{number}{suffix}"
        with whole_file(path) as staging:
            Path(staging).write_bytes(proto.SerializeToString(deterministic=True))
        print(f"statistics of {name}: {path}")
    if not arguments.no_report:
        title = "Statistics of " + ", ".join(summaries)
        with whole_file(arguments.report) as staging:
            Path(staging).write_text(render_statistics(summaries, title=title), encoding="utf-8")
        print(f"page: {arguments.report}")
