"""What a column of a file is, and a time as numbers, whatever it is stored as; the baseline decides.

    shown_at "2026-03-01T07:00Z" (CSV)    before: times, from the text        the same instants as timestamp[ms], or as
    shown_at timestamp[us] (Parquet)      now: times                          epoch seconds: equal
    at: struct<city, zip>                 a struct: not compared

Text and whole numbers are times where `headrace infer-spec` says so: by their format, or by range and name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from headrace.examples.lists import is_list
from headrace.ingest.values.cast import type_columns
from headrace.ingest.values.value_rule import ValueRule
from headrace.skew.profiles.from_table import SAMPLES, numeric
from headrace.skew.profiles.profile import FeatureProfile
from headrace.skew.profiles.value_counts import as_texts, value_counts
from headrace.values import ColumnType, epoch, plausible_resolution, times_us, type_of_field
from headrace.values.infer import TIME_NAME, TOKENS, infer_text
from headrace.values.of_arrow import is_text

PROBE_VALUES = 1_000
"""Values of text that are looked at to see whether it holds times."""
NEARLY_ALL = 0.95
"""Text is times where at least this share of it reads as one."""
MOSTLY = 0.5
"""Where the baseline has times, a column is read as times if at least this share of it reads as one."""


@dataclass(frozen=True, kw_only=True)
class _Instants:
    """A column as microseconds since 1970, and which of its rows could not be read."""

    values: pa.ChunkedArray
    unreadable: pa.ChunkedArray

    @property
    def readable_share(self) -> float:
        given = len(self.values) - self.values.null_count + len(self.unreadable)
        return 1 - len(self.unreadable) / given if given else 0.0


def unsupported(column: pa.ChunkedArray) -> FeatureProfile | None:
    """The profile of a column of a type that can't be compared, such as a struct; None where it can be."""
    kind = type_of_field(pa.field("", column.type))
    inner = column.type.value_type if is_list(column.type) else column.type
    nested = pa.types.is_nested(inner) or isinstance(inner, pa.BaseExtensionType)
    if kind.is_supported and not nested and kind.kind != "embedding":
        return None
    missing = column.null_count
    return FeatureProfile(kind="empty", rows=len(column), missing=missing, type=kind, compared=False)


def pair_of_times(
    before: pa.ChunkedArray, now: pa.ChunkedArray, fields: tuple[pa.Field, pa.Field]
) -> tuple[FeatureProfile, FeatureProfile] | None:
    """The profiles of a column that holds times before, and mostly now; None where it does not."""
    kind = time_type(before, fields[0])
    if kind is None or pa.types.is_null(now.type) or now.null_count == len(now):
        return None
    sides = _instants(before, kind), _instants(now, time_type(now, fields[1]) or kind)
    if sides[0].readable_share < NEARLY_ALL or sides[1].readable_share < MOSTLY:
        return None
    was, is_now = (_profile(side, kind) for side in sides)
    return was, is_now


def time_type(column: pa.ChunkedArray, field: pa.Field) -> ColumnType | None:
    """The type of a column of times or dates: as written with it, by its Arrow type, or as it is inferred."""
    kind = type_of_field(field)
    if kind.kind in ("time", "date"):
        return kind
    if is_text(column.type):
        inferred = infer_text(column.drop_null().slice(0, PROBE_VALUES), field.name)
        found = inferred.type
        if found.kind == "time" and found.resolution is not None:
            return None  # digits: the reader leaves none as text but codes
        return found if found.kind in ("time", "date") else None
    if kind.kind == "integer" and re.search(TIME_NAME, field.name):
        resolution = plausible_resolution(column)
        return None if resolution is None else epoch(resolution)
    return None


def _instants(column: pa.ChunkedArray, kind: ColumnType) -> _Instants:
    if is_text(column.type):
        return _read(column, kind)
    found = times_us(column, kind, finer="floor")
    at_fault = np.zeros(len(column), bool)
    at_fault[found.at_fault] = True
    return _Instants(values=found.values, unreadable=column.filter(pa.array(at_fault)))


def _read(column: pa.ChunkedArray, kind: ColumnType) -> _Instants:
    """Text as Ingest reads it, by the formats that its values show."""
    text = column.cast(pa.string()).combine_chunks()
    text = text if isinstance(text, pa.Array) else pa.concat_arrays(text.chunks or [pa.array([], pa.string())])
    inferred = infer_text(text.drop_null().slice(0, PROBE_VALUES), "")
    formats = inferred.formats if inferred.type.kind in ("time", "date") else ()
    rule = ValueRule(name="t", kind="timestamp", formats=formats, missing=TOKENS)
    typed = type_columns({"t": text}, [rule])["t"]
    faulty = (
        pa.chunked_array([text]).filter(typed.reasons.is_valid()) if typed.reasons is not None else text.slice(0, 0)
    )
    faulty = faulty if isinstance(faulty, pa.ChunkedArray) else pa.chunked_array([faulty])
    return _Instants(values=pa.chunked_array([typed.values]), unreadable=faulty)


def _profile(side: _Instants, kind: ColumnType) -> FeatureProfile:
    unreadable = side.unreadable.cast(pa.string())
    samples, _ = value_counts(unreadable)
    found = numeric(
        side.values, unparsable=len(unreadable), unparsable_samples=tuple(as_texts(samples.slice(0, SAMPLES)))
    )
    return replace(found, type=replace(kind, resolution="us"))
