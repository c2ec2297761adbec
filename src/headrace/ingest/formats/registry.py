"""All file formats by name: those of the modules in this folder, and those of other installed packages."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import pkgutil
from typing import TypeVar

from headrace.errors import DataError, UsageError
from headrace.files.known_files import refuse_known
from headrace.ingest.formats.file_format import FileFormat, FirstLook, InputFile, Match

ENTRY_POINTS = "headrace.formats"

Registered = TypeVar("Registered", bound=type[FileFormat])

_FORMATS: dict[str, type[FileFormat]] = {}


def register(format_class: Registered) -> Registered:
    """Adds a format, as a decorator of its class."""
    _FORMATS[format_class.name] = format_class
    return format_class


def file_formats() -> dict[str, type[FileFormat]]:
    """All formats by name, in the order of their names."""
    load_formats()
    return dict(sorted(_FORMATS.items()))


def declarable_names() -> tuple[str, ...]:
    """What `Source(format=...)` may be, besides `auto`."""
    return tuple(name for name, found in file_formats().items() if found.declarable)


def declared_format(name: str) -> type[FileFormat]:
    """The format that a source declares.

    Raises:
        UsageError: there is none of that name; lists those there are.
    """
    if name not in declarable_names():
        raise UsageError(f"format must be one of auto, {', '.join(declarable_names())}, got {name!r}")
    return file_formats()[name]


def described(look: FirstLook, declared: type[FileFormat] | None) -> InputFile:
    """The file with its format: the `declared` one, else the one that is surest that the file is its own.

    Raises:
        DataError: the first bytes are those of another format than the declared one; it can't follow what is declared
            of CSV; as `FileFormat.head`.
    """
    found = _format_of(look, declared)
    if look.layout.of_csv and not found.is_csv:
        raise DataError(f"{look.path} is {found.name}: {', '.join(look.layout.of_csv)} can be declared for CSV alone")
    return found.head(look)


def _format_of(look: FirstLook, declared: type[FileFormat] | None) -> type[FileFormat]:
    formats = list(file_formats().values())
    shown = next((one for one in formats if one.magic and look.magic.startswith(one.magic)), None)
    if declared is None:
        surest = max(formats, key=lambda one: one.match(look))
        if surest.match(look) < Match.MAGIC:
            refuse_known(look.path, look.magic, look.compression)
        return surest
    if shown is not None and not issubclass(declared, shown):
        raise DataError(f"{look.path} is {shown.name}: expected {declared.name}, as declared")
    if declared.magic and shown is None:
        if not look.magic:
            raise DataError(f"{look.path} is empty: expected {declared.name}")
        refuse_known(look.path, look.magic, look.compression)
        raise DataError(f"{look.path} is not {declared.name}, as declared: it starts with {look.magic[:16]!r}")
    if shown is None:
        refuse_known(look.path, look.magic, look.compression)
    return declared


@functools.lru_cache(maxsize=1)
def load_formats() -> None:
    """Imports all modules that register a format, once."""
    from headrace.ingest import formats as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        entry.load()
