"""Two tables of observed types, column by column; the baseline decides what each column is.

    before: official = [126.72, 123.03]        now: official = ["142.93", "-"]
    numbers on both sides; of those now, 1 is unparsable: "-"

A file of text has no types of its own, so that one stray `-` must not turn numbers into names. Where both files tell
numbers from text (Parquet, JSON), text that holds numbers is a change of type, and is compared as numbers anyway.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from headrace.skew.profiles.from_table import is_text, numeric, profile_column
from headrace.skew.profiles.profile import FeatureProfile, Profile

NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
MOSTLY = 0.5
"""Text now is numbers, if they were numbers before, when at least this share of it reads as one."""
NEARLY_ALL = 0.95
"""Text on both sides is numbers when at least this share of the baseline's reads as one."""
SAMPLES = 5


def profile_pair(
    before: pa.Table, now: pa.Table, *, typed: bool, names: tuple[str, str] = ("baseline", "current")
) -> tuple[Profile, Profile]:
    """Profiles of both tables, comparable where they can be. `typed`: both sources tell numbers from text."""
    features_before: dict[str, FeatureProfile] = {}
    features_now: dict[str, FeatureProfile] = {}
    for name in before.column_names:
        if name in now.column_names:
            pair = _pair(before.column(name), now.column(name), typed)
            features_before[name], features_now[name] = pair
        else:
            features_before[name] = profile_column(before.column(name))
    for name in now.column_names:
        if name not in features_now:
            features_now[name] = profile_column(now.column(name))
    return (
        Profile(name=names[0], rows=before.num_rows, features=features_before),
        Profile(name=names[1], rows=now.num_rows, features=features_now),
    )


def _pair(before: pa.ChunkedArray, now: pa.ChunkedArray, typed: bool) -> tuple[FeatureProfile, FeatureProfile]:
    profile = profile_column(before)
    if profile.kind == "numeric" and is_text(now.type):
        return profile, _read_numbers(now, as_text=typed) or profile_column(now)
    if profile.kind == "categorical" and not typed:
        if _number_share(before) >= NEARLY_ALL:
            read = _read_numbers(before), _read_numbers(now) if is_text(now.type) else profile_column(now)
            if read[0] and read[1]:
                return read[0], read[1]
        if not is_text(now.type) and now.null_count < len(now):
            return profile, profile_column(now.cast(pa.string()))
    return profile, profile_column(now)


def _number_share(column: pa.ChunkedArray) -> float:
    return pc.mean(pc.match_substring_regex(_text(column), NUMBER)).as_py() or 0.0


def _read_numbers(column: pa.ChunkedArray, *, as_text: bool = False) -> FeatureProfile | None:
    # None where most of it is not numbers.
    text = _text(column)
    known = pc.match_substring_regex(text, NUMBER)
    if (pc.mean(known).as_py() or 0.0) < MOSTLY:
        return None
    values = pc.if_else(pc.fill_null(known, False), text, pa.scalar(None, pa.string()))
    numbers = pc.utf8_trim_whitespace(values).cast(pa.float64())
    strays = text.filter(pc.fill_null(pc.invert(known), False))
    counts = pc.value_counts(strays)
    order = pc.sort_indices(
        pa.table({"n": counts.field("counts"), "v": counts.field("values")}),
        sort_keys=[("n", "descending"), ("v", "ascending")],
    )
    samples = counts.field("values").take(order[:SAMPLES]).to_pylist()
    return numeric(numbers, unparsable=len(strays), unparsable_samples=tuple(samples), as_text=as_text)


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string())
