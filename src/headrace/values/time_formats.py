"""Whether text is written in ISO 8601, or in a format of strptime, digit by digit, and the moment it then is.

    "03.03.2026" in %d.%m.%Y       2026-03-03          "1.2.3" in %d.%m.%Y       no: a year has four digits
    "01/02/24" in %d/%m/%Y         no                  "31/02/2024" in %d/%m/%Y  no: there is no such day
    "1/2/24" in %d/%m/%y           2024-02-01          "2024-06-30T23:59:60"     no: no leap second
    "20240101" in %Y%m%d           2024-01-01          "2024111" in %Y%m%d       no: digits without a gap are two each

    ISO 8601   "2024-01-01", "2024-01-01 12:00", "2024-01-01T12:00:00,123+02:00", "20240101T120000Z",
               "2024-01-01 12:00:00 UTC"

strptime itself takes fewer digits, trailing text or a two-digit year, as it is implemented.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.values.arrow import array, compute
from headrace.values.choose import choose
from headrace.values.column_type import FIRST_US, LAST_US

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONG_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ISO_DATE = "%Y-%m-%d"
ZONE = r"(?P<z>Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)"
_PARTS = {
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "m": r"(?P<m>[0-9]{1,2})",
    "d": r"(?P<d>[0-9]{1,2})",
    "e": r" ?(?P<d>[0-9]{1,2})",
    "H": r"(?P<H>[0-9]{1,2})",
    "I": r"(?P<I>[0-9]{1,2})",
    "M": r"(?P<M>[0-9]{2})",
    "S": r"(?P<S>[0-9]{2})",
    "f": r"(?P<f>[0-9]+)",
    "z": ZONE,
    "b": r"(?P<b>(?i:" + "|".join(MONTHS) + "))",
    "B": r"(?P<B>(?i:" + "|".join(LONG_MONTHS) + "))",
    "a": r"(?P<a>(?i:" + "|".join(DAYS) + "))",
    "A": r"(?P<A>(?i:" + "|".join(LONG_DAYS) + "))",
    "p": r"(?P<p>(?i:am|pm))",
}
_SHORT = {"%T": "%H:%M:%S", "%R": "%H:%M", "%F": "%Y-%m-%d", "%D": "%m/%d/%y", "%h": "%b"}
_OF_DIGITS = "YymdeHIMSf"
"""Where two of these directives have nothing between them, each has two digits (a year its four)."""

_CLOCK = r"(?P<H>[0-9]{2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]+))?)?"
_ISO = (
    rf"^(?P<Y>[0-9]{{4}})-(?P<m>[0-9]{{2}})-(?P<d>[0-9]{{2}})(?:[T ]{_CLOCK})?\s*{ZONE}?$",
    r"^(?P<Y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})T(?P<H>[0-9]{2})(?P<M>[0-9]{2})"
    rf"(?:(?P<S>[0-9]{{2}})(?:[.,](?P<f>[0-9]+))?)?\s*{ZONE}?$",
)
_TIME_OF_DAY = r"^(?P<H>[0-9]{1,2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]+))?)?$"

DIRECTIVES = tuple(f"%{name}" for name in _PARTS)
"""The parts of a format that are known here."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """What texts say: microseconds since 1970, in UTC where there is an offset. Where one is not written so, it is 0.

    Attributes:
        moment_us: the microsecond, or, of a moment with a finer part, the one before.
        written: whether the text is written so.
        zoned: whether it has an offset from UTC.
        finer: whether it has a part below a microsecond.
        beyond: whether it lies outside of the years 1 to 9999; `moment_us` is 0 then.
    """

    moment_us: Ints
    written: Bools
    zoned: Bools
    finer: Bools
    beyond: Bools


def can_read(form: str) -> bool:
    """Whether every directive of the format is known here, and none is there twice."""
    names = re.findall(r"%(.)", _long(form))
    known = ["d" if name == "e" else name for name in names if name != "%"]
    return bool(known) and all(name in _PARTS for name in known) and len(set(known)) == len(known)


def read(text: pa.Array, form: str) -> Moments:
    """Each text that is written in the format, one that `can_read` knows; null is not."""
    return _matched(text, f"^{pattern(form)}$")


def read_iso(text: pa.Array) -> Moments:
    """Each text that is a date or time in ISO 8601, or nearly: with a space for the T, or `UTC` behind it."""
    found = _matched(text, _ISO[0])
    if found.written.sum() == len(text) - text.null_count:
        return found
    return first_written([found, _matched(text, _ISO[1])])


def read_time_of_day(text: pa.Array) -> Moments:
    """Each text that is a time of day from 0:00 to 23:59:59.999999, as microseconds since midnight."""
    return _matched(text, _TIME_OF_DAY)


def first_written(several: list[Moments]) -> Moments:
    """Of each text the first reading in which it is written."""
    if len(several) == 1:
        return several[0]
    which = np.argmax([one.written for one in several], axis=0)
    parts = {
        name: np.choose(which, [getattr(one, name) for one in several])
        for name in ("moment_us", "written", "zoned", "finer", "beyond")
    }
    return Moments(**parts)


def _matched(text: pa.Array, expression: str) -> Moments:
    """The moments of texts that match an expression, whose groups are called as the directives of strptime."""
    parts = compute.extract_regex(text, expression)
    found = parts.is_valid().to_numpy(zero_copy_only=False) & text.is_valid().to_numpy(zero_copy_only=False)
    names = [parts.type.field(place).name for place in range(parts.type.num_fields)]
    column = {name: compute.fill_null(compute.struct_field(parts, [place]), "") for place, name in enumerate(names)}
    number = {name: _number(column[name], found) for name in "YymdHIMS" if name in column}
    year = number.get("Y", _century(number["y"]) if "y" in number else np.full(len(text), 1970))
    month = number.get("m", np.ones(len(text), np.int64))
    for name, words in (("b", MONTHS), ("B", LONG_MONTHS)):
        month = _place(column[name], words) + 1 if name in column else month
    day = number.get("d", np.ones(len(text), np.int64))
    hour = number.get("H", np.zeros(len(text), np.int64))
    if "I" in number:
        late = (
            compute.equal(compute.utf8_lower(column["p"]), "pm").to_numpy(zero_copy_only=False)
            if "p" in column
            else False
        )
        found &= (number["I"] >= 1) & (number["I"] <= 12)
        hour = number["I"] % 12 + 12 * np.asarray(late, np.int64)
    minute = number.get("M", np.zeros(len(text), np.int64))
    second = number.get("S", np.zeros(len(text), np.int64))
    found &= (year >= 1) & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    first = _first_day(np.where(found, year, 1970), np.where(found, month, 1))
    after = _first_day(np.where(found, year, 1970) + month // 12, np.where(found, month, 1) % 12 + 1)
    found &= (day >= 1) & (day <= after - first)
    moment = (((first + day - 1) * 24 + hour) * 60 + minute) * 60 + second
    moment_us = moment * 1_000_000
    none = np.zeros(len(text), bool)
    zoned, finer = none, none
    if "f" in column:
        micros, finer = _fraction(column["f"], found)
        moment_us += micros
    if "z" in column:
        offset, zoned = _offset_minutes(column["z"], found)
        found &= np.abs(offset) < 24 * 60
        moment_us -= offset * 60_000_000
    beyond = found & ((moment_us < FIRST_US) | (moment_us > LAST_US))
    return Moments(
        moment_us=np.where(found & ~beyond, moment_us, 0),
        written=found,
        zoned=zoned & found,
        finer=finer & found,
        beyond=beyond,
    )


def _long(form: str) -> str:
    return re.sub(r"%.", lambda found: _SHORT.get(found[0], found[0]), form)


def pattern(form: str) -> str:
    """What text in the format looks like, digit by digit, as a regular expression of RE2 for the whole text."""
    form = _long(form)
    pieces = [piece for piece in re.split(r"(%.)", form) if piece]
    directives = [piece[1] if piece[0] == "%" and piece != "%%" else "" for piece in pieces]
    found = []
    for before, name, piece, after in zip(["", *directives], directives, pieces, [*directives[1:], ""], strict=False):
        if not name:
            found.append(re.escape(piece.replace("%%", "%")))
            continue
        tight = name in _OF_DIGITS and any(other and other in _OF_DIGITS for other in (before, after))
        found.append(_PARTS[name].replace("{1,2}", "{2}") if tight else _PARTS[name])
    return "".join(found)


def _number(text: pa.Array, found: Bools) -> Ints:
    shown = choose(array(found & (compute.binary_length(text).to_numpy(zero_copy_only=False) > 0)), text, "0")
    numbers: Ints = shown.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _fraction(digits: pa.Array, found: Bools) -> tuple[Ints, Bools]:
    """Microseconds of the digits behind a point, and where there are more digits than these that are not 0."""
    micros = _number(compute.utf8_rpad(compute.utf8_slice_codeunits(digits, 0, 6), 6, "0"), found)
    rest = compute.match_substring_regex(digits, "^[0-9]{6}[0-9]*[1-9]")
    return micros, rest.to_numpy(zero_copy_only=False)


def _century(years: Ints) -> Ints:
    """Two digits as POSIX reads them: 69 to 99 are of the last century."""
    return years + np.where(years >= 69, 1900, 2000)


def _place(text: pa.Array, words: tuple[str, ...]) -> Ints:
    places: Ints = compute.fill_null(compute.index_in(compute.utf8_lower(text), value_set=array(words)), 0).to_numpy()
    return places.astype(np.int64)


def _first_day(year: Ints, month: Ints) -> Ints:
    """Days from 1970 to the first of a month."""
    months = (year - 1970) * 12 + month - 1
    days: Ints = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return days


def _offset_minutes(text: pa.Array, found: Bools) -> tuple[Ints, Bools]:
    """Minutes east of UTC, 1,440 or more where these are none, and which texts have an offset at all."""
    digits = compute.replace_substring_regex(text, "[^0-9]", "")
    hours = _number(compute.utf8_slice_codeunits(digits, 0, 2), found)
    minutes = _number(compute.utf8_slice_codeunits(digits, 2, 4), found)
    negative = compute.starts_with(text, "-").to_numpy(zero_copy_only=False)
    offset = np.where(minutes < 60, (hours * 60 + minutes) * np.where(negative, -1, 1), 24 * 60)
    return offset, compute.binary_length(text).to_numpy(zero_copy_only=False) > 0
