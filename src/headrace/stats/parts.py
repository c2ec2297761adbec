"""The data set cut into parts that depend on its files alone, never on workers: what one worker reads at a time.

    a.parquet  row groups 0 1 2 3 4        part 0: a 0-3     part 1: a 4
    b.parquet  row groups 0           ->   part 2: b 0

Partial statistics are made for each part and merged in this order. That is what makes the result the same, bit by bit,
at any number of workers.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import DataError
from headrace.features import ROW_GROUP_ROWS
from headrace.stats.slices import take
from headrace.stats.spec import StatsSpec

PART_ROWS = 4 * ROW_GROUP_ROWS
"""Rows of a part at most: enough to outweigh shipping its partial statistics, few enough for many workers."""

PART_BYTES = 1 << 30
"""Bytes of a part at most, uncompressed."""

BATCH_BYTES = 64 << 20
"""Bytes of a batch at most, uncompressed, if a row group is no larger. Batches as large as that cost least in calls."""


_VALUES = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_struct,
    pa.types.is_null,
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A run of row groups of one Parquet file. Parts in ascending `index` are the split in its order.

    A file of TFRecords can't be entered in the middle: it is one part without row groups, read by
    `tfdv.read_examples`.
    """

    split: str
    index: int
    path: str
    row_groups: tuple[int, ...]


def parts_of(split: str, paths: Sequence[str], *, exclude: Collection[str] = ()) -> list[Part]:
    """The parts of a split; reads only the footers of its files. What is not Parquet is taken for TFRecords.

    Raises:
        DataError: files that are not there, are broken Parquet, or have columns that are no features; all of them
            named. Columns in `exclude` may be anything.
    """
    found: list[Part] = []
    faults: list[str] = []
    for path in paths:
        try:
            if not _is_parquet(path):
                found.append(Part(split=split, index=len(found), path=path, row_groups=()))
                continue
            metadata = pq.read_metadata(path)
        except (OSError, pa.ArrowInvalid) as error:
            faults.append(f"{path}: {error}")
            continue
        faults += [f"{path}: {fault}" for fault in _layout_faults(metadata.schema.to_arrow_schema(), exclude)]
        for run in _runs(metadata, PART_BYTES, range(metadata.num_row_groups)):
            found.append(Part(split=split, index=len(found), path=path, row_groups=run))
    if faults:
        raise DataError(f"split {split!r}: can't read: " + "; ".join(faults))
    return found


def columns_of(paths: Sequence[str]) -> set[str]:
    """The columns of all those files that are Parquet, by their footers."""
    return {name for path in paths if _is_parquet(path) for name in pq.read_schema(path).names}


def read_part(part: Part, spec: StatsSpec) -> Iterator[pa.RecordBatch]:
    """The batches of a part of Parquet without what the specification leaves out; memory holds one batch at a time."""
    with pq.ParquetFile(part.path) as file:
        kept = [name for name in file.schema_arrow.names if name not in spec.exclude]
        for groups in _runs(file.metadata, BATCH_BYTES, part.row_groups):
            table = file.read_row_groups(groups, columns=kept).combine_chunks()
            for number, batch in enumerate(table.to_batches()):
                yield sample(batch, spec.sample_rate, f"{os.path.basename(part.path)}/{groups[0]}/{number}")


def without(batch: pa.RecordBatch, exclude: Sequence[str]) -> pa.RecordBatch:
    """A batch without the named columns."""
    kept = [index for index, name in enumerate(batch.schema.names) if name not in exclude]
    names = [batch.schema.names[index] for index in kept]
    return pa.RecordBatch.from_arrays([batch.column(index) for index in kept], names)


def sample(batch: pa.RecordBatch, rate: float, seed: str) -> pa.RecordBatch:
    """A share of the rows of a batch, each row on its own; the same rows for the same seed."""
    if rate >= 1:
        return batch
    digest = hashlib.blake2b(seed.encode(), digest_size=8).digest()
    kept = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little"))).random(batch.num_rows) < rate
    return take(batch, pa.array(np.flatnonzero(kept)))


def _layout_faults(schema: pa.Schema, exclude: Collection[str]) -> list[str]:
    return [
        f"column {field.name!r} is of type {field.type}: expected list<int64 | float | binary>, a list for each row; "
        "convert flat columns by headrace.features.to_features"
        for field in schema
        if field.name not in exclude and not _is_feature(field.type)
    ]


def _is_feature(kind: pa.DataType) -> bool:
    # What TFDV reads, which is more than headrace writes: lists in lists, structs, text and large types as well.
    if pa.types.is_null(kind):
        return True
    if not _is_list(kind):
        return False
    while _is_list(kind):
        kind = kind.value_type
    return any(is_kind(kind) for is_kind in _VALUES)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _is_parquet(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(4) == b"PAR1"


def _runs(metadata: pq.FileMetaData, limit_bytes: int, groups: Sequence[int]) -> Iterator[tuple[int, ...]]:
    # Neighbouring row groups, as many as stay below both limits, and one at least.
    run: list[int] = []
    rows = size = 0
    for group in groups:
        found = metadata.row_group(group)
        if run and (rows + found.num_rows > PART_ROWS or size + found.total_byte_size > limit_bytes):
            yield tuple(run)
            run, rows, size = [], 0, 0
        run.append(group)
        rows, size = rows + found.num_rows, size + found.total_byte_size
    if run:
        yield tuple(run)
