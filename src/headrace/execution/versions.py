"""The versions of libraries that decide what is written: a worker with others would write other bytes, silently.

Parquet of another pyarrow, a hash of another DuckDB, a local time by another zone database: each attempt carries the
versions of the process that submitted it, and a worker that has others refuses.
"""

from __future__ import annotations

import functools
import platform
from collections.abc import Mapping
from importlib import metadata

from headrace.errors import UsageError

PACKAGES = ("headrace", "pyarrow", "duckdb", "numpy", "tzdata")
NOT_INSTALLED = "from a folder"
"""In place of a version, where a package is imported without having been installed, as from `PYTHONPATH`."""


@functools.cache
def versions() -> Mapping[str, str]:
    """Python (major and minor) and `PACKAGES`, by name, in this process."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, **{name: _version(name) for name in PACKAGES}}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return NOT_INSTALLED


def refuse_others(submitter: Mapping[str, str]) -> None:
    """Holds this process against the one that submits.

    Raises:
        UsageError: a version differs; names all that do, and the machine.
    """
    here = versions()
    if here != submitter:
        odd = [f"{name} {here.get(name)} instead of {version}" for name, version in submitter.items()]
        odd = [words for words, name in zip(odd, submitter, strict=True) if here.get(name) != submitter[name]]
        raise UsageError(
            f"the worker on {platform.node()} has {', '.join(odd)}: results would not be the same everywhere; "
            "install the versions of the submitter on all workers"
        )
