"""Rows of text: what the content of a chunk becomes in every format, before values are typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from headrace.errors import LedgerError
from headrace.ingest.records.find_records import Indices, Records


@dataclass(frozen=True, kw_only=True)
class Faulty:
    """Records rejected before they became rows: their indices, one reason code, words for each or for all of them.

    `fields`: the column at fault of each record, where it is known.
    """

    records: Indices
    reason: str
    words: str | list[str]
    fields: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True)
class TextRows:
    """`columns[name][i]` is the text of row i, made of record `kept[i]`, in that column; null where it has no value.

    `quoted` (JSON only) has the JSON type of each value, by column: text may look like a number. `kinds` are those that
    the source itself declares, for any or none of its columns. `floats` (float64) are the columns, of a source of typed
    columns, that hold NaN or infinity: values of theirs, which no text of a number says. `not_finite`: texts such
    as NaN are numbers, too.
    """

    records: Records
    kept: Indices
    columns: Mapping[str, pa.Array]
    faulty: tuple[Faulty, ...]
    quoted: Mapping[str, pa.Array] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    floats: Mapping[str, pa.Array] = field(default_factory=dict)
    not_finite: bool = False

    def __post_init__(self) -> None:
        away = sum(len(faulty.records) for faulty in self.faulty)
        lengths = {len(column) for column in self.columns.values()} | {len(self.kept)}
        if lengths != {len(self.records) - away}:
            raise LedgerError(
                f"{len(self.records)} records were counted, {away} turned away, but columns have {sorted(lengths)} rows"
            )
