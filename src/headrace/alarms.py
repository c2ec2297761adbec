"""An alarm: something is wrong with data as a whole, found by the step that made them.

    Alarm(code="SOURCE_STALE", source="watch", count=93_600, share=1.0, words="watch is stale: its newest record ...")
    -> {"code": "SOURCE_STALE", "source": "watch", "count": 93600, "share": 1.0, "words": "watch is stale: ..."}

Ingest and the joins raise alarms. They stand in `ledger.json` and on the artifacts as JSON, and the check of the data
takes each of them for a finding.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What is wrong, how much of it there is, and where.

    Attributes:
        code: names the kind of fault, such as `SOURCE_STALE`.
        source: the source or table it is about; an empty text where it is about all of them.
        label: the label it is about, where it is about one.
        count: how many rows (or what else the code counts) are at fault.
        share: the part of the whole that is at fault, 0..1.
        words: a sentence for people, with the numbers and what was expected.
        field: the column it is about, where it is about one.
        reasons: rows by the reason for which they are at fault, where several are told apart.
    """

    code: str
    source: str | None = None
    label: str | None = None
    count: int
    share: float
    words: str
    field: str | None = None
    reasons: Mapping[str, int] | None = dataclasses.field(default=None, hash=False)

    def __str__(self) -> str:
        return f"{self.code}: {self.words}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without what is None."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        if self.reasons is not None:
            values["reasons"] = dict(self.reasons)
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Alarm:
        """Inverse of `to_dict`; what later versions may add is left out."""
        return cls(**{each.name: data[each.name] for each in fields(cls) if each.name in data})


def distinct(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Each alarm once, in the order in which they came."""
    return list(dict.fromkeys(alarms))
