"""Records to rows of text: what the CSV and the JSON parser both give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from headrace.errors import LedgerError
from headrace.ingest.formats.records import Places, Records


@dataclass(frozen=True, kw_only=True)
class Faulty:
    """Records turned away before they became rows: their indices, one reason code, words for each or for all."""

    records: Places
    reason: str
    words: str | list[str]


@dataclass(frozen=True, kw_only=True)
class TextRows:
    """`columns[name][i]` is what row i, made of record `kept[i]`, holds as text; null where it holds nothing.

    `quoted` names the columns (JSON only) of which some value is text although it may look like a number. `kinds` are
    those that the source itself tells, for any or none of its columns.
    """

    records: Records
    kept: Places
    columns: Mapping[str, pa.Array]
    faulty: tuple[Faulty, ...]
    quoted: Mapping[str, pa.Array] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        away = sum(len(faulty.records) for faulty in self.faulty)
        lengths = {len(column) for column in self.columns.values()} | {len(self.kept)}
        if lengths != {len(self.records) - away}:
            raise LedgerError(
                f"{len(self.records)} records were counted, {away} turned away, but columns have {sorted(lengths)} rows"
            )


def no_places() -> Places:
    """Indices of nothing."""
    return np.zeros(0, np.int64)
