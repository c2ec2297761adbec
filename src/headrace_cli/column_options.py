"""Options that say what the columns of plain files are: --spec, --time, --category, --id, and --ignore.

--time shown_at --time sent=epoch_ms --category zip --id user
->  shown_at: a time; sent: a time, counted in milliseconds since 1970; zip: a category; user: an identifier
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headrace.ingest.plain_file import DeclaredColumns
    from headrace.values import ColumnType

KINDS = {"time": "time", "category": "category", "id": "identifier"}


def add_column_options(parser: argparse.ArgumentParser, *, spec: bool = True) -> None:
    """Declares the options; `spec`: whether the command has no other --spec."""
    if spec:
        words = "a spec of ingest, as `headrace infer-spec` writes it: what the columns are, how the files are read"
        parser.add_argument("--spec", metavar="FILE", help=words)
    for option, words in (
        ("time", "a column of times; COL=epoch_s, epoch_ms, epoch_us or epoch_ns says what its numbers count"),
        ("category", "a column of categories, whose shares are compared, such as a code of digits"),
        ("id", "a column of identifiers, which name things"),
        ("ignore", "leave out a column, or what a glob matches; its values are not looked at"),
    ):
        parser.add_argument(f"--{option}", action="append", default=[], metavar="COL", help=f"{words}; repeatable")


def declared_columns(arguments: argparse.Namespace, *, spec: bool = True) -> DeclaredColumns:
    """What the options say of the columns.

    Raises:
        UsageError: the spec is refused, or a column is of two types.
    """
    from headrace.ingest.plain_file import DeclaredColumns
    from headrace.ingest.spec.yaml_file import read_spec

    types = declared_types(arguments)
    if spec and arguments.spec:
        return DeclaredColumns.of_spec(read_spec(arguments.spec), types)
    return DeclaredColumns(types=types)


def declared_types(arguments: argparse.Namespace) -> dict[str, ColumnType]:
    """The types that --time, --category and --id name.

    Raises:
        UsageError: a column is of two types; all are named.
    """
    from headrace.errors import UsageError
    from headrace.values import declared

    found: dict[str, ColumnType] = {}
    faults = []
    for option, kind in KINDS.items():
        for given in dict.fromkeys(getattr(arguments, option)):
            name, equals, unit = given.rpartition("=")
            counted = option == "time" and equals and unit.startswith("epoch_")
            name, kind_of_it = (name, declared(unit)) if counted else (given, declared(kind))
            if name in found:
                faults.append(f"{name!r} is declared as {found[name]} and as {kind_of_it}")
            found[name] = kind_of_it
    if faults:
        raise UsageError("; ".join(faults))
    return found


def ignores(arguments: argparse.Namespace) -> Callable[[str], bool]:
    """Whether --ignore leaves out a column."""
    from fnmatch import fnmatchcase

    return lambda name: any(fnmatchcase(name, glob) for glob in arguments.ignore)
