"""How columns changed since an earlier span: new, gone, or of another kind.

{"id": "text", "bpm": "integer"}  ->  {"id": "text", "bpm": "float", "pace": "float"}
    COLUMN_KIND bpm: was integer, is float      COLUMN_NEW pace: float
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headrace.alarms import Alarm


def field_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Alarm]:
    """An alarm for each field (name to kind) that is new, gone or of another kind; those of `after` first."""
    found = []
    for name, kind in after.items():
        if name not in before:
            found.append(_alarm("COLUMN_NEW", "", name, f"field {name} ({kind}) is new since the earlier span"))
        elif before[name] != kind:
            words = f"field {name} was {before[name]} in the earlier span and is {kind} now"
            found.append(_alarm("COLUMN_KIND", "", name, words))
    for name, kind in before.items():
        if name not in after:
            found.append(_alarm("COLUMN_GONE", "", name, f"field {name} ({kind}) of the earlier span is gone"))
    return found


def column_changes(before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]) -> list[Alarm]:
    """The same for the columns in the files of each source, whether they became fields or not; no kinds are known."""
    found = []
    for source, columns in after.items():
        earlier = before.get(source)
        if not earlier or not columns:  # not there or without a header: nothing can be said
            continue
        for name in columns:
            if name not in earlier:
                words = f"the files of {source} have a new column {name} since the earlier span"
                found.append(_alarm("COLUMN_NEW", source, name, words))
        for name in earlier:
            if name not in columns:
                words = f"the files of {source} lack the column {name} of the earlier span"
                found.append(_alarm("COLUMN_GONE", source, name, words))
    return found


def _alarm(code: str, source: str, name: str, words: str) -> Alarm:
    return Alarm(code=code, source=source, count=1, share=1.0, words=words, field=name)
