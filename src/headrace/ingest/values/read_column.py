"""What a column of a plain file is, and its values as numbers where it is a time, a length or a quantity.

    "2026-03-01T07:00Z", "2026-03-01"     times           microseconds since 1970
    "03:40:32"                            a duration      microseconds (`08:30` in a column `opens` is a time of day)
    "5 km", "3 mi"                        a quantity      5.0, 4.83 in km
    "02139"                               an identifier   text, of which each digit counts
    1772521200 in a column `shown_at`     times           by range and name

What is declared counts. Else a column is what `headrace infer-spec` says of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from headrace.ingest.values.cast import type_columns
from headrace.ingest.values.value_rule import ValueRule
from headrace.values import (
    ColumnType,
    booleans,
    durations_us,
    epoch,
    of_arrow,
    plausible_resolution,
    reals,
    texts,
    times_of_day_us,
    times_us,
    type_of_field,
)
from headrace.values.arrow import array, chunked, compute
from headrace.values.column_type import COUNTED, Kind
from headrace.values.converted import Converted
from headrace.values.infer import TIME_NAME, TOKENS, infer_text
from headrace.values.plain import plain
from headrace.values.text_patterns import CODE, DIGITS
from headrace.values.time_formats import read

PROBE_VALUES = 1_000
"""Values of text that are looked at to see what they are."""
NEARLY_ALL = 0.95
"""Text is of a kind where at least this share of it reads as one."""
MOSTLY = 0.5
"""A column that is declared, or was before, of a kind is read so if at least this share of it reads as one."""
CODES = 0.001
"""Share of text with zeros in front of digits from which all of it is codes, and not numbers."""
CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f")
_US = 1_000_000


@dataclass(frozen=True, kw_only=True)
class ReadColumn:
    """A column as numbers, and the values that could not be read."""

    values: pa.ChunkedArray
    unreadable: pa.ChunkedArray

    @property
    def readable_share(self) -> float:
        """Share of the values that could be read, 0..1; 0 of none."""
        given = len(self.values) - self.values.null_count + len(self.unreadable)
        return 1 - len(self.unreadable) / given if given else 0.0

    def words(self, name: str, kind: ColumnType) -> str:
        """What could not be read of a column that is declared to be of a type, and the cure."""
        given, first = len(self.values) - self.values.null_count + len(self.unreadable), self.unreadable.slice(0, 1)
        counts = "what its whole numbers count, such as epoch_s, or " if kind.kind in COUNTED else ""
        return (
            f"column {name!r} is declared as {kind}, but {len(self.unreadable):,} of {given:,} values are not such, "
            f"the first of them {as_words(first)[0].as_py()!r}: declare {counts}another type"
        )


def type_of_column(column: pa.ChunkedArray, field: pa.Field, declared: ColumnType | None = None) -> ColumnType:
    """The type of a column: as declared, as written with it, by its Arrow type, or as its values show."""
    if declared is not None:
        return declared
    kind = type_of_field(field)
    if is_text(column) and kind.kind in ("text", "bytes", "category"):
        if _holds_codes(column):
            return ColumnType(kind="identifier")
        found = infer_text(_probe(column), field.name).type
        # Digits that a reader left as text are no times; and what reads as numbers is read so with the other side.
        if found.kind in ("time", "date", "time_of_day", "duration", "quantity", "boolean") and not found.resolution:
            return found
        return ColumnType(kind="identifier") if found.kind == "identifier" else kind
    if kind.kind == "integer" and re.search(TIME_NAME, field.name):
        resolution = plausible_resolution(column)
        return kind if resolution is None else epoch(resolution)
    return kind


def can_read(kind: ColumnType) -> bool:
    """Whether `read_column` makes numbers of columns of this type."""
    return kind.kind in _READERS


def read_column(column: pa.ChunkedArray, kind: ColumnType) -> ReadColumn:
    """A column of times, lengths of time, quantities or booleans as numbers; `can_read` tells which kinds these are.

    Times and lengths are counted in microseconds, quantities in the unit of `kind`. Text is read as Ingest reads it.
    """
    return _READERS[kind.kind](column, kind)


def stored_type(kind: ColumnType) -> ColumnType:
    """The type of the numbers that `read_column` gives."""
    return replace(kind, resolution="us") if kind.kind in COUNTED else kind


def as_words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of any plain type as text: numbers as they are written, times in microseconds."""
    if is_text(column):
        return column
    kind = of_arrow(column.type)
    if kind.kind in ("integer", "boolean", "blank"):
        return texts(column).values
    if kind.kind in ("time", "date"):
        return times_us(column, kind, finer="floor").values.cast(pa.timestamp("us")).cast(pa.string())
    if kind.kind == "real":
        return chunked([plain(chunk)[0].cast(pa.string()) for chunk in column.chunks], pa.string())
    return chunked([array([None if v is None else str(v) for v in column.to_pylist()], pa.string())], pa.string())


def _times(column: pa.ChunkedArray, kind: ColumnType) -> ReadColumn:
    if is_text(column):
        inferred = infer_text(_probe(column), "")
        formats = inferred.formats if inferred.type.kind in ("time", "date") else ()
        return _by_rule(column, ValueRule(name="t", kind="timestamp", formats=formats, missing=TOKENS))
    return _converted(column, times_us(column, kind, finer="floor"))


def _durations(column: pa.ChunkedArray, kind: ColumnType) -> ReadColumn:
    if not is_text(column):
        return _converted(column, durations_us(column, kind, finer="floor"))
    seconds = _by_rule(column, ValueRule(name="d", kind="duration", missing=TOKENS))
    scaled = compute.round(compute.multiply(seconds.values, float(_US))).cast(pa.int64(), safe=False)
    return replace(seconds, values=scaled)


def _times_of_day(column: pa.ChunkedArray, kind: ColumnType) -> ReadColumn:
    if not is_text(column):
        return _converted(column, times_of_day_us(column, kind, finer="floor"))
    text = _one(column)
    moments, written = np.zeros(len(text), np.int64), np.zeros(len(text), bool)
    for form in CLOCKS:
        found = read(text, form)
        moments, written = np.where(found.written, found.moment_us, moments), written | found.written
    missing = compute.is_in(text, value_set=array(["", *TOKENS], pa.string())).to_numpy(zero_copy_only=False)
    missing |= ~text.is_valid().to_numpy(zero_copy_only=False)
    unreadable = text.filter(pa.array(~written & ~missing))
    return ReadColumn(
        values=chunked([array(moments, mask=~written)], pa.int64()), unreadable=chunked([unreadable], pa.string())
    )


def _quantities(column: pa.ChunkedArray, kind: ColumnType) -> ReadColumn:
    if not is_text(column):
        return _converted(column, reals(column))
    return _by_rule(column, ValueRule(name="q", kind="quantity", unit=kind.unit, missing=TOKENS))


def _truths(column: pa.ChunkedArray, kind: ColumnType) -> ReadColumn:
    if is_text(column):
        return _by_rule(column, ValueRule(name="b", kind="boolean", missing=TOKENS))
    return _converted(column, booleans(column))


_READERS: Mapping[Kind, Callable[[pa.ChunkedArray, ColumnType], ReadColumn]] = {
    "time": _times,
    "date": _times,
    "duration": _durations,
    "time_of_day": _times_of_day,
    "quantity": _quantities,
    "boolean": _truths,
}


def _by_rule(column: pa.ChunkedArray, rule: ValueRule) -> ReadColumn:
    """Text as Ingest reads it."""
    text = _one(column)
    typed = type_columns({rule.name: text}, [rule])[rule.name]
    faulty = text.slice(0, 0) if typed.reasons is None else text.filter(typed.reasons.is_valid())
    return ReadColumn(values=chunked([typed.values], typed.values.type), unreadable=chunked([faulty], pa.string()))


def _converted(column: pa.ChunkedArray, found: Converted) -> ReadColumn:
    at_fault = np.zeros(len(column), bool)
    at_fault[found.at_fault] = True
    return ReadColumn(values=found.values, unreadable=column.filter(pa.array(at_fault)))


def _holds_codes(column: pa.ChunkedArray) -> bool:
    """Whether nearly all text is digits, some of it with zeros in front: a number would lose these."""
    probe = _probe(column)
    if not len(probe) or _share(probe, DIGITS) < NEARLY_ALL:
        return False
    return _share(_one(column), CODE) >= CODES


def _share(text: pa.Array, pattern: str) -> float:
    """The share of the values that match, 0..1; bytes that are not UTF-8 are null, and match nothing."""
    return float(compute.sum(compute.match_substring_regex(text, pattern).cast(pa.int64())).as_py() or 0) / len(text)


def _probe(column: pa.ChunkedArray) -> pa.Array:
    first = column.slice(0, 4 * PROBE_VALUES).drop_null()  # nearly always enough
    found = first if len(first) >= PROBE_VALUES else column.drop_null()
    return _one(found.slice(0, PROBE_VALUES))


def _one(column: pa.ChunkedArray) -> pa.Array:
    return texts(column).array


def is_text(column: pa.ChunkedArray) -> bool:
    """Whether a column holds text, bytes or categories."""
    return of_arrow(column.type).is_text
