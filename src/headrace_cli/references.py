"""What a command line says of Python objects: `MODULE:NAME`, and `NAME=VALUE` for what they are called with."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable
from typing import Any

from headrace.errors import UsageError


def named(reference: str) -> Any:
    """The object that `MODULE:NAME` names; modules of the folder one stands in count.

    Raises:
        UsageError: there is none.
    """
    module_name, _, name = reference.partition(":")
    if not name:
        raise UsageError(f"expected MODULE:NAME, such as my_pipeline:create, got {reference!r}")
    here_counts()
    try:
        return getattr(importlib.import_module(module_name), name)
    except ModuleNotFoundError as error:
        raise UsageError(f"{reference}: {error}; stand in the folder that has the module, or install it") from error
    except AttributeError as error:
        raise UsageError(f"{reference}: {error}") from error


def pairs(texts: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` texts as a dict.

    Raises:
        UsageError: one has no `=`, or a name is there twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise UsageError(f"expected NAME=VALUE, got {text!r}")
        if name in found:
            raise UsageError(f"{name} is given twice: {found[name]!r} and {value!r}")
        found[name] = value
    return found


def here_counts() -> None:
    """Lets modules of the current folder be imported, as `python -m` does: a pipeline is code of where one stands."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
