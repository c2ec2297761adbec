"""`headrace schema show|diff|accept`: show a schema, compare two, accept a proposal."""

from __future__ import annotations

import argparse
import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headrace.schema import Change

STYLES = {"full": "green", "backward": "green", "forward": "yellow", "breaking": "bold red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    schema = "schema.pbtxt, or the directory of a Schema artifact"
    show = actions.add_parser("show", help="a table of the features", description="A table of the features.")
    show.add_argument("schema", metavar="SCHEMA", help=schema)
    show.add_argument("--json", action="store_true", help="print it as JSON")
    diff = actions.add_parser(
        "diff",
        help="changes, feature by feature; exits with 1 if old data no longer conform",
        description="Changes, feature by feature. Exits with 0 if the schema reads old data, with 1 if not.",
    )
    diff.add_argument("before", metavar="BEFORE", help=schema)
    diff.add_argument("after", metavar="AFTER", help=schema)
    form = diff.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print it as JSON")
    form.add_argument("--markdown", action="store_true", help="print it as Markdown")
    diff.add_argument(
        "--compatible",
        choices=("backward", "forward", "full", "any"),
        default="backward",
        help="exit with 1 where a change is not compatible in this direction (%(default)s)",
    )
    accept = actions.add_parser(
        "accept",
        help="accept a proposal of SchemaCurator",
        description="Writes the schema with the features that a proposal lists, or with some of them.",
    )
    accept.add_argument("proposal", metavar="PROPOSAL", help="proposal.yaml, of the SchemaDiff artifact")
    accept.add_argument("--schema", required=True, metavar="SCHEMA", help=f"what it is a proposal for: {schema}")
    accept.add_argument(
        "--only", action="append", default=[], metavar="FEATURE", help="accept only this feature; repeatable"
    )
    accept.add_argument("-o", "--output", metavar="FILE", help="file for the schema (default: replaces SCHEMA)")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; 1 if `diff` finds a change that is not as compatible as demanded, else 0.

    Raises:
        UsageError: `headrace[tfx]` is not installed, or a feature is not in the proposal.
        DataError: a file is not a schema or not a proposal, or the proposal is for another schema.
    """
    from headrace.errors import UsageError

    try:
        import headrace.schema.protos  # noqa: F401
    except ImportError as error:
        raise UsageError(f"reading schemas needs: pip install 'headrace[tfx]' ({error})") from error
    return {"show": _show, "diff": _diff, "accept": _accept}[arguments.action](arguments)


def _path(given: str) -> str:
    from headrace.files.storage import is_folder
    from headrace.schema.protos import FILE_NAME

    return os.path.join(given, FILE_NAME) if is_folder(given) else given


def _described(given: str) -> Any:
    from headrace.schema.describe import describe
    from headrace.schema.protos import read_schema

    return describe(read_schema(_path(given)))


def _show(arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from headrace.schema.diff import shown

    found = _described(arguments.schema)
    if arguments.json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
        return 0
    table = Table(box=None, pad_edge=False, header_style="bold")
    whole = found.pop("", {})
    for name in ("feature", "type", "presence", "values", "domain", "unit", "only in", "drift", "skew"):
        table.add_column(name, overflow="fold")
    everywhere: list[str] = whole.pop("environments", None) or []
    for name, aspects in found.items():
        table.add_row(escape(name), *map(escape, _cells(aspects, everywhere)))
    console = Console(highlight=False)
    console.print(table)
    for aspect, value in whole.items():
        for line in value if isinstance(value, list) else [value] if value else []:
            console.print(f"[bold]{aspect}[/] {escape(shown(line, quote=False))}", soft_wrap=True)
    if everywhere:
        console.print(f"[bold]environments[/] {escape(', '.join(everywhere))}", soft_wrap=True)
    console.print(f"{len(found):,} features", style="dim")
    return 0


def _cells(aspects: dict[str, Any], everywhere: list[str]) -> list[str]:
    share = (aspects["presence"] or {"share": 0.0})["share"]
    presence = "required" if share == 1 else f">= {100 * share:g} %" if share else "optional"
    return [
        aspects["type"],
        presence,
        _span(aspects["valency"]),
        _domain(aspects["domain"]),
        aspects["unit"] or "",
        "" if aspects["environments"] == everywhere else ", ".join(aspects["environments"]),
        _threshold(aspects["drift"]),
        _threshold(aspects["skew"]),
    ]


def _domain(domain: dict[str, Any] | None) -> str:
    from headrace.schema.diff import shown

    if domain is None or "min" not in domain:
        return "" if domain is None else domain.get("kind") or shown(domain, quote=False)
    flags = {"disallow_nan": "finite", "is_categorical": "categorical", "is_embedding": "embedding"}
    return " ".join([_span(domain), *(word for flag, word in flags.items() if domain.get(flag))]).strip()


def _span(bounds: dict[str, Any] | None) -> str:
    if bounds is None or bounds["min"] == bounds["max"]:
        return "" if bounds is None or bounds["min"] is None else f"{bounds['min']:g}"
    return "..".join("" if bounds[side] is None else f"{bounds[side]:g}" for side in ("min", "max"))


def _threshold(comparator: dict[str, float] | None) -> str:
    short = {"infinity_norm": "L-inf", "jensen_shannon_divergence": "JS", "normalized_abs_difference": "NAD"}
    return ", ".join(f"{short[name]} {value:g}" for name, value in (comparator or {}).items())


def _diff(arguments: argparse.Namespace) -> int:
    from headrace.schema import changes, markdown

    found = changes(_described(arguments.before), _described(arguments.after))
    if arguments.json:
        print(json.dumps([change.to_data() for change in found], indent=1, ensure_ascii=False))
    elif arguments.markdown:
        print(markdown(found), end="")
    else:
        _print_changes(found)
    return 0 if all(_is_as_demanded(change, arguments.compatible) for change in found) else 1


def _is_as_demanded(change: Change, demanded: str) -> bool:
    kept = {"backward": change.backward, "forward": change.forward, "full": change.backward and change.forward}
    return kept.get(demanded, True)


def _print_changes(found: tuple[Change, ...]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from headrace.schema.diff import WHOLE

    console = Console(highlight=False)
    if not found:
        console.print("no changes")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("feature", "change", "compatible"):
        table.add_column(name, overflow="fold")
    for change in found:
        style = STYLES[change.compatibility]
        words = (change.feature or WHOLE, change.words)
        table.add_row(*map(escape, words), f"[{style}]{change.compatibility}[/]")
    console.print(table)


def _accept(arguments: argparse.Namespace) -> int:
    from headrace.schema import changes
    from headrace.schema.describe import describe
    from headrace.schema.protos import accepted, read_proposal, read_schema, write_schema_file

    path = _path(arguments.schema)
    before = read_schema(path)
    after = accepted(before, read_proposal(arguments.proposal), arguments.only)
    _print_changes(changes(describe(before), describe(after)))
    target = arguments.output or path
    write_schema_file(after, target)
    print(f"Schema: {target}")
    return 0
