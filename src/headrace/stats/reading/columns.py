"""The columns that are read of a file, and the weights among them.

StatsSpec(features=("pace",), slices=("city",)), file with pace, city, id   ->   read pace, city
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from headrace.errors import DataError
from headrace.examples.lists import element_type, list_lengths, list_values
from headrace.stats.reading.keyed_rows import KeyedRows
from headrace.stats.spec.stats_spec import StatsSpec


@dataclass
class ReadCounts:
    """What was read of a part so far.

    Attributes:
        features: the features seen in TFRecords, which have no schema.
        read: rows that the part holds.
        sampled_out: rows that are not in the sample.
    """

    features: set[str] = field(default_factory=set)
    read: int = 0
    sampled_out: int = 0

    def sampled(self, rows: KeyedRows, rate: float) -> KeyedRows:
        """The rows of the sample; counts the others."""
        chosen = rows.sample(rate)
        self.sampled_out += len(rows.keys) - len(chosen.keys)
        return chosen


def columns_to_read(spec: StatsSpec, names: Sequence[str]) -> list[str]:
    """The columns that the specification needs, in their order."""
    needed = {name for slicing in spec.slicings for name in slicing.features} | {*spec.weights, spec.label}
    # A condition may name any feature.
    everything = not spec.features or any(slicing.where for slicing in spec.slicings)
    return [name for name in names if name not in spec.exclude and (everything or name in {*spec.features, *needed})]


def refuse_weights(batch: pa.RecordBatch, weights: Collection[str], place: str) -> None:
    """Checks that each weight has one number >= 0 in every row.

    Raises:
        DataError: a weight does not; names the first such row.
    """
    for name in weights:
        index = batch.schema.get_field_index(name)
        expected = "expected one number >= 0 in every row; fill it in or leave such rows out"
        if index < 0:
            raise DataError(f"{place}: there is no weight {name!r}: {expected}")
        column = batch.column(index)
        kind = element_type(column.type)
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            raise DataError(f"{place}: weight {name!r} is of type {column.type}: {expected}")
        lengths = list_lengths(column)
        if len(wrong := np.flatnonzero(lengths != 1)):
            raise DataError(
                f"{place}: weight {name!r} has {lengths[wrong[0]]} values in row {wrong[0] + 1:,}: {expected}"
            )
        values = list_values(column).to_numpy(zero_copy_only=False)
        if len(wrong := np.flatnonzero(~(np.isfinite(values) & (values >= 0)))):
            row = wrong[0]
            raise DataError(f"{place}: weight {name!r} is {values[row]} in row {row + 1:,}: {expected}")


def weights_in_doubles(batch: pa.RecordBatch, weights: Collection[str]) -> pa.RecordBatch:
    """The batch with weights in double precision: NumPy 2 sums single precision in single precision."""
    for name in weights:
        index = batch.schema.get_field_index(name)
        column = batch.column(index)
        kind = element_type(column.type)
        if pa.types.is_floating(kind) and not pa.types.is_float64(kind):
            columns = batch.columns
            columns[index] = column.cast(pa.list_(pa.float64()))
            batch = pa.RecordBatch.from_arrays(columns, batch.schema.names)
    return batch
