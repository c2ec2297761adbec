"""Declarations as a YAML file, to be written by hand, reviewed and committed.

Unlike in YAML 1.1, `no`, `NA` and `2026-03-01` are texts, and only `true` and `false` are booleans.
"""

from __future__ import annotations

from headrace.config.yaml_text import read, settings, to_block
from headrace.schema.declarations import Declarations


def read_declarations(path: str) -> Declarations:
    """The declarations in a YAML or JSON file.

    Raises:
        UsageError: the file is missing, is not YAML or has invalid settings; names the file and every fault.
    """
    return read(path, from_yaml)


def from_yaml(text: str) -> Declarations:
    """The declarations in a YAML text.

    Raises:
        UsageError: it is not YAML (names the line), has a key twice or invalid settings.
    """
    return Declarations.from_settings(settings(text) or {})


def to_yaml(declarations: Declarations) -> str:
    """YAML text that `from_yaml` reads."""
    return to_block(declarations.to_settings(defaults=False))
