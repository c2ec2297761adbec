"""Covariance and correlation of all pairs of numeric columns, over the rows that have both.

    x = 1 2 3 null    y = 2 4 7 1   ->   n 3, mean (2, 4.33), covariance 1.67, correlation 0.993

Moments are taken around means and merged by the rule of Chan, Golub and LeVeque (Updating formulae and a pairwise
algorithm for computing sample variances, 1979), so that large numbers such as times lose no digits. TFDV's
generator sums squares in the column's own type, where whole numbers overflow, and joins pair by pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.stats.exact import product


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Of `names` (k): k x k arrays over the rows in which both are there; `[i, j]` of `mean` is the mean of i."""

    names: tuple[str, ...]
    count: Any
    mean: Any
    squares: Any
    products: Any

    @property
    def covariance(self) -> Any:
        """k x k, of the population; NaN where there is no row."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.products / self.count

    @property
    def correlation(self) -> Any:
        """k x k, in [-1, 1]; NaN where one of both is constant."""
        with np.errstate(invalid="ignore", divide="ignore"):
            found = self.products / np.sqrt(self.squares * self.squares.T)
        return np.where((self.squares > 0) & (self.squares.T > 0), np.clip(found, -1.0, 1.0), np.nan)


def moments_of(batch: pa.RecordBatch, wanted: Sequence[str] | None = None) -> Moments:
    """Moments of the numeric features (all, or those wanted) over the rows in which they have exactly one value."""
    names, columns = [], []
    for name, column in sorted(zip(batch.schema.names, batch.columns, strict=True), key=lambda pair: pair[0]):
        kind = getattr(column.type, "value_type", column.type)
        if (wanted is None or name in wanted) and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            names.append(name)
            columns.append(_single_values(column))
    values = np.stack(columns, axis=1) if columns else np.zeros((batch.num_rows, 0))
    there = ~np.isnan(values)
    counts = there.sum(axis=0)
    shift = np.where(there, values, 0.0).sum(axis=0) / np.maximum(counts, 1)
    centred, mask = np.where(there, values - shift, 0.0), there.astype(np.float64)
    count, total = mask.T @ mask, product(centred, mask)
    mean = total / np.maximum(count, 1.0)
    return Moments(
        names=tuple(names),
        count=count,
        mean=mean + shift[:, None],
        squares=np.maximum(product(centred**2, mask) - total * mean, 0.0),
        products=product(centred, centred) - count * mean * mean.T,
    )


def merge_moments(parts: Sequence[Moments]) -> Moments:
    """Moments of the whole from those of its parts, one at least; a part may lack columns."""
    names = tuple(sorted({name for part in parts for name in part.names}))
    merged, *others = [_spread(part, names) for part in parts]
    for part in others:
        count = merged.count + part.count
        share = part.count / np.maximum(count, 1.0)
        delta = part.mean - merged.mean
        both = merged.count * share
        merged = Moments(
            names=names,
            count=count,
            mean=merged.mean + delta * share,
            squares=merged.squares + part.squares + delta**2 * both,
            products=merged.products + part.products + delta * delta.T * both,
        )
    return merged


def _single_values(column: pa.Array) -> Any:
    lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    flat = column.flatten()
    values = flat.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    ends = np.cumsum(lengths)
    found = np.full(len(column), np.nan)
    single = lengths == 1
    found[single] = values[ends[single] - 1]
    return np.where(np.isfinite(found), found, np.nan)


def _spread(part: Moments, names: tuple[str, ...]) -> Moments:
    if part.names == names:
        return part
    at = np.ix_(*[[names.index(name) for name in part.names]] * 2)

    def wide(array: Any) -> Any:
        made = np.zeros((len(names), len(names)))
        made[at] = array
        return made

    return Moments(
        names=names,
        count=wide(part.count),
        mean=wide(part.mean),
        squares=wide(part.squares),
        products=wide(part.products),
    )
