"""Profiles of a column that holds times, lengths of time or quantities, whatever it is stored as; the baseline decides.

shown_at "2026-03-01T07:00Z" (CSV)    before: times, from the text        the same instants as timestamp[ms], or as
shown_at timestamp[us] (Parquet)      now: times                          epoch seconds: equal
took "03:40:32"                       a duration                          the same as duration[ms]: equal
"""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from headrace.errors import UsageError
from headrace.ingest.values.read_column import (
    MOSTLY,
    NEARLY_ALL,
    ReadColumn,
    as_words,
    can_read,
    read_column,
    stored_type,
)
from headrace.skew.profiles.from_table import SAMPLES, is_text, numeric
from headrace.skew.profiles.profile import FeatureProfile
from headrace.skew.profiles.value_counts import as_texts, value_counts
from headrace.values import ColumnType


def pair_of_kind(
    before: pa.ChunkedArray, now: pa.ChunkedArray, kinds: tuple[ColumnType, ColumnType], *, declared: str | None = None
) -> tuple[FeatureProfile, FeatureProfile] | None:
    """The profiles of a column that holds times, lengths of time or quantities before, and mostly now.

    None where it does not, or where both sides are text of few words, such as yes and no. A column that is `declared`
    so, by its name, is read so in any case, and values that are not such are unparsable.

    Raises:
        UsageError: fewer than half of the values before are what is declared.
    """
    kind = kinds[0]
    if not can_read(kind) or any(len(side) == side.null_count for side in (before, now)):
        return None
    if kind.kind == "boolean" and is_text(before.type) == is_text(now.type):
        return None
    if kind.kind == "quantity" and not (is_text(before.type) and is_text(now.type)):
        return None
    # What the numbers of the other side count is not what those of this one do.
    alike = kinds[1].kind == kind.kind or {kind.kind, kinds[1].kind} == {"time", "date"}
    other = kinds[1] if alike else replace(kind, resolution=None)
    sides = read_column(before, kind), read_column(now, other)
    if declared is not None and sides[0].readable_share < MOSTLY:
        raise UsageError(f"baseline: {sides[0].words(declared, kind)}")
    if declared is None and (sides[0].readable_share < NEARLY_ALL or sides[1].readable_share < MOSTLY):
        return None
    was, is_now = (_profile(side, kind) for side in sides)
    return was, is_now


def are_codes(kinds: tuple[ColumnType, ColumnType], columns: tuple[pa.ChunkedArray, pa.ChunkedArray]) -> bool:
    """Whether a side is text that names things, such as digits with zeros in front: both are compared as text then."""
    return any(kind.kind == "identifier" and is_text(column.type) for kind, column in zip(kinds, columns, strict=True))


def _profile(side: ReadColumn, kind: ColumnType) -> FeatureProfile:
    unreadable = as_words(side.unreadable)
    samples, _ = value_counts(unreadable)
    found = numeric(
        side.values, unparsable=len(unreadable), unparsable_samples=tuple(as_texts(samples.slice(0, SAMPLES)))
    )
    return replace(found, type=stored_type(kind))
