"""A spec as YAML, to be written by hand, read by people and committed.

sources:                                    IngestSpec(
- {name: app, pattern: logs/*.csv}            sources=(Source(name="app", pattern="logs/*.csv"),),
record:                            <->        record=RecordSpec(fields=(
  fields:                                       Field(name="at", kind="timestamp"),
  - {name: at, kind: timestamp}               )))

Settings have the names of the dataclasses; what is not said is the default. Unlike in YAML 1.1, `no`, `NA` and
`2026-03-01` are texts, only `true` and `false` are booleans: what means missing in data often looks like these.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from headrace.config.yaml_text import block, flow, read, settings_of
from headrace.errors import UsageError
from headrace.files.storage import is_remote
from headrace.ingest.spec.ingest_spec import IngestSpec
from headrace.ingest.spec.python_file import read_python


def to_yaml(spec: IngestSpec, notes: Mapping[str, str] | None = None) -> str:
    """The settings of a spec that are not the default; `from_yaml` turns them back into an equal spec.

    `notes` become comments: each above the field of that name, the one of "" on top.
    """
    notes = notes or {}
    settings = spec.to_settings(defaults=False)
    fields = settings["record"].pop("fields") if spec.record else []
    lines = [f"# {line}" for line in notes.get("", "").splitlines()]
    for name, value in settings.items():
        if name != "record":
            lines += block({name: value})
            continue
        lines += ["record:", *(f"  {line}" for line in (block(value) if value else [])), "  fields:"]
        for field in fields:
            lines += [f"  # {line}" for line in notes.get(field["name"], "").splitlines()]
            lines.append(f"  - {flow(field)}")
    return "\n".join(lines) + "\n"


def from_yaml(text: str) -> IngestSpec:
    """The spec that a YAML (or JSON) text declares; checks everything.

    Raises:
        UsageError: not YAML, with its line; a key given twice; an unknown setting; a value that is refused.
    """
    return IngestSpec.from_settings(settings_of(text, "sources: and record:"))


def read_spec(path: str) -> IngestSpec:
    """The spec in a file: YAML, JSON, or, if its name ends in `.py`, Python, which is run.

    Raises:
        UsageError: as `from_yaml`, and if there is no such file; names the file.
    """
    if path.endswith(".py") and is_remote(path):
        raise UsageError(f"{path}: a spec in Python is run, so it must be a local file: copy it, or write it as YAML")
    if path.endswith(".py") and os.path.isfile(path):
        return read_python(path)
    return read(path, from_yaml)
