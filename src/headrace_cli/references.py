"""Python objects on the command line: `MODULE:NAME` names one, `NAME=VALUE` is an argument of it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable
from typing import Any

from headrace.errors import UsageError


def load_object(reference: str) -> Any:
    """The object that `MODULE:NAME` names; modules of the current folder can be named, too.

    Raises:
        UsageError: there is no such module or name.
    """
    module_name, _, name = reference.partition(":")
    if not name:
        raise UsageError(f"expected MODULE:NAME, such as my_pipeline:create, got {reference!r}")
    import_from_current_folder()
    try:
        return getattr(importlib.import_module(module_name), name)
    except ModuleNotFoundError as error:
        raise UsageError(f"{reference}: {error}; change to the folder that has the module, or install it") from error
    except AttributeError as error:
        raise UsageError(f"{reference}: {error}") from error


def parse_arguments(texts: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` texts as a dict of texts.

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


def import_from_current_folder() -> None:
    """Lets modules of the current folder be imported, as `python -m` does: pipelines usually stand there."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
