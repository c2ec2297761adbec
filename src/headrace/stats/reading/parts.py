"""The data set cut into parts that depend on its files alone, not on workers: what one worker reads at a time.

    a.parquet  row groups 0 1 2 3 4        part 0: a 0-3     part 1: a 4
    b.parquet  row groups 0           ->   part 2: b 0

Each part gets partial statistics, which are merged in this order. So the result is the same, bit by bit, with any
number of workers.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import DataError
from headrace.examples.layout import ROW_GROUP_ROWS
from headrace.examples.lists import element_type, is_list
from headrace.files.parquet import open_parquet
from headrace.files.storage import is_remote, open_file
from headrace.stats.reading.columns import ReadCounts, columns_to_read
from headrace.stats.reading.keyed_rows import KeyedRows, keys_of
from headrace.stats.spec.stats_spec import StatsSpec

PART_ROWS = 4 * ROW_GROUP_ROWS
"""Rows of a part at most: enough to outweigh the cost of its partial statistics, few enough for many workers."""

PART_BYTES = 1 << 30
"""Bytes of a part at most, uncompressed."""

BATCH_BYTES = 64 << 20
"""Bytes of a batch at most, uncompressed. Batches of this size have the least overhead per row."""

BATCH_CELLS = 8 << 20
"""Rows times columns of a batch at most: text that repeats is small in a file and large in memory."""

_MAGIC = b"PAR1"

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
    """Consecutive row groups of one Parquet file, or a whole file of TFRecords, which can't be entered in the middle.

    Attributes:
        split: the split it belongs to.
        index: its place in the split, from 0.
        path: the file.
        file: the place of the file in the split, from 0.
        row_groups: the row groups; none for TFRecords.
    """

    split: str
    index: int
    path: str
    file: int
    row_groups: tuple[int, ...]

    @property
    def place(self) -> str:
        """Tells the rows of this file from those of others, in whatever directory the files are."""
        return f"{self.file}/{os.path.basename(self.path)}"

    def __str__(self) -> str:
        if not self.row_groups:
            return self.path
        first, last = self.row_groups[0], self.row_groups[-1]
        return f"{self.path}, row group{f's {first} to {last}' if last > first else f' {first}'}"


def parts_of(split: str, paths: Sequence[str], *, exclude: Collection[str] = ()) -> list[Part]:
    """The parts of a split; reads only the footers of its files. A file that is not Parquet is taken for TFRecords.

    Raises:
        DataError: files that are missing, are broken Parquet, or have columns that can't be features; all of them are
            named. Columns in `exclude` may be anything.
    """
    found: list[Part] = []
    faults: list[str] = []
    for file, path in enumerate(paths):
        try:
            metadata = _footer(path)
        except (OSError, pa.ArrowInvalid) as error:
            faults.append(f"{path}: {error}")
            continue
        except DataError as error:
            faults.append(str(error))
            continue
        if metadata is None:
            found.append(Part(split=split, index=len(found), path=path, file=file, row_groups=()))
            continue
        faults += [f"{path}: {fault}" for fault in _layout_faults(metadata.schema.to_arrow_schema(), exclude)]
        for run in _runs(metadata, PART_ROWS, PART_BYTES, range(metadata.num_row_groups)):
            found.append(Part(split=split, index=len(found), path=path, file=file, row_groups=run))
    if faults:
        raise DataError(f"split {split!r}: can't read: " + "; ".join(faults))
    return found


def columns_of(paths: Sequence[str]) -> tuple[str, ...]:
    """The columns of all files that are Parquet, by their footers, in the order in which they first appear."""
    footers = (_footer(path) for path in paths)
    names = (name for footer in footers if footer for name in footer.schema.to_arrow_schema().names)
    return tuple(dict.fromkeys(names))


def read_part(part: Part, spec: StatsSpec, counts: ReadCounts) -> Iterator[KeyedRows]:
    """The rows of a part of Parquet in batches, with the columns that the specification needs.

    Memory holds one batch at a time. Adds to `counts` the rows that the footer promises and those not in the sample.
    """
    # Arrow reads a local file by itself; through a Python stream its threads would wait for Python's lock.
    source = open_file(part.path) if is_remote(part.path) else nullcontext()
    with source as stream, open_parquet(part.path, stream) as file:
        kept = columns_to_read(spec, file.schema_arrow.names)
        metadata = file.metadata
        first = sum(metadata.row_group(group).num_rows for group in range(part.row_groups[0]))
        counts.read += sum(metadata.row_group(group).num_rows for group in part.row_groups)
        limit = max(BATCH_CELLS // max(len(kept), 1), 1)
        for groups in _runs(metadata, limit, BATCH_BYTES, part.row_groups):
            for batch in _batches(file, groups, kept, limit):
                rows = KeyedRows(batch, keys_of(part.place, first, batch.num_rows))
                first += batch.num_rows
                yield counts.sampled(rows, spec.sample_rate)


def _footer(path: str) -> pq.FileMetaData | None:
    # None for a file that is not Parquet.
    with open_file(path) as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return None
        file.seek(0)
        with open_parquet(path, file) as parquet:
            return parquet.metadata


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
    if not is_list(kind):
        return False
    while is_list(kind):
        kind = element_type(kind)
    return any(is_kind(kind) for is_kind in _VALUES)


def _runs(
    metadata: pq.FileMetaData, limit_rows: int, limit_bytes: int, groups: Sequence[int]
) -> Iterator[tuple[int, ...]]:
    # Consecutive row groups, as many as stay below both limits, at least one.
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
