"""Counts that must add up.

    Ledger(subject="rows", total=100, parts={"accepted": 97, "rejected": 2, "duplicate": 1})   # holds
    Ledger(subject="rows", total=100, parts={"accepted": 97, "rejected": 2})                   # LedgerError: 1 missing

`total` is counted where data comes in and each part where it goes out, by different code: that is what makes the sum a
proof that nothing was lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from headrace.errors import LedgerError, UsageError


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """`total` of `subject` came in; each left through exactly one of `parts`.

    Raises:
        LedgerError: the parts do not add up to the total.
    """

    subject: str
    total: int
    parts: Mapping[str, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", dict(self.parts))
        if self.total < 0 or any(count < 0 for count in self.parts.values()):
            raise LedgerError(f"a count is negative: {self}")
        missing = self.total - sum(self.parts.values())
        if missing:
            what = f"{missing:,} unaccounted for" if missing > 0 else f"{-missing:,} too many"
            raise LedgerError(f"the ledger does not add up, {what}: {self}")

    def __str__(self) -> str:
        return f"{self.total:,} {self.subject} = " + " + ".join(f"{n:,} {name}" for name, n in self.parts.items())

    def __getitem__(self, part: str) -> int:
        return self.parts[part]

    def __add__(self, other: Ledger) -> Ledger:
        if (other.subject, list(other.parts)) != (self.subject, list(self.parts)):
            raise UsageError(f"ledgers of different things can't be added: {self} and {other}")
        parts = {name: count + other.parts[name] for name, count in self.parts.items()}
        return Ledger(subject=self.subject, total=self.total + other.total, parts=parts)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: `{"subject": ..., "total": ..., "parts": {...}}`."""
        return {"subject": self.subject, "total": self.total, "parts": dict(self.parts)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Ledger:
        """Inverse of `to_dict`; checks the sum again."""
        return cls(subject=data["subject"], total=data["total"], parts=data["parts"])


def total(ledgers: Iterable[Ledger]) -> Ledger:
    """The sum of at least one ledger of the same subject and parts."""
    first, *rest = ledgers
    for ledger in rest:
        first = first + ledger
    return first


def dump(ledgers: Mapping[str, Ledger]) -> str:
    """Named ledgers as one JSON text."""
    return json.dumps({name: ledger.to_dict() for name, ledger in ledgers.items()}, indent=2)


def load(text: str) -> dict[str, Ledger]:
    """Inverse of `dump`."""
    return {name: Ledger.from_dict(data) for name, data in json.loads(text).items()}
