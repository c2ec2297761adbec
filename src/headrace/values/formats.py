"""Whether text is written in a format of strptime, digit by digit, and the moment it then is.

    "03.03.2026" in %d.%m.%Y    2026-03-03          "1.2.3" in %d.%m.%Y       no: a year has four digits
    "01/02/24" in %d/%m/%Y      no                  "31/02/2024" in %d/%m/%Y  no: there is no such day
    "1/2/24" in %d/%m/%y        2024-02-01          "2024-06-30T23:59:60"     no: no leap second

strptime itself takes fewer digits, trailing text or a two-digit year, as it is implemented.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.values.arrow import array, compute

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ISO_DATE = "%Y-%m-%d"
_PARTS = {
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "m": r"(?P<m>[0-9]{1,2})",
    "d": r"(?P<d>[0-9]{1,2})",
    "H": r"(?P<H>[0-9]{1,2})",
    "I": r"(?P<I>[0-9]{1,2})",
    "M": r"(?P<M>[0-9]{2})",
    "S": r"(?P<S>[0-9]{2})",
    "f": r"(?P<f>[0-9]{1,6})",
    "z": r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})",
    "b": r"(?P<b>(?i:" + "|".join(MONTHS) + "))",
    "a": r"(?P<a>(?i:" + "|".join(DAYS) + "))",
    "p": r"(?P<p>(?i:am|pm))",
}

DIRECTIVES = tuple(f"%{name}" for name in _PARTS)
"""The parts of a format that are known here."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """What text in a format says: microseconds since 1970, in UTC where the format has an offset; and where it does."""

    moment_us: Ints
    written: Bools


def can_read(form: str) -> bool:
    """Whether every directive of the format is known here, and none is there twice."""
    names = [name for name in re.findall(r"%(.)", form) if name != "%"]
    return bool(names) and set(names) <= set(_PARTS) and len(set(names)) == len(names)


def read(text: pa.Array, form: str) -> Moments:
    """Each text that is written in the format; null is not. The moment is 0 where it is not.

    `form` is one that `can_read` knows.
    """
    parts = compute.extract_regex(text, f"^{pattern(form)}$")
    found = parts.is_valid().to_numpy(zero_copy_only=False) & text.is_valid().to_numpy(zero_copy_only=False)
    names = [parts.type.field(place).name for place in range(parts.type.num_fields)]
    column = {name: compute.fill_null(compute.struct_field(parts, [place]), "") for place, name in enumerate(names)}
    number = {name: _number(column[name], found) for name in "YymdHIMS" if name in column}
    year = number.get("Y", _century(number["y"]) if "y" in number else np.full(len(text), 1970))
    month = _place(column["b"], MONTHS) + 1 if "b" in column else number.get("m", np.ones(len(text), np.int64))
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
    if "f" in column:
        moment_us += _number(compute.utf8_rpad(column["f"], 6, "0"), found)
    if "z" in column:
        offset = _offset_minutes(column["z"], found)
        found &= np.abs(offset) < 24 * 60
        moment_us -= offset * 60_000_000
    return Moments(moment_us=np.where(found, moment_us, 0), written=found)


def pattern(form: str) -> str:
    """What text in the format looks like, digit by digit, as a regular expression of RE2 for the whole text."""
    pieces = re.split(r"(%.)", form)
    return "".join(_PARTS[piece[1]] if piece[:1] == "%" and piece != "%%" else re.escape(piece.replace("%%", "%"))
                   for piece in pieces)  # fmt: skip


def _number(text: pa.Array, found: Bools) -> Ints:
    shown = compute.if_else(array(found & (compute.binary_length(text).to_numpy(zero_copy_only=False) > 0)), text, "0")
    numbers: Ints = shown.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


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


def _offset_minutes(text: pa.Array, found: Bools) -> Ints:
    digits = compute.replace_substring_regex(text, "[^0-9]", "")
    hours = _number(compute.utf8_slice_codeunits(digits, 0, 2), found)
    minutes = _number(compute.utf8_slice_codeunits(digits, 2, 4), found)
    negative = compute.starts_with(text, "-").to_numpy(zero_copy_only=False)
    return np.where(minutes < 60, (hours * 60 + minutes) * np.where(negative, -1, 1), 24 * 60)
