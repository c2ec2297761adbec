"""The files that a run reads must stay what they were: one that is replaced or grows meanwhile gives a mixture of two.

inputs = Inputs(paths)              # before the first look at them
with whole_directory(out) as folder, inputs.unchanged():
    ...                             # nothing is put in place if one of them has changed
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from headrace.errors import DataError
from headrace.files.storage import each, is_remote

SHOWN = 3

Version: TypeAlias = "tuple[object, ...] | None"


class Inputs:
    """Files, and which version of each was there when it was added.

    A version is, on a disk, the size, the time of the last change and the number of the file; on a store, its ETag or
    generation where it has one, else size and time. Of a file that is not there nothing is held: who reads it says so.
    """

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._versions: dict[str, Version] = {}
        self.add(paths)

    def add(self, paths: Iterable[str]) -> None:
        """Holds more files from now on."""
        self._versions = {**_versions(paths), **self._versions}

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Holds the files against what they were, when the block ends or fails: an error may come of a change.

        Raises:
            DataError: one has changed.
        """
        try:
            yield
        except Exception as error:
            self.refuse_changed(error)
            raise
        self.refuse_changed()

    def refuse_changed(self, cause: Exception | None = None) -> None:
        """Compares each file with what it was when it was added.

        Raises:
            DataError: names those that are another now, `cause` being what it led to.
        """
        held = {path: version for path, version in self._versions.items() if version is not None}
        changed = [path for path, now in _versions(held).items() if now != held[path]]
        if not changed:
            return
        more = f" and {len(changed) - SHOWN:,} more" if len(changed) > SHOWN else ""
        raise DataError(
            f"{', '.join(changed[:SHOWN])}{more} changed while being read, so this may be a mixture of what was and "
            "what is there: run again when nothing writes there any more, or read a copy"
        ) from cause


def _versions(paths: Iterable[str]) -> dict[str, Version]:
    known = list(dict.fromkeys(paths))
    remote = [path for path in known if is_remote(path)]
    found = {path: _on_disk(path) for path in known if not is_remote(path)}
    if remote:
        from headrace.files.stores import version_of

        found |= zip(remote, each(version_of, remote), strict=True)
    return found


def _on_disk(path: str) -> Version:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_dev, found.st_ino
