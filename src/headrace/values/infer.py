"""What a column of text holds, as its values show, with what is unsure about it.

    "12", "-", "7"                 integer, missing "-"           "2026-03-01", "2026-02-28"    date
    "1.5", "2e3"                   real                           "2026-03-01T07:00Z"           time in UTC
    "yes", "no"                    boolean                        "08:30", "17:05"              time of day
    "02139", "+4912345678"         identifier: digits of a code   "40:32", "103:40:00"          duration
    "1,300 ft", "90 m"             quantity in ft                 "1.2.3", "4.10.12"            text: no 4-digit year
    "1773874800", in `shown_at`    time, epoch_s                  "a", "b", "a", ... (few)      category

A type is given only if every value is of it; what nearly all are is said. Nothing here changes the values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from headrace.units import conversion
from headrace.values.arrow import array, compute
from headrace.values.column_type import ColumnType, epoch
from headrace.values.converted import Bools, Column, valid
from headrace.values.formats import Moments, read, read_iso, read_time_of_day
from headrace.values.plain import plain
from headrace.values.times import plausible_resolution

TOKENS = ("", "-", "--", "NA", "N/A", "n/a", "null", "NULL", "None", "nan", "NaN", "?")
"""What means missing in a column of which all other values are of one type; text keeps them, as they may be meant."""
TIME_NAME = r"(?i)(time|date|_at$|_on$|^at$|^ts$|_ts$|epoch|stamp)"
"""Names of columns whose whole numbers may be times."""
LENGTH_NAME = r"(?i)(duration|elapsed|length|pace|split|lap|runtime|took|seconds|finish|net|gross)"
"""Names of columns in which 03:40:32 is how long something took."""
CATEGORIES = 50
NEARLY = 0.9
"""The share of values from which on it is said what nearly all are."""

WHOLE = r"^[+-]?(?:0|[1-9][0-9]{0,18})$"
NUMBER = r"^[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
PHONE = r"^\+[0-9]{5,}$"
CODE = r"^[+-]?0[0-9]+$"
"""Digits that a number would lose: zeros in front."""
DIGITS = r"^[+-]?[0-9]+$"
UUID = r"^(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$"
LENGTH = r"^(?:[0-9]+:)?[0-5]?[0-9]:[0-5][0-9](?:\.[0-9]+)?$|^[0-9]+:[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?$"
QUANTITY = r"^[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?\s*(?P<u>[^0-9,.+\-\s].*)$"
KEPT_DIGITS = "its digits are kept as text, since a number would lose some"
DAY_OR_MONTH = "is it day or month that comes first?"
FINER = "some times have a part below a microsecond"
WORDS = ("true", "false", "t", "f", "yes", "no", "y", "n")

DATES = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d")
TIMES = (
    "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S",
    "%Y%m%dT%H%M%SZ", "%d/%b/%Y:%H:%M:%S %z", "%a, %d %b %Y %H:%M:%S %z",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Inferred:
    """What a column of text holds.

    Attributes:
        type: what all of its values are.
        formats: of dates and times, strptime formats that are not ISO 8601, or epoch units.
        finer: whether some times have a part below a microsecond.
        missing: the texts that mean missing.
        unsure: what should be looked at, in sentences without an end.
    """

    type: ColumnType
    formats: tuple[str, ...] = ()
    finer: bool = False
    missing: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    type: ColumnType
    fits: Bools
    formats: tuple[str, ...] = ()
    finer: bool = False
    unsure: tuple[str, ...] = ()


def infer_text(text: Column, name: str = "", *, missing: Sequence[str] = TOKENS) -> Inferred:
    """The narrowest type that holds all values of a column of text; `name` of the column gives hints."""
    every = _one(text)
    values = every.drop_null()
    distinct = values.unique()
    tokens = array(list(missing), pa.string())
    bare = distinct.filter(compute.invert(compute.is_in(distinct, value_set=tokens)))
    seen = tuple(token for token in missing if compute.any(compute.equal(distinct, token)).as_py())
    if not len(bare):
        return Inferred(type=ColumnType(kind="blank"), missing=seen)
    trimmed = compute.utf8_trim(bare, characters=" \t")
    nearly: list[str] = []
    for candidate in _candidates(trimmed, name):
        if candidate.fits.all():
            return Inferred(
                type=candidate.type,
                formats=candidate.formats,
                finer=candidate.finer,
                missing=seen,
                unsure=candidate.unsure,
            )
        if candidate.fits.mean() >= NEARLY and not nearly:
            odd = bare[int(np.flatnonzero(~candidate.fits)[0])].as_py()
            count = len(candidate.fits)
            nearly = [
                f"{int(candidate.fits.sum()):,} of {count:,} different values are {candidate.type}, not {odd[:40]!r}"
            ]
    return _of_words(every, distinct, seen, nearly)


def _candidates(text: pa.Array, name: str) -> Iterator[_Candidate]:
    """Types that may hold all values, narrowest first."""
    yield _Candidate(type=ColumnType(kind="boolean"), fits=_in(text, WORDS))
    codes = _matches(text, CODE) | _matches(text, PHONE)
    digits = _Candidate(type=ColumnType(kind="identifier"), fits=_matches(text, DIGITS), unsure=(KEPT_DIGITS,))
    if codes.any():
        yield digits
    yield from _whole_numbers(text, name)
    yield digits  # of more than 64 bits: floats would lose some
    yield _real(text)
    yield _Candidate(type=ColumnType(kind="identifier"), fits=_matches(text, UUID))
    if _matches(text, r"[0-9][-/. ]?[0-9]").any():
        yield from _written_times(text)
    if _matches(text, ":").any():
        yield from _clocks(text, name)
    unit = _unit(text)
    if unit is not None:
        units = compute.struct_field(compute.extract_regex(text, QUANTITY), [0])
        known = np.array([one is not None and conversion(one, unit) is not None for one in units.to_pylist()], bool)
        yield _Candidate(type=ColumnType(kind="quantity", unit=unit), fits=known | _matches(text, NUMBER))


def _whole_numbers(text: pa.Array, name: str) -> Iterator[_Candidate]:
    whole = _matches(text, WHOLE)
    numbers = _parsed(text, whole, pa.int64())
    whole &= valid(numbers)
    if whole.all():
        resolution = plausible_resolution(numbers)
        if resolution is not None and re.search(TIME_NAME, name):
            yield _Candidate(
                type=epoch(resolution),
                fits=whole,
                formats=(resolution,),
                finer=resolution == "ns" and bool(np.any(numbers.to_numpy(zero_copy_only=False) % 1_000)),
                unsure=(f"whole numbers are read as times in {resolution} since 1970, by their range and name",),
            )
        maybe = (f"are they times in {resolution} since 1970?",) if resolution is not None else ()
        yield _Candidate(type=ColumnType(kind="integer"), fits=whole, unsure=maybe)
    else:
        yield _Candidate(type=ColumnType(kind="integer"), fits=whole)


def _real(text: pa.Array) -> _Candidate:
    written = _matches(text, NUMBER)
    floats = _parsed(text, written, pa.float64())
    finite = valid(compute.if_else(compute.is_finite(floats), floats, pa.scalar(None, pa.float64())))
    large = bool(compute.any(compute.greater(compute.abs(floats), float(np.finfo(np.float32).max))).as_py())
    beyond = ("some values do not fit a float of 32 bits, which is what Examples hold",) if large else ()
    return _Candidate(type=ColumnType(kind="real"), fits=written & finite, unsure=beyond)


def _written_times(text: pa.Array) -> Iterator[_Candidate]:
    iso, dates = read_iso(text), read(text, DATES[0])
    yield _Candidate(type=ColumnType(kind="date"), fits=dates.written & ~dates.beyond)
    yield _time(iso, mixed=bool(0 < iso.zoned.sum() < (iso.written & ~dates.written).sum()))
    fitting = [form for form in DATES[1:] if read(text, form).written.all()]
    both = {"%m/%d/%Y", "%d/%m/%Y"} <= set(fitting)
    for form in fitting:
        unsure = (DAY_OR_MONTH,) if both else ()
        yield _Candidate(type=ColumnType(kind="date"), fits=np.ones(len(text), bool), formats=(form,), unsure=unsure)
    for form in TIMES:
        yield _time(read(text, form), form)


def _time(found: Moments, form: str | None = None, *, mixed: bool = False) -> _Candidate:
    zone = "UTC" if found.zoned.any() or (form or "").endswith("Z") else None
    finer = bool(found.finer.any())
    return _Candidate(
        type=ColumnType(kind="time", zone=zone),
        fits=found.written & ~found.beyond,
        formats=() if form is None else (form,),
        finer=finer,
        unsure=(
            *(("some times have an offset from UTC and others have none",) if mixed else ()),
            *((DAY_OR_MONTH,) if form is not None and re.match("%[dm]/%[dm]", form) else ()),
            *((FINER,) if finer else ()),
        ),
    )


def _clocks(text: pa.Array, name: str) -> Iterator[_Candidate]:
    found = read_time_of_day(text)
    finer = bool(found.finer.any())
    day = _Candidate(
        type=ColumnType(kind="time_of_day"),
        fits=found.written,
        finer=finer,
        unsure=("are they times of day, or how long something took?", *((FINER,) if finer else ())),
    )
    length = _Candidate(type=ColumnType(kind="duration"), fits=_matches(text, LENGTH) | _matches(text, NUMBER))
    yield from [length, day] if re.search(LENGTH_NAME, name) else [day, length]


def _of_words(every: pa.Array, distinct: pa.Array, seen: Sequence[str], nearly: Sequence[str]) -> Inferred:
    empty = tuple(token for token in seen if token == "")
    words = [f"is {token!r} missing?" for token in seen if token]
    values = len(every) - every.null_count
    phones = _matches(distinct, PHONE) | _matches(distinct, "^$")
    if phones.all():
        return Inferred(type=ColumnType(kind="identifier"), missing=empty, unsure=(*words, *nearly))
    few = len(distinct) <= CATEGORIES and len(distinct) <= values / 2
    kind = ColumnType(kind="category" if few else "text")
    return Inferred(type=kind, missing=empty, unsure=(*words, *nearly))


def _unit(text: pa.Array) -> str | None:
    """The most frequent unit of quantities that pint knows."""
    units = compute.struct_field(compute.extract_regex(text, QUANTITY), [0]).drop_null()
    counted = sorted(units.value_counts().to_pylist(), key=lambda one: (-one["counts"], one["values"]))
    first = counted[0]["values"] if counted else None
    starts_with_digit = _matches(text, r"^[+-]?[0-9.]").any()
    return first if first is not None and starts_with_digit and conversion(first, first) is not None else None


def _parsed(text: pa.Array, which: Bools, kind: pa.DataType) -> pa.Array:
    """The texts of those rows as numbers; null elsewhere, and where they are no numbers of the kind."""
    shown = compute.if_else(array(which), text, pa.scalar(None, pa.string()))
    plus = compute.replace_substring_regex(shown, r"^\+", "")
    try:
        return plus.cast(kind)
    except pa.ArrowInvalid:
        number: Callable[[str], float | int] = int if kind == pa.int64() else float
        limit = 2**63
        found = [None if one is None else number(one) for one in plus.to_pylist()]
        return array(
            [None if one is None or (number is int and not -limit <= one < limit) else one for one in found], kind
        )


def _one(text: Column) -> pa.Array:
    chunks = text.chunks if isinstance(text, pa.ChunkedArray) else [text]
    arrays = [plain(chunk)[0].cast(pa.string()) for chunk in chunks]
    return arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays or [array([], pa.string())])


def _matches(text: pa.Array, pattern: str) -> Bools:
    found: Bools = compute.fill_null(compute.match_substring_regex(text, pattern), False).to_numpy(zero_copy_only=False)
    return found


def _in(text: pa.Array, words: Sequence[str]) -> Bools:
    found: Bools = compute.is_in(compute.utf8_lower(text), value_set=array(words)).to_numpy(zero_copy_only=False)
    return found
