"""Covariance and correlation of all pairs of numeric columns, over the rows that have both.

    x = 1 2 3 null    y = 2 4 7 1   ->   n 3, mean (2, 4.33), covariance 1.67, correlation 0.993

Moments are central and merged by the rule of Chan, Golub and LeVeque (Updating formulae and a pairwise algorithm for
computing sample variances, 1979), so large numbers such as times lose no digits. TFDV's generator sums squares in the
type of the column, where whole numbers overflow, and joins pair by pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.examples.lists import element_type, list_lengths, list_values
from headrace.stats.sketches.exact_product import product

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Of k columns: k x k arrays over the rows that have both columns.

    Attributes:
        names: the columns.
        count: rows.
        shift: k numbers near the means; apart from `mean`, so that means of large numbers keep their last digits.
        mean: `mean[i, j] + shift[i]` is the mean of column i.
        squares: sums of squared deviations of column i from its mean.
        products: sums of products of the deviations of both columns.
    """

    names: tuple[str, ...]
    count: Floats
    shift: Floats
    mean: Floats
    squares: Floats
    products: Floats

    @property
    def covariance(self) -> Floats:
        """k x k, of the population; NaN where there is no row."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.products / self.count)

    @property
    def correlation(self) -> Floats:
        """k x k, in [-1, 1]; NaN where one of the two is constant."""
        with np.errstate(invalid="ignore", divide="ignore"):
            found = self.products / np.sqrt(self.squares * self.squares.T)
        return np.where((self.squares > 0) & (self.squares.T > 0), np.clip(found, -1.0, 1.0), np.nan)


def moments_of(batch: pa.RecordBatch, wanted: Sequence[str] | None = None) -> Moments:
    """Moments of the numeric features (all, or those wanted) over the rows in which they have exactly one value."""
    names, columns = [], []
    for name, column in sorted(zip(batch.schema.names, batch.columns, strict=True), key=lambda pair: pair[0]):
        kind = element_type(column.type)
        if (wanted is None or name in wanted) and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            names.append(name)
            columns.append(_single_values(column))
    values = np.stack(columns, axis=1) if columns else np.zeros((batch.num_rows, 0))
    valid = ~np.isnan(values)
    counts = valid.sum(axis=0)
    shift = np.where(valid, values, 0.0).sum(axis=0) / np.maximum(counts, 1)
    centred = np.where(valid, values - shift, 0.0)
    mask = np.asarray(valid, np.float64)
    count, total = np.asarray(mask.T @ mask), product(centred, mask)
    mean = total / np.maximum(count, 1.0)
    return Moments(
        names=tuple(names),
        count=count,
        shift=shift,
        mean=mean,
        squares=np.maximum(product(np.square(centred), mask) - total * mean, 0.0),
        products=product(centred, centred) - count * mean * mean.T,
    )


def merge_moments(parts: Sequence[Moments]) -> Moments:
    """Moments of the whole from those of its parts, at least one; a part may lack columns."""
    names = tuple(sorted({name for part in parts for name in part.names}))
    merged, *others = [_with_columns(part, names) for part in parts]
    for part in others:
        count = merged.count + part.count
        share = part.count / np.maximum(count, 1.0)
        # A column without values so far has no shift of its own yet.
        shift = np.where(np.diag(merged.count) > 0, merged.shift, part.shift)
        delta = (part.shift - shift)[:, None] + part.mean - merged.mean
        both = merged.count * share
        merged = Moments(
            names=names,
            count=count,
            shift=shift,
            mean=merged.mean + delta * share,
            squares=merged.squares + part.squares + delta**2 * both,
            products=merged.products + part.products + delta * delta.T * both,
        )
    return merged


def _single_values(column: pa.Array) -> Floats:
    # NaN where a row has no value, several values, or one that is not finite.
    lengths = list_lengths(column)
    values = list_values(column).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    ends = np.cumsum(lengths)
    found = np.full(len(column), np.nan)
    single = lengths == 1
    found[single] = values[ends[single] - 1]
    return np.where(np.isfinite(found), found, np.nan)


def _with_columns(part: Moments, names: tuple[str, ...]) -> Moments:
    # The moments of these columns, zero where the part lacks one.
    if part.names == names:
        return part
    places = [names.index(name) for name in part.names]

    def spread(array: Floats) -> Floats:
        wide = np.zeros((len(names), len(names)))
        wide[np.ix_(places, places)] = array
        return wide

    shift = np.zeros(len(names))
    shift[places] = part.shift
    return Moments(
        names=names,
        count=spread(part.count),
        shift=shift,
        mean=spread(part.mean),
        squares=spread(part.squares),
        products=spread(part.products),
    )
