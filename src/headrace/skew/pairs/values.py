"""One feature of both sides, pair by pair.

    training  [5.0]  [6.0]  []     [1, 2]        serving  [5.0]  [9.7]  [0.0]  [2, 1]
              equal  unequal  serving only  unequal

A missing value is a null or an empty list. Numbers of different types are compared as numbers, at float32 where one
side is; NaN equals NaN, and 0 equals -0. Text never equals a number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import DataError
from headrace.skew.pairs.keys import Rows
from headrace.skew.pairs.spec import Tolerance
from headrace.skew.profiles.value_counts import as_texts

Bools = npt.NDArray[np.bool_]

CHUNK = 1_000_000
"""Pairs that are compared at once."""
KEPT = 20_000
"""Mismatches of a feature that are searched for their cause."""


class Values:
    """One feature of all rows of one side.

    `texts` or `numbers` hold all values, `text` says which; of each row, `lengths` has their number and `starts` where
    they begin.
    """

    def __init__(self, column: pa.ChunkedArray, name: str) -> None:
        parts = [_flat(chunk, name) for chunk in column.chunks]
        self.lengths = np.concatenate([lengths for lengths, _ in parts]) if parts else np.zeros(0, dtype=np.int32)
        self.starts: Rows = np.cumsum(self.lengths, dtype=np.int64) - self.lengths
        self.single = bool(self.lengths.max(initial=0) <= 1)
        values = [v for _, v in parts if len(v)]
        texts = [v for v in values if isinstance(v, pa.Array)]
        numbers = [v for v in values if isinstance(v, np.ndarray)]
        self.text = bool(texts)
        self.texts: pa.Array = pa.concat_arrays(texts) if texts else pa.array([], pa.large_binary())
        self.numbers: npt.NDArray[Any] = np.concatenate(numbers) if numbers else np.zeros(0)

    @property
    def type(self) -> str:
        """The type of the values: text, integer, float or nothing."""
        if self.text:
            return "text"
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
            plain: list[object] = [*as_texts(self.texts[part])]
        else:
            plain = [_short(value) for value in self.numbers[part].tolist()]
        return None if not length else plain[0] if length == 1 else plain


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


def equal_numbers(x: npt.NDArray[np.generic], y: npt.NDArray[np.generic], tolerance: Tolerance) -> Bools:
    """Whether numbers of two sides are equal within a tolerance, one by one."""
    if np.float32 in (x.dtype, y.dtype) and x.dtype != y.dtype:
        x, y = x.astype(np.float32), y.astype(np.float32)
    equal: Bools = x == y
    if x.dtype.kind == "f" and y.dtype.kind == "f":
        equal |= np.isnan(x) & np.isnan(y)
    if tolerance.exact or equal.all():
        return equal
    left = np.flatnonzero(~equal)
    u, v = x[left].astype(np.float64), y[left].astype(np.float64)
    if tolerance.decimals is not None:
        u, v = np.round(u, tolerance.decimals), np.round(v, tolerance.decimals)
    with np.errstate(invalid="ignore"):
        allowed = np.maximum(tolerance.absolute, tolerance.relative * np.maximum(np.abs(u), np.abs(v)))
        equal[left] = (np.abs(u - v) <= allowed) | (u == v)
    return equal


def _flat(chunk: pa.Array, name: str) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.generic] | pa.Array]:
    """Lengths by row, and all values of a chunk of features or of a flat column."""
    if isinstance(chunk, pa.ChunkedArray):
        chunk = chunk.combine_chunks()
    if pa.types.is_list(chunk.type) or pa.types.is_large_list(chunk.type):
        lengths = pc.fill_null(pc.list_value_length(chunk), 0).to_numpy().astype(np.int32)
        values = cast("pa.ListArray", chunk).flatten()
        if values.null_count:
            raise DataError(f"feature {name!r} has lists with nulls in them: expected lists of values")
    else:
        values = chunk.cast(chunk.type.value_type) if pa.types.is_dictionary(chunk.type) else chunk
        lengths = values.is_valid().to_numpy(zero_copy_only=False).astype(np.int32)
        values = values.drop_null()
    kind = values.type
    if pa.types.is_null(kind):
        return lengths, np.zeros(0)
    if pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_string(kind):
        return lengths, values.cast(pa.binary()).cast(pa.large_binary()) if kind != pa.large_string() else values.cast(
            pa.large_binary()
        )
    if pa.types.is_large_binary(kind):
        return lengths, values
    if pa.types.is_boolean(kind):
        values = values.cast(pa.int8())
    elif pa.types.is_temporal(kind):
        values = values.cast(pa.int32() if kind.bit_width == 32 else pa.int64())
    elif pa.types.is_decimal(kind):
        values = values.cast(pa.float64())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise DataError(f"feature {name!r} is {kind}: expected numbers, booleans, times, text or lists of them")
    return lengths, values.to_numpy(zero_copy_only=False)


def _short(value: float) -> float:
    # Seven digits, which a float32 holds: it would print more.
    return value if isinstance(value, int) else float(f"{value:.7g}")
