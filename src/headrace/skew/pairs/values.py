"""One feature of both sides, pair by pair.

    training  [5.0]  [6.0]  []     [1, 2]        serving  [5.0]  [9.7]  [0.0]  [2, 1]
              equal  unequal  serving only  unequal

A missing value is a null or an empty list. Numbers of different types are compared as numbers: a float32 and a float64
that read one text are equal, NaN equals NaN, and 0 equals -0. Times are compared as instants, whatever they are counted
in. Text never equals a number.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.skew.pairs.keys import Rows
from headrace.skew.pairs.spec import Tolerance
from headrace.skew.profiles.value_counts import as_texts
from headrace.values import (
    ColumnType,
    decimals,
    durations_us,
    filled,
    of_arrow,
    same_reals,
    show,
    times_of_day_us,
    times_us,
)
from headrace.values.arrow import scale_of
from headrace.values.column_type import COUNTED
from headrace.values.numbers import nearest_floats
from headrace.values.of_arrow import innermost, is_list
from headrace.values.plain import list_lengths, list_values, plain

Bools = npt.NDArray[np.bool_]

CHUNK = 1_000_000
"""Pairs that are compared at once."""
KEPT = 20_000
"""Mismatches of a feature that are searched for their cause."""


_NS = 1_000
"""Nanoseconds of a microsecond."""
_MOST_US = (2**63 - 1) // _NS - 1


@dataclass(frozen=True, kw_only=True)
class Form:
    """What the values of both sides are converted to: times to a `unit`; decimals to text with `scale` digits after the
    point, or to floats.
    """

    unit: Literal["us", "ns"] = "us"
    scale: int | None = None


PLAIN = Form()
EXACT_DIGITS = 15
"""Decimals of at most this many digits are different as floats if they are different."""


def common_form(one: pa.DataType, other: pa.DataType, tolerance: Tolerance) -> Form:
    """The form in which no difference between values of these Arrow types is lost."""
    inner = innermost(one), innermost(other)
    fine = any(of_arrow(kind).resolution == "ns" for kind in inner)
    exact = tolerance.exact and all(pa.types.is_decimal(kind) for kind in inner)
    digits = max(int(getattr(kind, "precision", 0)) for kind in inner)
    scale = max(map(scale_of, inner)) if exact and digits > EXACT_DIGITS else None
    return Form(unit="ns" if fine else "us", scale=scale)


class Values:
    """One feature of all rows of one side.

    `texts` or `numbers` hold all values, `text` says which; of each row, `lengths` has their number and `starts` where
    they begin. Times and lengths of time are whole numbers of the `unit` (us or ns). `fault` says why the values can't
    be compared; it is empty if they can.
    """

    def __init__(
        self, column: pa.ChunkedArray, name: str, *, kind: ColumnType | None = None, form: Form = PLAIN
    ) -> None:
        self.kind, self.unit, self.fault = kind, form.unit, ""
        parts = []
        for chunk in column.chunks:
            lengths, present = _rows_of(chunk)
            parts.append((lengths, self._converted(present, name, form)))
        self.lengths = np.concatenate([lengths for lengths, _ in parts]) if parts else np.zeros(0, dtype=np.int32)
        self.starts: Rows = np.cumsum(self.lengths, dtype=np.int64) - self.lengths
        self.single = bool(self.lengths.max(initial=0) <= 1)
        values = [v for _, v in parts if len(v)]
        texts = [v for v in values if isinstance(v, pa.Array)]
        numbers = [v for v in values if isinstance(v, np.ndarray)]
        self.text = bool(texts)
        self.texts: pa.Array = pa.concat_arrays(texts) if texts else pa.array([], pa.large_binary())
        self.numbers: npt.NDArray[Any] = np.concatenate(numbers) if numbers else np.zeros(0)

    def _converted(self, values: pa.Array, name: str, form: Form) -> npt.NDArray[Any] | pa.Array:
        """Values of a chunk, without those that are missing, as numbers or as binary."""
        if values.null_count:
            self.fault = f"column {name!r} has lists with missing values in them: fill them, or leave them out"
            return np.zeros(0)
        found = plain(values)[0]
        kind = of_arrow(found.type)
        if self.kind is None or self.kind.kind not in COUNTED:
            self.kind = kind if kind.kind in COUNTED else self.kind
        if pa.types.is_null(found.type) or not len(found):
            return np.zeros(0)
        if kind.is_text:
            return found.cast(pa.binary()).cast(pa.large_binary())
        if self.kind is not None and self.kind.kind in COUNTED:
            return self._counted(found, kind, name)
        if kind.kind == "boolean":
            return found.cast(pa.int8()).to_numpy(zero_copy_only=False)
        if kind.kind == "decimal":
            if form.scale is None:
                return nearest_floats(found)
            digits = [str(value).encode() for value in decimals(found, form.scale).array.to_pylist()]
            return pa.array(digits, pa.large_binary())
        return found.to_numpy(zero_copy_only=False)

    def _counted(self, values: pa.Array, stored: ColumnType, name: str) -> npt.NDArray[Any]:
        kind = self.kind or stored
        convert = {"duration": durations_us, "time_of_day": times_of_day_us}.get(kind.kind, times_us)
        found = convert(values, kind, finer="floor")
        if found.faults:
            self.fault = found.faults[0].message(name, with_value=False)
            return np.zeros(0)
        counts: Rows = filled(found.array, np.int64)
        if self.unit == "us":
            return counts
        below = filled(values.view(pa.int64()), np.int64) % _NS if stored.resolution == "ns" else 0
        # A time that nanoseconds can't count is none that the other side has.
        return np.clip(counts, -_MOST_US, _MOST_US) * _NS + below

    @property
    def counted(self) -> bool:
        """Whether the values are times or lengths of time, counted in the unit."""
        return not self.text and self.kind is not None and self.kind.kind in COUNTED

    @property
    def type(self) -> str:
        """The type of the values: text, integer, float, time and its like, or nothing."""
        if self.text:
            return "text"
        if self.counted and self.kind is not None:
            return self.kind.kind.replace("_", " ")
        if not len(self.numbers):
            return "nothing"
        return "integer" if self.numbers.dtype.kind in "iu" else "float"

    def present(self, rows: Rows) -> Bools:
        """Which of the rows have a value."""
        shown: Bools = self.lengths[rows] > 0
        return shown

    def plain_values(self, rows: Rows) -> list[object]:
        """The values of some rows: None, a value or a list for each."""
        return [self._plain(row) for row in rows.tolist()]

    def _plain(self, row: int) -> object:
        start, length = int(self.starts[row]), int(self.lengths[row])
        part = slice(start, start + length)
        if self.text:
            found: list[object] = [*as_texts(self.texts[part])]
        elif self.kind is not None and self.kind.kind in COUNTED:
            counted = replace(self.kind, resolution=self.unit)
            found = [show(value, counted) for value in self.numbers[part].tolist()]
        else:
            found = [_short(value) for value in self.numbers[part].tolist()]
        return None if not length else found[0] if length == 1 else found


@dataclass
class ValueComparison:
    """Counts of the pairs of one feature, and positions of examples among the pairs, at most `KEPT` of each kind.

    Attributes:
        both: pairs with a value on both sides.
        mismatches: of these, pairs whose values differ.
        training_only: pairs with a value in training alone.
        serving_only: pairs with a value at serving alone.
        unequal_positions: of some mismatches.
        serving_only_positions: of some pairs with a value at serving alone.
    """

    both: int = 0
    mismatches: int = 0
    training_only: int = 0
    serving_only: int = 0
    unequal_positions: list[Rows] = field(default_factory=list)
    serving_only_positions: list[Rows] = field(default_factory=list)


def compare_values(
    training: Values, serving: Values, pairs: tuple[Rows, Rows], tolerance: Tolerance
) -> ValueComparison:
    """Compares one feature over all pairs of rows."""
    result = ValueComparison()
    for start in range(0, len(pairs[0]), CHUNK):
        left, right = pairs[0][start : start + CHUNK], pairs[1][start : start + CHUNK]
        here, there = training.present(left), serving.present(right)
        only = np.flatnonzero(~here & there)
        result.training_only += int(np.count_nonzero(here & ~there))
        result.serving_only += len(only)
        both = here & there
        if both.all():
            positions, unequal = None, _unequal(training, serving, left, right, tolerance)
        else:
            positions = np.flatnonzero(both)
            unequal = _unequal(training, serving, left[positions], right[positions], tolerance)
        result.both += len(unequal)
        wrong = np.flatnonzero(unequal)
        result.mismatches += len(wrong)
        for kept, found in ((result.unequal_positions, wrong), (result.serving_only_positions, only)):
            if found is wrong and positions is not None:
                found = positions[wrong]
            room = KEPT - sum(map(len, kept))
            if room > 0 and len(found):
                kept.append(found[:room] + start)
    return result


def _unequal(a: Values, b: Values, left: Rows, right: Rows, tolerance: Tolerance) -> Bools:
    if a.single and b.single:
        return ~_equal(a, b, a.starts[left], b.starts[right], tolerance)
    lengths = a.lengths[left]
    differ: Bools = lengths != b.lengths[right]
    same = np.flatnonzero(~differ)
    if len(same):
        lengths = lengths[same].astype(np.int64)
        first = np.cumsum(lengths) - lengths
        within = np.arange(int(lengths.sum()))
        at_a = np.repeat(a.starts[left[same]] - first, lengths) + within
        at_b = np.repeat(b.starts[right[same]] - first, lengths) + within
        differ[same] = np.logical_or.reduceat(~_equal(a, b, at_a, at_b, tolerance), first)
    return differ


def _equal(a: Values, b: Values, at_a: Rows, at_b: Rows, tolerance: Tolerance) -> Bools:
    if a.text != b.text:
        return np.zeros(len(at_a), dtype=bool)
    if a.text:
        equal = pc.equal(a.texts.take(pa.array(at_a, pa.int64())), b.texts.take(pa.array(at_b, pa.int64())))
        shown: Bools = equal.to_numpy(zero_copy_only=False).astype(bool)
        return shown
    return equal_numbers(a.numbers[at_a], b.numbers[at_b], tolerance)


def equal_numbers(x: npt.NDArray[Any], y: npt.NDArray[Any], tolerance: Tolerance) -> Bools:
    """Whether numbers of two sides are equal within a tolerance, one by one. An infinity equals itself only."""
    equal: Bools = same_reals(x, y)
    if tolerance.exact or equal.all():
        return equal
    left = np.flatnonzero(~equal & np.isfinite(x) & np.isfinite(y))
    u, v = x[left].astype(np.float64), y[left].astype(np.float64)
    if tolerance.decimals is not None:
        u, v = _rounded(u, tolerance.decimals), _rounded(v, tolerance.decimals)
    with np.errstate(over="ignore"):  # the largest floats are further apart than a float can say
        allowed = np.maximum(tolerance.absolute, tolerance.relative * np.maximum(np.abs(u), np.abs(v)))
        equal[left] = np.abs(u - v) <= allowed
    return equal


def _rounded(values: npt.NDArray[np.float64], decimals: int) -> npt.NDArray[np.float64]:
    with np.errstate(over="ignore"):
        found = np.round(values, decimals)
    return np.where(np.isfinite(found), found, values)


def _rows_of(chunk: pa.Array) -> tuple[npt.NDArray[np.int32], pa.Array]:
    """Lengths by row, and all values of a chunk of features or of a flat column."""
    if is_list(chunk.type):
        return list_lengths(chunk).astype(np.int32), list_values(chunk)
    return chunk.is_valid().to_numpy(zero_copy_only=False).astype(np.int32), chunk.drop_null()


def _short(value: float) -> float:
    # Seven digits, which a float32 holds: it would print more.
    return value if isinstance(value, int) else float(f"{value:.7g}")
