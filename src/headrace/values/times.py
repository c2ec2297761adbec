"""Columns as times, dates, times of day and durations, in whole microseconds: exactly, or with a fault.

    times_us  timestamp[ms] 2026-03-03T07:00, date 2026-03-03     ->  1772521200000000, 1772496000000000 (midnight UTC)
              timestamp[ns] ...000000500                          ->  fault: below_us (finer="floor": the us before)
              int64 1772521200, declared epoch_s                  ->  1772521200000000
              int64 1772521200, 1772521260 undeclared             ->  the same: seconds, found by plausible range
              int64 7, 1772521200 undeclared                      ->  fault: no_unit, for both
              int64 year 12000                                    ->  fault: beyond_years

A time without a zone is read as UTC, unless the declared type has the zone of its clock. Nothing is ever truncated
toward zero: an outcome 500 ns before its event stays before it, or is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from headrace.values.arrow import array, compute
from headrace.values.column_type import FIRST_US, LAST_US, PER_SECOND, RESOLUTIONS, ColumnType, Resolution, epoch
from headrace.values.converted import (
    Column,
    Converted,
    Reason,
    Wrong,
    all_wrong,
    convert,
    valid,
    wrong_type,
)
from headrace.values.numbers import filled
from headrace.values.of_arrow import innermost, of_arrow, resolution_of
from headrace.values.plain import plain
from headrace.values.reals import widened

Finer = Literal["refuse", "floor"]
"""What becomes of parts below a microsecond: a fault, or the microsecond before (which can make two times one)."""

PLAUSIBLE_S = (631_152_000, 4_102_444_800)
"""Whole numbers are times if all of them lie in the years from 1990 to 2099, by one unit. By no two units they can."""
DAY_US = 86_400_000_000
_US = 1_000_000

BELOW_US = Reason(
    code="below_us",
    words="has a part below a microsecond",
    cure="store the column in microseconds, as timestamp('us'), rounded as its meaning allows",
)
BEYOND_YEARS = Reason(
    code="beyond_years",
    words="lies outside of the years 1 to 9999",
    cure="correct them, or store what is unknown as missing; if they are counted in another unit, declare it",
)
BEYOND_INT64_US = Reason(
    code="beyond_int64",
    words="does not fit 64 bits in microseconds",
    cure="correct them, or declare the unit they are counted in",
)
NO_UNIT = Reason(
    code="no_unit",
    words="is a number of which no unit is known: not all values lie in the years 1990 to 2099 by any one unit",
    cure="declare the column as epoch_s, epoch_ms, epoch_us or epoch_ns",
)
FLOAT32_TIME = Reason(
    code="float32_time",
    words="is a float of 32 bits, which holds 7 digits and so no time",
    cure="store times as timestamps, or as whole numbers of 64 bits",
)
NOT_FINITE_TIME = Reason(code="not_finite", words="is NaN or infinite", cure="store what is unknown as missing")
SKIPPED = Reason(
    code="no_such_local_time",
    words="is a time that the clocks of its zone skip",
    cure="correct its zone, or store times in UTC",
)
TIME_OF_DAY = Reason(
    code="time_of_day",
    words="is not a whole day but a time of one",
    cure="declare the column as time, or cut the times off where it is made",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Times(Converted):
    """Times as int64 microseconds since 1970 in UTC.

    `resolution` is what the stored numbers count; `inferred`: it was found by plausible range, and should be said.
    """

    resolution: Resolution | None
    inferred: bool

    def remark(self, column: str) -> str | None:
        """What is to be said of a unit that was inferred; None where it was known."""
        if not self.inferred or self.resolution is None:
            return None
        name = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}[self.resolution]
        return (
            f"column {column!r} is read as {name} since 1970, by the range of its values: "
            f"declare epoch_{self.resolution}"
        )


def times_us(column: Column, declared: ColumnType | None = None, *, finer: Finer = "refuse") -> Times:
    """Times as int64 microseconds since 1970 in UTC, within the years 1 to 9999.

    Of timestamps, dates (midnight UTC), and whole numbers; and of floats of 64 bits that are whole microseconds, as
    Python's `time.time()` gives them. `declared` says what numbers count, and of times without a zone the zone of the
    clock. Where it doesn't say what numbers count, that is inferred from all of them, or they are at fault.
    """
    resolution: Resolution | None = declared.resolution if declared is not None else None
    inferred = False
    if resolution is None and _holds_numbers(column):
        resolution = plausible_resolution(column)
        inferred = resolution is not None
    zone = declared.zone if declared is not None and declared.kind == "time" else None
    found = convert(column, lambda values: moments(values, resolution, zone, finer), pa.int64())
    known = resolution if resolution is not None else of_arrow(innermost(column.type)).resolution
    return Times(values=found.values, faults=found.faults, resolution=known, inferred=inferred)


def dates(column: Column, declared: ColumnType | None = None) -> Converted:
    """Days as date32: of dates, and of times at midnight UTC, as Examples hold dates (in microseconds)."""
    resolution = declared.resolution if declared is not None else None
    return convert(column, lambda values: _dates(values, resolution), pa.date32())


def durations_us(column: Column, declared: ColumnType | None = None, *, finer: Finer = "refuse") -> Converted:
    """Lengths of time as int64 microseconds: of durations, and of numbers of which `declared` says what they count.

    Floats without a declared resolution are seconds, which is how Ingest types `03:40:32`.
    """
    resolution = declared.resolution if declared is not None else None
    return convert(column, lambda values: lengths_us(values, resolution, finer, "durations", "duration"), pa.int64())


def times_of_day_us(column: Column, declared: ColumnType | None = None, *, finer: Finer = "refuse") -> Converted:
    """Times of day as int64 microseconds since midnight, of which there are 86,400,000,000."""
    resolution = declared.resolution if declared is not None else None
    return convert(
        column, lambda values: lengths_us(values, resolution, finer, "times of day", "time_of_day"), pa.int64()
    )


def plausible_resolution(column: Column) -> Resolution | None:
    """What whole numbers count, if all of them lie in the years from 1990 to 2099 by that unit; None otherwise.

    Of no values at all nothing is known. Floats count as what they are whole numbers of.
    """
    low, high = np.inf, -np.inf
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        values, _ = plain(chunk)
        if values.null_count == len(values):
            continue
        numbers = values.drop_null().to_numpy(zero_copy_only=False).astype(np.float64)
        if not np.isfinite(numbers).all():
            return None
        low, high = min(low, float(numbers.min())), max(high, float(numbers.max()))
    return plausible_range(low, high)


def plausible_range(low: float, high: float) -> Resolution | None:
    """What numbers from `low` to `high` count, if these lie in the years from 1990 to 2099 by that unit."""
    fitting = (
        resolution
        for resolution in RESOLUTIONS
        if PLAUSIBLE_S[0] * PER_SECOND[resolution] <= low <= high < PLAUSIBLE_S[1] * PER_SECOND[resolution]
    )
    return next(fitting, None)


def epoch_type(column: Column) -> ColumnType | None:
    """The type of whole numbers that are times by plausible range; None if they are not."""
    found = plausible_resolution(column) if _holds_numbers(column) else None
    return None if found is None else epoch(found)


def moments(values: pa.Array, resolution: Resolution | None, zone: str | None, finer: Finer) -> tuple[pa.Array, Wrong]:
    """A plain array as times, and what is wrong: the conversion of `times_us`."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        found, wrong = _scaled(values.view(pa.int64()), resolution_of(kind), finer, BEYOND_YEARS)
        if kind.tz is None and zone not in (None, "UTC"):
            found, skipped = _clock_to_utc(found, str(zone))
            wrong = [*wrong, *skipped]
        return _in_years(found, wrong)
    if pa.types.is_date(kind):
        return _in_years(*_midnights(values, finer))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        if resolution is None:
            return all_wrong(values, pa.int64(), NO_UNIT)
        return _in_years(*_of_numbers(values, resolution, finer, BEYOND_YEARS))
    return all_wrong(values, pa.int64(), _not(values, "times", "timestamp"))


def _in_years(found: pa.Array, wrong: Wrong) -> tuple[pa.Array, Wrong]:
    low, high = (bound.as_py() for bound in compute.min_max(found).values())
    if low is None or (low >= FIRST_US and high <= LAST_US):
        return found, wrong  # as nearly always: no need to look at each
    numbers = filled(found, np.int64)
    return found, [*wrong, (BEYOND_YEARS, (numbers < FIRST_US) | (numbers > LAST_US))]


def _midnights(values: pa.Array, finer: Finer) -> tuple[pa.Array, Wrong]:
    if pa.types.is_date64(values.type):
        return _scaled(values.view(pa.int64()), "ms", finer, BEYOND_YEARS)
    days = filled(values.view(pa.int32()), np.int64)
    return array(days * DAY_US, mask=~valid(values)), []


def _dates(values: pa.Array, resolution: Resolution | None) -> tuple[pa.Array, Wrong]:
    kind = values.type
    if pa.types.is_date32(kind):
        days = filled(values.view(pa.int32()), np.int64)
        return values, [(BEYOND_YEARS, (days < FIRST_US // DAY_US) | (days > LAST_US // DAY_US))]
    if not (pa.types.is_date64(kind) or pa.types.is_timestamp(kind) or (pa.types.is_integer(kind) and resolution)):
        return all_wrong(values, pa.date32(), _not(values, "dates", "date"))
    found, wrong = moments(values, resolution, None, "refuse")
    numbers = filled(found, np.int64)
    # What has a part below a microsecond has one below a day.
    wrong = [(TIME_OF_DAY if reason is BELOW_US else reason, mask) for reason, mask in wrong]
    days = np.clip(numbers, FIRST_US, LAST_US) // DAY_US
    found = array(days.astype(np.int32), mask=~valid(found)).view(pa.date32())
    return found, [*wrong, (TIME_OF_DAY, numbers % DAY_US != 0)]


def lengths_us(
    values: pa.Array, resolution: Resolution | None, finer: Finer, expected: str, word: str
) -> tuple[pa.Array, Wrong]:
    """A plain array as durations or times of day (`word`), and what is wrong."""
    kind = values.type
    if pa.types.is_duration(kind) and word == "duration":
        return _scaled(values.view(pa.int64()), resolution_of(kind), finer, BEYOND_INT64_US)
    if pa.types.is_time(kind):
        wide = pa.int64() if kind.bit_width == 64 else pa.int32()
        return _scaled(values.view(wide).cast(pa.int64()), resolution_of(kind), finer, BEYOND_INT64_US)
    if pa.types.is_floating(kind):
        return _of_numbers(values, resolution or "s", finer, BEYOND_INT64_US)
    if pa.types.is_integer(kind) and resolution is not None:
        return _of_numbers(values, resolution, finer, BEYOND_INT64_US)
    return all_wrong(values, pa.int64(), _not(values, expected, word))


def _of_numbers(values: pa.Array, resolution: Resolution, finer: Finer, beyond: Reason) -> tuple[pa.Array, Wrong]:
    if pa.types.is_floating(values.type):
        return _of_floats(values, resolution, finer, beyond)
    if values.type == pa.uint64():
        numbers = filled(values, np.uint64)
        far = numbers > np.uint64(np.iinfo(np.int64).max)
        values = array(np.where(far, 0, numbers).astype(np.int64), mask=far | ~valid(values))
        found, wrong = _scaled(values, resolution, finer, beyond)
        return found, [*wrong, (beyond, far)]
    return _scaled(values, resolution, finer, beyond)


def _of_floats(values: pa.Array, resolution: Resolution, finer: Finer, beyond: Reason) -> tuple[pa.Array, Wrong]:
    """Floats as the microseconds that they are, or, of fractions, as those that divided give the float again."""
    numbers = filled(values)
    if values.type != pa.float64() and beyond is BEYOND_YEARS:
        return all_wrong(values, pa.int64(), FLOAT32_TIME)
    numbers = widened(numbers)
    not_finite = ~np.isfinite(numbers)
    numbers = np.where(not_finite, 0.0, numbers)
    far = np.abs(numbers) >= 2.0**63
    whole = ~far & (np.floor(numbers) == numbers)
    found, wrong = _scaled(array(np.where(whole, numbers, 0.0).astype(np.int64)), resolution, finer, beyond)
    # A float of seconds such as 1772521200.123456 is the one nearest to that decimal.
    up, down = max(_US / PER_SECOND[resolution], 1.0), max(PER_SECOND[resolution] / _US, 1.0)
    part = ~far & ~whole
    scaled = np.rint(np.where(part, numbers, 0.0) * up / down)
    far |= np.abs(scaled) >= 2.0**63
    scaled = np.where(far, 0.0, scaled)
    back = scaled * down / up
    inexact = part & ~far & ((back != numbers) | (down > 1))
    if finer == "floor":
        scaled, inexact = np.where(back > numbers, scaled - 1, scaled), np.zeros(len(numbers), bool)
    result = np.where(part, scaled.astype(np.int64), filled(found, np.int64))
    return array(result, mask=~valid(values)), [
        (NOT_FINITE_TIME, not_finite),
        (beyond, far),
        *wrong,
        (BELOW_US, inexact),
    ]


def _scaled(numbers: pa.Array, resolution: Any, finer: Finer, beyond: Reason) -> tuple[pa.Array, Wrong]:
    """Whole numbers of a resolution as microseconds."""
    if resolution == "us":
        return numbers, []
    given = filled(numbers, np.int64)
    none = ~valid(numbers)
    per_second = PER_SECOND[resolution]
    if per_second <= _US:
        up = _US // per_second
        far = (given > (2**63 - 1) // up) | (given < -(2**63 // up))
        return array(np.where(far, 0, given) * up, mask=far | none), [(beyond, far)]
    down = per_second // _US
    found = array(given // down, mask=none)
    return found, [] if finer == "floor" else [(BELOW_US, given % down != 0)]


def _clock_to_utc(local: pa.Array, zone: str) -> tuple[pa.Array, Wrong]:
    from headrace.times.local_time import to_utc

    found = to_utc(local, zone)
    return found.utc, [] if found.skipped is None else [(SKIPPED, found.skipped)]


def _holds_numbers(column: Column) -> bool:
    kind = innermost(column.type)
    return bool(pa.types.is_integer(kind) or pa.types.is_float64(kind))


def _not(values: pa.Array, expected: str, word: str) -> Reason:
    return wrong_type(
        of_arrow(values.type), expected, f"declare the column as {word} in Ingest, or name another column"
    )
