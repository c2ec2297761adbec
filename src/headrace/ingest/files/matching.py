"""Which files the patterns of a source match: globs, local or remote, and the newest version of each wanted span."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator

from headrace.errors import DataError
from headrace.files.storage import is_remote, matches
from headrace.ingest.spec.source import Source
from headrace.ingest.spec.spans import SpanRange, format_spans, glob_of, has_span, placed_in_spans


def matched(source: Source) -> tuple[dict[str, int | None], list[str]]:
    """The files of a source with the span of each (None where its pattern names none), in order; and the faults."""
    found: dict[str, int | None] = {}
    faults = []
    plain: dict[str, list[str]] = {}
    spans: dict[str, dict[int, list[str]]] = {}
    for pattern in source.patterns:
        try:
            paths = _matches(glob_of(pattern))
            if has_span(pattern):
                versions = placed_in_spans(pattern, paths)
                # Only the newest version of a span is read.
                spans[pattern] = {span: of_span[max(of_span)] for span, of_span in versions.items()}
            else:
                plain[pattern] = paths
        except (DataError, OSError) as error:
            faults.append(f"source {source.name!r}: {error}")
            continue
        if not paths or not spans.get(pattern, True):
            faults.append(f"source {source.name!r}: no file matches {pattern}; {_what_there_is(glob_of(pattern))}")
    if faults:
        # The files there are: otherwise the source would count as having none.
        return dict.fromkeys(path for paths in plain.values() for path in paths), faults
    asked = source.spans or SpanRange(newest=1)
    every = {span for there in spans.values() for span in there}
    chosen = asked.chosen(every)
    if spans and not chosen:
        faults.append(
            f"source {source.name!r}: no span is in the range; there are {format_spans(sorted(every), source.patterns)}"
        )
    for pattern in source.patterns:
        if pattern not in spans:
            found.update(dict.fromkeys(plain[pattern]))
            continue
        there = spans[pattern]
        absent = sorted({*asked.absent(chosen), *(() if asked.gaps else set(chosen) - set(there))})
        if absent:
            words = format_spans(absent, source.patterns)
            faults.append(
                f"source {source.name!r}: no file of span {words} matches {pattern} (SpanRange(gaps=True) allows it)"
            )
        found.update({path: span for span in chosen for path in there.get(span, ())})
    return found, faults


def _matches(pattern: str) -> list[str]:
    if not is_remote(pattern) and os.path.exists(pattern):
        return [pattern]
    return matches(pattern)


def _what_there_is(pattern: str) -> str:
    if is_remote(pattern):
        return "check the path"
    folder = next(folder for folder in _parents(pattern) if not glob.has_magic(folder))
    if not os.path.isdir(folder):
        return f"there is no folder {folder}"
    names = sorted(os.listdir(folder))
    if not names:
        return f"{folder} is empty"
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{folder} has {', '.join(names[:8])}{more}"


def _parents(path: str) -> Iterator[str]:
    while True:
        path = os.path.dirname(path) or "."
        yield path
