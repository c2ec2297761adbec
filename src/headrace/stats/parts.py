"""The data set cut into parts that depend on its files alone, never on workers: what one worker reads at a time.

    a.parquet  row groups 0 1 2 3 4        part 0: a 0-3     part 1: a 4
    b.parquet  row groups 0           ->   part 2: b 0

Partial statistics are made for each part and merged in this order. That is what makes the result the same, bit by bit,
at any number of workers.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import DataError
from headrace.examples.layout import ROW_GROUP_ROWS
from headrace.parquet import open_parquet, read_metadata, read_schema
from headrace.stats.reading import Facts, columns_to_read
from headrace.stats.rows import Rows, keys_of
from headrace.stats.spec import StatsSpec

PART_ROWS = 4 * ROW_GROUP_ROWS
"""Rows of a part at most: enough to outweigh shipping its partial statistics, few enough for many workers."""

PART_BYTES = 1 << 30
"""Bytes of a part at most, uncompressed."""

BATCH_BYTES = 64 << 20
"""Bytes of a batch at most, uncompressed. Batches as large as that cost least in calls."""

BATCH_CELLS = 8 << 20
"""Rows times columns of a batch at most: text that repeats is small in a file and large in memory."""


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
    file: int
    row_groups: tuple[int, ...]

    @property
    def place(self) -> str:
        """What tells the rows of this file from those of others, wherever the files stand."""
        return f"{self.file}/{os.path.basename(self.path)}"


def parts_of(split: str, paths: Sequence[str], *, exclude: Collection[str] = ()) -> list[Part]:
    """The parts of a split; reads only the footers of its files. What is not Parquet is taken for TFRecords.

    Raises:
        DataError: files that are not there, are broken Parquet, or have columns that are no features; all of them
            named. Columns in `exclude` may be anything.
    """
    found: list[Part] = []
    faults: list[str] = []
    for file, path in enumerate(paths):
        try:
            if not _is_parquet(path):
                found.append(Part(split=split, index=len(found), path=path, file=file, row_groups=()))
                continue
            metadata = read_metadata(path)
        except (OSError, pa.ArrowInvalid) as error:
            faults.append(f"{path}: {error}")
            continue
        except DataError as error:
            faults.append(str(error))
            continue
        faults += [f"{path}: {fault}" for fault in _layout_faults(metadata.schema.to_arrow_schema(), exclude)]
        for run in _runs(metadata, PART_ROWS, PART_BYTES, range(metadata.num_row_groups)):
            found.append(Part(split=split, index=len(found), path=path, file=file, row_groups=run))
    if faults:
        raise DataError(f"split {split!r}: can't read: " + "; ".join(faults))
    return found


def columns_of(paths: Sequence[str]) -> tuple[str, ...]:
    """The columns of all those files that are Parquet, by their footers, as they first appear."""
    names = (name for path in paths if _is_parquet(path) for name in read_schema(path).names)
    return tuple(dict.fromkeys(names))


def read_part(part: Part, spec: StatsSpec, facts: Facts) -> Iterator[Rows]:
    """The rows of a part of Parquet that the specification asks for; memory holds one batch at a time.

    `facts` gets the rows that the footer promises, and those that are left out of the sample.
    """
    with open_parquet(part.path) as file:
        kept = columns_to_read(spec, file.schema_arrow.names)
        metadata = file.metadata
        first = sum(metadata.row_group(group).num_rows for group in range(part.row_groups[0]))
        facts.read += sum(metadata.row_group(group).num_rows for group in part.row_groups)
        limit = max(BATCH_CELLS // max(len(kept), 1), 1)
        for groups in _runs(metadata, limit, BATCH_BYTES, part.row_groups):
            for batch in _batches(file, groups, kept, limit):
                rows = Rows(batch, keys_of(part.place, first, batch.num_rows))
                first += batch.num_rows
                yield facts.sampled(rows, spec.sample_rate)


def _batches(file: pq.ParquetFile, groups: Sequence[int], kept: list[str], limit: int) -> Iterator[pa.RecordBatch]:
    metadata = [file.metadata.row_group(group) for group in groups]
    rows, size = sum(group.num_rows for group in metadata), sum(group.total_byte_size for group in metadata)
    if len(groups) == 1 and (rows > limit or size > BATCH_BYTES):
        # Evenly, so that no short batch is left over.
        pieces = max(-(-rows // limit), -(-size // BATCH_BYTES))
        yield from file.iter_batches(batch_size=-(-rows // pieces), row_groups=list(groups), columns=kept)
    else:
        yield from file.read_row_groups(list(groups), columns=kept).combine_chunks().to_batches()


def _layout_faults(schema: pa.Schema, exclude: Collection[str]) -> list[str]:
    return [
        f"column {field.name!r} is of type {field.type}: expected list<int64 | float | binary>, a list for each row; "
        "convert flat columns by headrace.examples.layout.to_features"
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


def _runs(
    metadata: pq.FileMetaData, limit_rows: int, limit_bytes: int, groups: Sequence[int]
) -> Iterator[tuple[int, ...]]:
    # Neighbouring row groups, as many as stay below both limits, and one at least.
    run: list[int] = []
    rows = size = 0
    for group in groups:
        found = metadata.row_group(group)
        if run and (rows + found.num_rows > limit_rows or size + found.total_byte_size > limit_bytes):
            yield tuple(run)
            run, rows, size = [], 0, 0
        run.append(group)
        rows, size = rows + found.num_rows, size + found.total_byte_size
    if run:
        yield tuple(run)
