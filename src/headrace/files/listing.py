"""Globs on stores: level by level, so that nothing is listed beside what the pattern can match.

    s3://bucket/logs/2026-*/*.csv      lists logs/, then each day that matches, and no other folder of the bucket
    s3://bucket/logs/**                lists all below logs/

Empty objects whose names end with a slash, which some tools write in place of folders, are no files.
"""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Iterator

from pyarrow import fs

from headrace.files.stores import named_errors, place_of

ANY_DEPTH = "**"


FILES, FOLDERS = fs.FileType.File, fs.FileType.Directory


def matches(pattern: str, *, with_folders: bool = False) -> list[str]:
    """The files that match a pattern with a scheme, by name; `*`, `?` and `[...]` stand for no slash.

    `with_folders`: folders that match it, too; `**` stands for files alone.
    """
    place = place_of(pattern)
    parts = place.path.split("/")
    kinds = (FILES, FOLDERS) if with_folders else (FILES,)
    with named_errors(pattern):
        return sorted(place.written(path) for path in _below(place.files, parts[0], parts[1:], kinds))


def names_in(folder: str) -> list[str]:
    """The names of the files and folders in a folder with a scheme; none where there is no such folder."""
    place = place_of(folder.rstrip("/"))
    with named_errors(folder):
        found = [path for kind in (FILES, FOLDERS) for path in _listed(place.files, place.path, kind)]
    return sorted({path.rpartition("/")[2] for path in found} - {""})


def _below(files: fs.FileSystem, folder: str, parts: list[str], kinds: tuple[fs.FileType, ...]) -> Iterator[str]:
    plain = 0
    while plain < len(parts) and not glob.has_magic(parts[plain]):
        plain += 1
    base = "/".join([folder, *parts[:plain]])
    if plain == len(parts):
        (info,) = files.get_file_info([base])
        if info.type in kinds:
            yield base
        return
    part, rest = parts[plain], parts[plain + 1 :]
    if part == ANY_DEPTH:
        yield from (path for path in _listed(files, base, FILES, recursive=True) if _ends_as(path, base, rest))
        return
    wanted = (FOLDERS,) if rest else kinds
    for path in (path for kind in wanted for path in _listed(files, base, kind)):
        if fnmatch.fnmatchcase(path.rpartition("/")[2], part):
            if rest:
                yield from _below(files, path, rest, kinds)
            else:
                yield path


def _listed(files: fs.FileSystem, folder: str, kind: fs.FileType, *, recursive: bool = False) -> list[str]:
    # Arrow's client of GCS gives only the folders that empty objects stand for: they are taken from the names below.
    from_names = kind == FOLDERS and files.type_name == "gcs"
    selector = fs.FileSelector(folder, recursive=recursive or from_names, allow_not_found=True)
    found = files.get_file_info(selector)
    if from_names:
        below = (info.path.removeprefix(f"{folder}/").split("/") for info in found if info.type == FILES)
        return [f"{folder}/{name}" for name in dict.fromkeys(names[0] for names in below if len(names) > 1)]
    return [info.path for info in found if info.type == kind]


def _ends_as(path: str, base: str, rest: list[str]) -> bool:
    """Whether a file below `base` ends with names that match `rest`; of nothing, any does."""
    names = path.removeprefix(f"{base}/").split("/")
    if not rest or rest == [ANY_DEPTH]:
        return True
    if ANY_DEPTH in rest:
        at = rest.index(ANY_DEPTH)
        return any(
            _fit(names[start : start + at], rest[:at]) and _ends_as("/".join(names[start + at :]), "", rest[at + 1 :])
            for start in range(len(names) - at + 1)
        )
    return len(names) >= len(rest) and _fit(names[-len(rest) :], rest)


def _fit(names: list[str], patterns: list[str]) -> bool:
    return len(names) == len(patterns) and all(map(fnmatch.fnmatchcase, names, patterns))
