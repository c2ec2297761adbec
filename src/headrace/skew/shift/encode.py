"""Labeled tables as numbers for a classifier, and as cells of rows that are alike.

daypart [evening, morning, null]  ->  codes 0 1 nan      cells "evening" "morning" "(missing)"
pace    [5.1, inf, nan]           ->  5.1 8e307 nan      cells "5.1" "(infinity)" "(missing)"
age     [19, 44, 61, ...]         ->  19 44 61           cells "19 .. 27" "27 .. 34" ...
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.examples.layout import from_features
from headrace.skew.profiles.from_table import is_text
from headrace.skew.profiles.profile import Floats
from headrace.skew.profiles.value_counts import as_texts, value_counts
from headrace.words import number

Ints = npt.NDArray[np.int64]

MOST_VALUES = 200
"""Categories that the classifier tells apart; the rarer ones are one."""
CELLS = 20
"""Cells of a category, the most frequent first; the rest are one."""
QUANTILES = 8
FEW = 12
"""Numbers with at most this many values have a cell for each."""
OTHER, MISSING, INFINITE, MINUS = "(other)", "(missing)", "(infinity)", "(minus infinity)"
FARTHEST = 8e307
"""Infinity to the classifier, which splits between values and must be able to halve the sum of two."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Rows of both sides, before and now.

    `x`: a matrix with NaN for missing; `cells`: by feature, a code for each row; `now`: which rows are of the side now.
    """

    x: Floats
    categorical: tuple[bool, ...]
    names: tuple[str, ...]
    cells: tuple[Ints, ...]
    cell_names: tuple[tuple[str, ...], ...]
    now: npt.NDArray[np.bool_]


def encode(before: pa.Table, now: pa.Table, names: Sequence[str]) -> Encoded:
    """Encodes the features of both sides, without those that are blank on a side or have a single value."""
    columns, categorical, kept, cells, cell_names = [], [], [], [], []
    for name in names:
        x, text, codes, words = _column(before.column(name), now.column(name))
        if len(words) < 2:
            continue
        columns.append(x)
        categorical.append(text)
        kept.append(name)
        cells.append(codes)
        cell_names.append(words)
    rows = before.num_rows + now.num_rows
    matrix = np.column_stack(columns) if columns else np.zeros((rows, 0))
    is_now = np.arange(rows) >= before.num_rows
    return Encoded(matrix, tuple(categorical), tuple(kept), tuple(cells), tuple(cell_names), is_now)


def flat(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Some features of a table, flat."""
    return from_features(table.select(list(names)))


def numbers(column: pa.ChunkedArray) -> Floats:
    """A flat column of numbers, booleans or times as floats, NaN for missing; infinities stay."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    elif pa.types.is_temporal(column.type):
        column = column.cast(pa.int32() if column.type.bit_width == 32 else pa.int64())
    floats: Floats = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
    return floats


def texts(column: pa.ChunkedArray) -> tuple[Ints, tuple[str, ...]]:
    """Codes of a flat column of text, -1 for missing, and the values, the most frequent first."""
    column = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
    values, _ = value_counts(column)
    codes = cast("pa.ChunkedArray", pc.index_in(column, value_set=values)).to_numpy()
    return np.where(np.isnan(codes), -1, codes).astype(np.int64), tuple(as_texts(values))


def _column(before: pa.ChunkedArray, now: pa.ChunkedArray) -> tuple[Floats, bool, Ints, tuple[str, ...]]:
    empty = [side for side in (before, now) if side.null_count == len(side)]
    if is_text(before.type) or is_text(now.type):
        as_text = [side.cast(pa.string()) for side in (before, now)]
        codes, values = texts(pa.chunked_array([c for side in as_text for c in side.chunks], type=pa.string()))
        x = np.where(codes < 0, np.nan, np.minimum(codes, MOST_VALUES)).astype(np.float64)
        few = len(values) > CELLS
        names = (*values[:CELLS], *([OTHER] if few else []), MISSING)
        cells = np.where(codes < 0, len(names) - 1, np.minimum(codes, CELLS))
        return x, True, cells, names if not empty else ()
    x = np.concatenate([numbers(before), numbers(now)])
    cells, names = _bins(x)
    return np.clip(x, -FARTHEST, FARTHEST), False, cells, names if not empty else ()


def _bins(x: Floats) -> tuple[Ints, tuple[str, ...]]:
    known = x[np.isfinite(x)]
    values = np.unique(known)
    if len(values) <= FEW:
        cells = np.searchsorted(values, np.nan_to_num(x))
        names = [number(v) for v in values.tolist()]
    else:
        edges = np.unique(np.quantile(known, np.arange(1, QUANTILES) / QUANTILES))
        cells = np.searchsorted(edges, np.nan_to_num(x), side="left")
        ends = [float(values[0]), *edges.tolist(), float(values[-1])]
        names = [f"{number(a)} .. {number(b)}" for a, b in itertools.pairwise(ends)]
    for odd, name in ((np.isposinf(x), INFINITE), (np.isneginf(x), MINUS), (np.isnan(x), MISSING)):
        if odd.any() or name == MISSING:
            cells = np.where(odd, len(names), cells)
            names.append(name)
    return cells.astype(np.int64), tuple(names)
