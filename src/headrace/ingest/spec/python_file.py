"""A spec as a Python file, to be edited and committed: what stands in it under the name `spec`.

from headrace.ingest import Field, IngestSpec, RecordSpec, Source

spec = IngestSpec(
    sources=(Source(name="app", pattern=("logs/*.csv",)),),
    record=RecordSpec(fields=(Field(name="at", kind="timestamp"),)),
)
"""

from __future__ import annotations

import dataclasses
import runpy
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from headrace.errors import HeadraceError, UsageError
from headrace.ingest.spec.fields import Field
from headrace.ingest.spec.ingest_spec import IngestSpec

WIDTH = 120
INDENT = "    "


def to_python(spec: IngestSpec, notes: Mapping[str, str] | None = None) -> str:
    """Python source of a spec; settings that are as they would be anyway are left out.

    `notes` become comments: each above the field of that name, the one of "" on top.
    """
    notes = notes or {}
    names = sorted({type(one).__name__ for one in _parts(spec)})
    lines = [f"# {line}" for line in notes.get("", "").splitlines()]
    lines += ["", f"from headrace.ingest import {', '.join(names)}", ""]
    return "\n".join([*lines, *_lines("spec = ", spec, "", notes)]).lstrip("\n") + "\n"


def read_python(path: str) -> IngestSpec:
    """The `spec` of a Python file, which is run.

    Raises:
        UsageError: it can't be run, or has no `spec`; names the file, and the line.
    """
    try:
        found = runpy.run_path(path).get("spec")
    except HeadraceError as error:
        raise UsageError(f"{path}: {error}") from error
    except Exception as error:  # whatever the file raises
        last = traceback.extract_tb(error.__traceback__)[-1]
        line = error.lineno if isinstance(error, SyntaxError) else last.lineno if last.filename == path else None
        where = f", line {line}" if line else ""
        raise UsageError(f"{path}{where}: this can't be run: {type(error).__name__}: {error}") from error
    if not isinstance(found, IngestSpec):
        raise UsageError(f"{path}: expected an IngestSpec under the name `spec`, got {type(found).__name__}")
    return found


def _parts(value: Any) -> Iterator[Any]:
    if dataclasses.is_dataclass(value):
        yield value
        for one in dataclasses.fields(value):
            if not _is_default(value, one):
                yield from _parts(getattr(value, one.name))
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _parts(one)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _parts(one)


def _is_default(value: Any, field: dataclasses.Field[Any]) -> bool:
    default = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
    return bool(getattr(value, field.name) == default)


def _lines(before: str, value: Any, after: str, notes: Mapping[str, str], depth: int = 0) -> list[str]:
    """A value between what stands before and after it, over as many lines as it needs."""
    pad = INDENT * depth
    line = f"{pad}{before}{_flat(value)}{after}"
    # Each field has a line of its own, for its comment.
    has_fields = any(isinstance(part, Field) for part in _parts(value))
    breaks = has_fields or (len(line) > WIDTH and (dataclasses.is_dataclass(value) or isinstance(value, (tuple, list))))
    if not breaks or isinstance(value, Field):
        return [line]
    if isinstance(value, (tuple, list)):
        found = [f"{pad}{before}("]
        for one in value:
            if isinstance(one, Field):
                found += [f"{pad}{INDENT}# {note}" for note in notes.get(one.name, "").splitlines()]
            found += _lines("", one, ",", notes, depth + 1)
        return [*found, f"{pad}){after}"]
    found = [f"{pad}{before}{type(value).__name__}("]
    for one in dataclasses.fields(value):
        if not _is_default(value, one):
            found += _lines(f"{one.name}=", getattr(value, one.name), ",", notes, depth + 1)
    return [*found, f"{pad}){after}"]


def _flat(value: Any) -> str:
    if dataclasses.is_dataclass(value):
        said = [one for one in dataclasses.fields(value) if not _is_default(value, one)]
        settings = [f"{one.name}={_flat(getattr(value, one.name))}" for one in said]
        return f"{type(value).__name__}({', '.join(settings)})"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(_flat, value))}{',' * (len(value) == 1)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flat(key)}: {_flat(one)}" for key, one in value.items()) + "}"
    if isinstance(value, str) and '"' not in value and "\\" not in value and value.isprintable():
        return f'"{value}"'
    return repr(value)
