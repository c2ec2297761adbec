"""What a column of text holds, as its values show, with what is unsure about it.

    "12", "-", "7"                 integer, missing "-"           "2026-03-01", "2026-02-28"    date
    "1.5", "2e3"                   real                           "2026-03-01T07:00Z"           time in UTC
    "yes", "no"                    boolean                        "08:30", "17:05"              time of day
    "02139", "+4912345678"         identifier: digits of a code   "40:32", "103:40:00"          duration
    "1,300 ft", "90 m"             quantity in ft                 "1.2.3", "4.10.12"            text: no 4-digit year
    "1773874800", in `shown_at`    time, epoch_s                  "a", "b", "a", ... (few)      category
    "1773874800.25", there too     time, epoch_s                  "1.5", "-inf"                 real

A type is given only if every value is of it; if nearly all are, `unsure` says so. Nothing here changes the values.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.units import conversion
from headrace.values.arrow import array, compute
from headrace.values.column_type import ColumnType, Kind, Resolution, epoch
from headrace.values.converted import Bools, Column
from headrace.values.epochs import read_epoch
from headrace.values.plain import plain
from headrace.values.reals import widened
from headrace.values.text_patterns import CODE, DIGITS, INFINITE, LENGTH, NUMBER, PHONE, QUANTITY, UUID
from headrace.values.text_traits import Part, Texts
from headrace.values.time_formats import Moments, read, read_iso, read_time_of_day
from headrace.values.times import plausible_range

TOKENS = (
    "", "-", "--", "NA", "N/A", "n/a", "#N/A", "<NA>", "null", "NULL", "\\N", "None", "nan", "NaN", "NaT", "?",
)  # fmt: skip
"""What means missing in a column of which all other values are of one type; text keeps them, as they may be meant."""
TIME_NAME = r"(?i)(time|date|_at$|_on$|^at$|^ts$|_ts$|epoch|stamp)"
"""Names of columns whose whole numbers may be times."""
LENGTH_NAME = r"(?i)(duration|elapsed|length|pace|split|lap|runtime|took|seconds|finish|net|gross)"
"""Names of columns in which 03:40:32 is how long something took."""
CATEGORIES = 50
BATCH_BYTES = 16 << 20
"""Bytes of values of several columns that are looked at together."""
NEARLY = 0.9
"""The share of values from which on it is said what nearly all are."""

KEPT_DIGITS = "its digits are kept as text, since a number would lose some"
SINGLE = "as a float of 32 bits, which is what Examples hold"
DAY_OR_MONTH = "is it day or month that comes first?"
FINER = "some times have a part below a microsecond"

DATES = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d")
TIMES = (
    "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S %z", "%a, %d %b %Y %H:%M:%S %z",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Inferred:
    """What a column of text holds.

    Attributes:
        type: what all of its values are.
        formats: of dates and times, strptime formats that are not ISO 8601, or epoch units.
        finer: whether some times have a part below a microsecond.
        missing: the texts that mean missing.
        unsure: what should be looked at, in sentences without a full stop.
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
    return infer_texts({name: text}, missing=missing)[name]


def infer_texts(columns: Mapping[str, Column], *, missing: Sequence[str] = TOKENS) -> dict[str, Inferred]:
    """The same of several columns by name. What is asked of every value is asked of many columns at once."""
    found: dict[str, Inferred] = {}
    for batch in _batches(columns):
        found.update(_inferred(batch, missing))
    return found


@dataclass(frozen=True, kw_only=True)
class _Column:
    """A column by its name, the number of its values, and those that differ."""

    name: str
    count: int
    distinct: pa.Array


def _batches(columns: Mapping[str, Column]) -> Iterator[list[_Column]]:
    """The columns in lists, of which the values take about `BATCH_BYTES` at most, or are of one column."""
    batch: list[_Column] = []
    size = 0
    for name, text in columns.items():
        values = _one(text).drop_null()
        column = _Column(name=name, count=len(values), distinct=values.unique())
        if batch and size + column.distinct.nbytes > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(column)
        size += column.distinct.nbytes
    if batch:
        yield batch


def _inferred(batch: Sequence[_Column], missing: Sequence[str]) -> Iterator[tuple[str, Inferred]]:
    distinct = pa.concat_arrays([column.distinct for column in batch])
    tokens = compute.index_in(distinct, value_set=array(list(missing), pa.string()))
    token = compute.fill_null(tokens, -1).to_numpy(zero_copy_only=False)
    bare = distinct.filter(array(token < 0))
    texts = Texts(compute.utf8_trim(bare, characters=" \t"))
    place = np.concatenate([[0], np.cumsum([len(column.distinct) for column in batch])])
    bare_place = np.concatenate([[0], np.cumsum(token < 0)])[place]
    for at, column in enumerate(batch):
        seen = tuple(missing[one] for one in np.unique(token[place[at] : place[at + 1]]).tolist() if one >= 0)
        start, stop = int(bare_place[at]), int(bare_place[at + 1])
        yield column.name, _of_column(column, bare, Part(texts, slice(start, stop)), seen)


def _of_column(column: _Column, bare: pa.Array, part: Part, seen: tuple[str, ...]) -> Inferred:
    """The type of a column of which the values that do not mean missing are `part` of all texts, which are `bare`."""
    if part.places.start == part.places.stop:
        return Inferred(type=ColumnType(kind="blank"), missing=seen)
    nearly: list[str] = []
    for candidate in _candidates(part, column.name):
        count, fitting = len(candidate.fits), int(np.count_nonzero(candidate.fits))
        if fitting == count:
            return Inferred(
                type=candidate.type,
                formats=candidate.formats,
                finer=candidate.finer,
                missing=seen,
                unsure=candidate.unsure,
            )
        if fitting / count >= NEARLY and not nearly:
            odd = bare[part.places.start + int(np.flatnonzero(~candidate.fits)[0])].as_py()
            nearly = [f"{fitting:,} of {count:,} different values are {candidate.type}, not {odd[:40]!r}"]
    return _of_words(column, part, seen, nearly)


def _candidates(part: Part, name: str) -> Iterator[_Candidate]:
    """Types that may hold all values, narrowest first."""
    yield _Candidate(type=_plain("boolean"), fits=part.are_words)
    codes = part.matches(CODE) | part.matches(PHONE)
    digits = _Candidate(type=_plain("identifier"), fits=part.matches(DIGITS), unsure=(KEPT_DIGITS,))
    if codes.any():
        yield digits
    yield from _whole_numbers(part, name)
    yield digits  # of more than 64 bits: floats would lose some
    yield from _numbers(part, name)
    yield _Candidate(type=ColumnType(kind="identifier"), fits=part.matches(UUID))
    if part.matches(r"[0-9][-/. ]?[0-9]").any():
        yield from _written_times(part.text)
    if part.matches(":").any():
        yield from _clocks(part, name)
    unit = _unit(part.text) if part.matches(r"^[+-]?[0-9.]").any() else None
    if unit is not None:
        units = compute.struct_field(compute.extract_regex(part.text, QUANTITY), [0])
        known = np.array([one is not None and conversion(one, unit) is not None for one in units.to_pylist()], bool)
        yield _Candidate(type=ColumnType(kind="quantity", unit=unit), fits=known | part.matches(NUMBER))


@functools.cache
def _plain(kind: Kind) -> ColumnType:
    return ColumnType(kind=kind)  # once, as each column is tried for several


def _whole_numbers(part: Part, name: str) -> Iterator[_Candidate]:
    whole = part.are_whole
    if whole.any():
        resolution = _resolution(part) if whole.all() else None
        if resolution is not None and re.search(TIME_NAME, name):
            yield _Candidate(
                type=epoch(resolution),
                fits=whole,
                formats=(resolution,),
                finer=resolution == "ns" and bool(np.any(part.whole_numbers.to_numpy() % 1_000)),
                unsure=(f"whole numbers are read as times in {resolution} since 1970, by their range and name",),
            )
        maybe = (f"are they times in {resolution} since 1970?",) if resolution is not None else ()
        yield _Candidate(type=_plain("integer"), fits=whole, unsure=maybe)


def _resolution(part: Part) -> Resolution | None:
    """What numbers count, if they may be times; all texts of the column are numbers."""
    return plausible_range(float(part.floats.min()), float(part.floats.max()))


def _numbers(part: Part, name: str) -> Iterator[_Candidate]:
    """Numbers with fractions or exponents: times, by their range and name, or real ones, which may be infinite."""
    written = part.matches(NUMBER)
    if not written.any():
        return
    floats = part.floats
    resolution = _resolution(part) if written.all() else None
    if resolution is not None and re.search(TIME_NAME, name):
        times = read_epoch(part.text, resolution)
        finer = bool(times.finer.any())
        yield _Candidate(
            type=epoch(resolution),
            fits=times.written & ~times.beyond,
            formats=(resolution,),
            finer=finer,
            unsure=(
                f"numbers are read as times in {resolution} since 1970, by their range and name",
                *((FINER,) if finer else ()),
            ),
        )
    maybe = (f"are they times in {resolution} since 1970?",) if resolution is not None else ()
    yield _Candidate(
        type=_plain("real"),
        fits=(written & np.isfinite(floats)) | part.matches(INFINITE),
        unsure=(*maybe, *_not_single(floats)),
    )


def _not_single(floats: npt.NDArray[np.float64]) -> Iterator[str]:
    """What a float of 32 bits makes of numbers, where that is more than a rounding of their last digits."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        single = floats.astype(np.float32)
        far = (np.abs(single - floats) >= 0.5) | ((single == 0) & (floats != 0))
    if np.isinf(single).any():
        yield "some values do not fit a float of 32 bits, which is what Examples hold"
    far = np.flatnonzero(far & np.isfinite(single))
    if not len(far):
        return
    lost = far[widened(single[far]) != floats[far]]  # 1e30 is as near as it can be, and reads 1e30
    if len(lost):
        yield f"{float(floats[lost[0]])!r} becomes {float(single[lost[0]])!r} {SINGLE}"


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
    finer = bool(found.finer.any())
    return _Candidate(
        type=ColumnType(kind="time", zone="UTC" if found.zoned.any() else None),
        fits=found.written & ~found.beyond,
        formats=() if form is None else (form,),
        finer=finer,
        unsure=(
            *(("some times have an offset from UTC and others have none",) if mixed else ()),
            *((DAY_OR_MONTH,) if form is not None and re.match("%[dm]/%[dm]", form) else ()),
            *((FINER,) if finer else ()),
        ),
    )


def _clocks(part: Part, name: str) -> Iterator[_Candidate]:
    found = read_time_of_day(part.text)
    finer = bool(found.finer.any())
    day = _Candidate(
        type=ColumnType(kind="time_of_day"),
        fits=found.written,
        finer=finer,
        unsure=("are they times of day, or how long something took?", *((FINER,) if finer else ())),
    )
    length = _Candidate(type=ColumnType(kind="duration"), fits=part.matches(LENGTH) | part.matches(NUMBER))
    yield from [length, day] if re.search(LENGTH_NAME, name) else [day, length]


def _of_words(column: _Column, part: Part, seen: Sequence[str], nearly: Sequence[str]) -> Inferred:
    distinct = column.distinct
    empty = tuple(token for token in seen if token == "")
    words = [f"is {token!r} missing?" for token in seen if token]
    few = len(distinct) <= CATEGORIES and len(distinct) <= column.count / 2
    return Inferred(type=_plain("category" if few else "text"), missing=empty, unsure=(*words, *nearly))


def _unit(text: pa.Array) -> str | None:
    """The most frequent unit of quantities that pint knows."""
    units = compute.struct_field(compute.extract_regex(text, QUANTITY), [0]).drop_null()
    counted = sorted(units.value_counts().to_pylist(), key=lambda one: (-one["counts"], one["values"]))
    first = counted[0]["values"] if counted else None
    return first if first is not None and conversion(first, first) is not None else None


def _one(text: Column) -> pa.Array:
    if text.type == pa.string() and isinstance(text, pa.Array):
        return text
    chunks = text.chunks if isinstance(text, pa.ChunkedArray) else [text]
    arrays = [plain(chunk)[0].cast(pa.string()) for chunk in chunks]
    return arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays or [array([], pa.string())])
