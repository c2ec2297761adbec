"""What is read of a file, and what was found there.

StatsSpec(features=("pace",), slices=("city",)), file with pace, city, id   ->   read pace, city
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import DataError
from headrace.stats.rows import Rows
from headrace.stats.spec import StatsSpec


@dataclass
class Facts:
    """What a part turned out to hold: its features, and its rows by where they went."""

    split: str
    features: set[str] = field(default_factory=set)
    read: int = 0
    sampled_out: int = 0

    def sampled(self, rows: Rows, rate: float) -> Rows:
        """The rows of the sample; those that are not in it are counted."""
        chosen = rows.sample(rate)
        self.sampled_out += len(rows.keys) - len(chosen.keys)
        return chosen


def columns_to_read(spec: StatsSpec, names: Sequence[str]) -> list[str]:
    """Those of the columns that the specification asks for, in their order."""
    cuts = spec.cuts
    needed = {name for cut in cuts for name in cut.features} | {*spec.weights, spec.label}
    # A condition may name any feature.
    everything = not spec.features or any(cut.where for cut in cuts)
    return [name for name in names if name not in spec.exclude and (everything or name in {*spec.features, *needed})]


def refuse_weights(batch: pa.RecordBatch, weights: Collection[str], place: str) -> None:
    """Checks that each weight has one number >= 0 in every row.

    Raises:
        DataError: one has not, with the first row of it.
    """
    for name in weights:
        index = batch.schema.get_field_index(name)
        expected = "expected one number >= 0 in every row; fill it in or leave such rows out"
        if index < 0:
            raise DataError(f"{place}: there is no weight {name!r}: {expected}")
        column = batch.column(index)
        kind = getattr(column.type, "value_type", column.type)
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            raise DataError(f"{place}: weight {name!r} is of type {column.type}: {expected}")
        lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
        if len(wrong := np.flatnonzero(lengths != 1)):
            raise DataError(
                f"{place}: weight {name!r} has {lengths[wrong[0]]} values in row {wrong[0] + 1:,}: {expected}"
            )
        values = column.flatten().to_numpy(zero_copy_only=False)
        if len(wrong := np.flatnonzero(~(np.isfinite(values) & (values >= 0)))):
            row = wrong[0]
            raise DataError(f"{place}: weight {name!r} is {values[row]} in row {row + 1:,}: {expected}")


def weights_in_doubles(batch: pa.RecordBatch, weights: Collection[str]) -> pa.RecordBatch:
    """The batch, its weights of single precision in double: NumPy 2 sums what is single in single precision."""
    for name in weights:
        index = batch.schema.get_field_index(name)
        column = batch.column(index)
        if pa.types.is_floating(column.type.value_type) and not pa.types.is_float64(column.type.value_type):
            columns = batch.columns
            columns[index] = column.cast(pa.list_(pa.float64()))
            batch = pa.RecordBatch.from_arrays(columns, batch.schema.names)
    return batch
