"""What a conversion gives: values, and faults that say which values are not among them and why.

    integers of [7.0, null, 1.5, 1e30]
    values [7, null, null, null]     faults: fraction, row 2, 1.5;  beyond_int64, row 3, 1e30

A row is missing (null before), converted, or at fault: nothing else, and each exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.errors import DataError
from headrace.values.arrow import chunked, nulls
from headrace.values.column_type import ColumnType
from headrace.values.plain import pieces, plain
from headrace.values.show import show_at

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Column = pa.Array | pa.ChunkedArray


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a value can't be converted.

    Attributes:
        code: for counting, such as `beyond_int64`.
        words: goes on from the value, such as "does not fit 64 bits".
        cure: what to do, such as "store it as text".
    """

    code: str
    words: str
    cure: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Fault:
    """The rows (numbers from 0) that are at fault for one reason, ascending; and the first such value, in words."""

    reason: Reason
    rows: Ints
    first: str

    def message(self, column: str, *, with_value: bool = True) -> str:
        """For people: names the column, the first value with its row (from 1), how many there are, and the cure.

        Without the value it is for reports and logs, where nothing personal may stand.
        """
        more = len(self.rows) - 1
        others = f" (and {more:,} more {'value' if more == 1 else 'values'})" if more else ""
        row = int(self.rows[0]) + 1
        value = self.first if with_value else "the value"
        return f"column {column!r}: {value} in row {row:,}{others} {self.reason.words}: {self.reason.cure}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Converted:
    """The values of a column, row by row: null where there was none or it is at fault."""

    values: pa.ChunkedArray
    faults: tuple[Fault, ...] = ()

    @property
    def array(self) -> pa.Array:
        """The values as one array."""
        chunks = self.values.chunks
        return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks or [nulls(0, self.values.type)])

    @property
    def at_fault(self) -> Ints:
        """The numbers of all rows that are at fault, ascending."""
        rows = [fault.rows for fault in self.faults]
        return np.sort(np.concatenate(rows)) if rows else np.zeros(0, np.int64)


Result = TypeVar("Result", bound=Converted)


def checked(result: Result, column: str, *, where: str = "") -> Result:
    """`result` itself, if nothing is at fault; `column` and `where` (a file) are named otherwise.

    Raises:
        DataError: names column, count, first value, row and cure, for each reason.
    """
    if result.faults:
        raise DataError((f"{where}: " if where else "") + "; ".join(fault.message(column) for fault in result.faults))
    return result


Wrong = Sequence[tuple[Reason, Bools]]
"""Reasons, each with the rows of one array for which it holds."""
Conversion = Callable[[pa.Array], tuple[pa.Array, Wrong]]
"""From one array to as many values, and what is wrong with some of them. Nulls stay null."""

SEVERAL = Reason(
    code="several_values",
    words="is a list of several values where one value is expected",
    cure="keep one value in each row, or leave the column out",
)


def convert(column: Column, one: Conversion, to: pa.DataType) -> Converted:
    """Each piece of the column made plain and converted by `one`; what is wrong anywhere becomes null and a fault."""

    def of_plain(piece: pa.Array) -> tuple[pa.Array, Wrong]:
        flat, several = plain(piece)
        values, wrong = (nulls(len(flat), to), []) if pa.types.is_null(flat.type) else one(flat)
        return values, wrong if several is None else [(SEVERAL, several), *wrong]

    return convert_as_stored(column, of_plain, to)


def convert_as_stored(column: Column, one: Conversion, to: pa.DataType) -> Converted:
    """Each piece of the column converted by `one`; what is wrong anywhere becomes null and a fault."""
    chunks, found = [], dict[Reason, list[tuple[Ints, str]]]()
    begin = 0
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        for piece in pieces(chunk):
            values, wrong = one(piece)
            for reason, mask in _by_reason(wrong).items():
                rows = np.flatnonzero(mask)
                if len(rows):
                    found.setdefault(reason, []).append((rows + begin, show_at(piece, int(rows[0]))))
                    values = without(values, mask)
            chunks.append(values)
            begin += len(piece)
    faults = [
        Fault(reason=reason, rows=np.concatenate([rows for rows, _ in parts]), first=parts[0][1])
        for reason, parts in found.items()
    ]
    return Converted(values=chunked(chunks, to), faults=tuple(faults))


def _by_reason(wrong: Wrong) -> dict[Reason, Bools]:
    """Each reason once, and each row under the first of its reasons."""
    found: dict[Reason, Bools] = {}
    taken: Bools | None = None
    for reason, mask in wrong:
        if not mask.any():
            continue
        new = mask if taken is None else mask & ~taken
        taken = mask if taken is None else taken | mask
        found[reason] = found[reason] | new if reason in found else new
    return found


def without(values: pa.Array, mask: Bools) -> pa.Array:
    """`values` with null where `mask` holds."""
    at = np.arange(len(values))
    return values.take(pa.array(at, mask=mask)) if mask.any() else values


def valid(values: pa.Array) -> Bools:
    """For each value whether it is not null."""
    found: Bools = values.is_valid().to_numpy(zero_copy_only=False)
    return found


def wrong_type(kind: ColumnType | str, expected: str, cure: str) -> Reason:
    """The reason of a column whose values can't be what is expected, whatever they are."""
    return Reason(code="wrong_type", words=f"is {kind} where {expected} are expected", cure=cure)


def all_wrong(values: pa.Array, to: pa.DataType, reason: Reason) -> tuple[pa.Array, Wrong]:
    """No value can be converted."""
    return nulls(len(values), to), [(reason, valid(values))]
