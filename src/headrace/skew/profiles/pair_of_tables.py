"""Profiles of two tables with inferred types, column by column; the baseline decides what each column is.

    before: official = [126.72, 123.03]        now: official = ["142.93", "-"]
    numbers on both sides; of those now, 1 is unparsable: "-"

A text file has no types, so a single `-` must not turn numbers into text. Where both files distinguish numbers from
text (Parquet, JSON), text that holds numbers is a change of type; it is compared as numbers anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.values.read_column import as_words, type_of_column
from headrace.skew.profiles.from_table import SAMPLES, is_compared, is_text, numeric, profile_column, profile_feature
from headrace.skew.profiles.profile import FeatureProfile, Profile
from headrace.skew.profiles.typed_columns import are_codes, pair_of_kind
from headrace.skew.profiles.value_counts import as_texts, long_texts, value_counts
from headrace.values import ColumnType, of_arrow, texts
from headrace.values.choose import choose
from headrace.values.of_arrow import is_list

NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
MOSTLY = 0.5
"""Text in a column that had numbers before is read as numbers when at least this share of it reads as one."""
NEARLY_ALL = 0.95
"""Text on both sides is read as numbers when at least this share of the baseline reads as one."""


def profile_pair(
    before: pa.Table,
    now: pa.Table,
    *,
    typed: bool,
    names: tuple[str, str] = ("baseline", "current"),
    declared: Mapping[str, ColumnType] | None = None,
) -> tuple[Profile, Profile]:
    """Profiles of both tables, comparable where possible.

    `typed`: both sources distinguish numbers from text. `declared`: the types of some columns, which count more than
    what their values show.
    """
    declared = declared or {}
    features_before: dict[str, FeatureProfile] = {}
    features_now: dict[str, FeatureProfile] = {}
    for name in dict.fromkeys([*before.column_names, *now.column_names]):
        was, is_now = (table.column(name) if name in table.column_names else None for table in (before, now))
        pair: tuple[FeatureProfile | None, FeatureProfile | None]
        if was is None or is_now is None or not (_is_flat(was) and _is_flat(is_now)):
            pair = _alone(was), _alone(is_now)
        else:
            fields = before.schema.field(name), now.schema.field(name)
            pair = _of_columns((was, is_now), fields, declared.get(name), typed)
        for features, profile in zip((features_before, features_now), pair, strict=True):
            features.update({name: profile} if profile is not None else {})
    return (
        Profile(name=names[0], rows=before.num_rows, features=features_before),
        Profile(name=names[1], rows=now.num_rows, features=features_now),
    )


def _alone(column: pa.ChunkedArray | None) -> FeatureProfile | None:
    return None if column is None else profile_feature(column)


def _is_flat(column: pa.ChunkedArray) -> bool:
    """Whether each row is one value: no list, and nothing that can't be compared."""
    return is_compared(of_arrow(column.type)) and not is_list(column.type)


def _of_columns(
    columns: tuple[pa.ChunkedArray, pa.ChunkedArray],
    fields: tuple[pa.Field, pa.Field],
    declared: ColumnType | None,
    typed: bool,
) -> tuple[FeatureProfile, FeatureProfile]:
    before, now = columns
    kinds = type_of_column(before, fields[0], declared), type_of_column(now, fields[1], declared)
    of_kind = pair_of_kind(before, now, kinds, declared=fields[0].name if declared is not None else None)
    if of_kind is not None:
        return of_kind
    words = declared is not None and declared.kind in ("category", "text")
    if words or (are_codes(kinds, columns) and not (typed and is_text(before.type) != is_text(now.type))):
        was, is_now = (profile_column(as_words(side)) for side in columns)
    else:
        was, is_now = _pair(before, now, typed, number=declared is not None and declared.is_number)
    known = next((kind for kind in kinds if kind.kind in ("identifier", "quantity")), None)
    if known is not None:
        was, is_now = replace(was, type=known), replace(is_now, type=known)
    return was, is_now


def _pair(
    before: pa.ChunkedArray, now: pa.ChunkedArray, typed: bool, number: bool
) -> tuple[FeatureProfile, FeatureProfile]:
    profile = profile_column(before)
    if profile.kind == "numeric" and is_text(now.type):
        return profile, _read_numbers(now, as_text=typed) or profile_column(now)
    if profile.kind == "categorical" and (number or not typed):
        if number or _number_share(before) >= NEARLY_ALL:
            read = _read_numbers(before), _read_numbers(now) if is_text(now.type) else profile_column(now)
            if read[0] and read[1]:
                return read[0], read[1]
        if not is_text(now.type) and now.null_count < len(now):
            return profile, profile_column(as_words(now))
    return profile, profile_column(now)


def _number_share(column: pa.ChunkedArray) -> float:
    """Share of the values that read as a number, 0..1; 0 where there is none."""
    return _mean(_reads_as_number(_text(column)))


def _read_numbers(column: pa.ChunkedArray, *, as_text: bool = False) -> FeatureProfile | None:
    # None where most of it is not numbers.
    text = _text(column)
    known = _reads_as_number(text)
    if _mean(known) < MOSTLY:
        return None
    is_number = cast("pa.ChunkedArray", pc.and_kleene(known, text.is_valid()))
    values = cast("pa.ChunkedArray", choose(is_number, text, pa.scalar(None, pa.string())))
    numbers = pc.utf8_trim_whitespace(values).cast(pa.float64())
    strays = text.filter(pc.and_(pc.invert(is_number), text.is_valid()))
    samples, _ = value_counts(strays)
    found = numeric(
        numbers, unparsable=len(strays), unparsable_samples=tuple(as_texts(samples[:SAMPLES])), as_text=as_text
    )
    if not found.long:
        return found
    every, rows = value_counts(text)
    long, rounded = long_texts(dict(zip(as_texts(every), rows.tolist(), strict=True)))
    return replace(found, long=long, rounded=rounded)


def _reads_as_number(text: pa.ChunkedArray) -> pa.ChunkedArray:
    return cast("pa.ChunkedArray", pc.match_substring_regex(text, NUMBER))


def _mean(truths: pa.ChunkedArray) -> float:
    present = len(truths) - truths.null_count
    return float(pc.sum(truths).as_py() or 0) / present if present else 0.0


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return texts(column).values
