"""Declarations as a YAML file, to be written by hand, reviewed and committed.

Unlike in YAML 1.1, `no`, `NA` and `2026-03-01` are texts, only `true` and `false` are booleans.
"""

from __future__ import annotations

from headrace.config.yaml_text import read, settings, to_block
from headrace.schema.declarations import Declarations


def read_declarations(path: str) -> Declarations:
    """The declarations in a YAML or JSON file.

    Raises:
        UsageError: there is no such file, it is not YAML, or has what can't be meant; names the file and the fault.
    """
    return read(path, from_yaml)


def from_yaml(text: str) -> Declarations:
    """The declarations that a YAML text says.

    Raises:
        UsageError: not YAML, with its line; a key given twice; what can't be meant.
    """
    return Declarations.from_settings(settings(text) or {})


def to_yaml(declarations: Declarations) -> str:
    """What was declared, as `from_yaml` reads it."""
    return to_block(declarations.to_settings(defaults=False))
