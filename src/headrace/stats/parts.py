"""The data set cut into parts that depend on its files alone, never on workers: what one worker reads at a time.

    a.parquet  row groups 0 1 2 3 4        part 0: a 0-3     part 1: a 4
    b.parquet  row groups 0           ->   part 2: b 0

Partial statistics are made for each part and merged in this order. That is what makes the result the same, bit by bit,
at any number of workers.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import DataError
from headrace.features import ROW_GROUP_ROWS
from headrace.stats.slices import take
from headrace.stats.spec import StatsSpec

PART_ROWS = 4 * ROW_GROUP_ROWS
"""Rows of a part, about: enough to outweigh shipping its partial statistics, few enough for many workers."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A run of row groups of one Parquet file. Parts in ascending `index` are the split in its order."""

    split: str
    index: int
    path: str
    row_groups: tuple[int, ...]


def parts_of(split: str, paths: Sequence[str]) -> list[Part]:
    """The parts of a split; reads only the footers of its files.

    Raises:
        DataError: files that are not there or are not Parquet, all of them named.
    """
    found: list[Part] = []
    faults: list[str] = []
    for path in paths:
        try:
            runs = _runs(pq.read_metadata(path))
        except (OSError, pa.ArrowInvalid) as error:
            faults.append(f"{path}: {error}")
            continue
        found += [Part(split=split, index=len(found) + n, path=path, row_groups=run) for n, run in enumerate(runs)]
    if faults:
        raise DataError(f"split {split!r}: can't read as Parquet: " + "; ".join(faults))
    return found


def read_part(part: Part, spec: StatsSpec) -> Iterator[pa.RecordBatch]:
    """The batches of a part without what the specification leaves out; memory holds one row group at a time."""
    with pq.ParquetFile(part.path) as file:
        kept = [name for name in file.schema_arrow.names if name not in spec.exclude]
        for group in part.row_groups:
            for number, batch in enumerate(
                file.iter_batches(batch_size=ROW_GROUP_ROWS, row_groups=[group], columns=kept)
            ):
                yield sample(batch, spec.sample_rate, f"{os.path.basename(part.path)}/{group}/{number}")


def sample(batch: pa.RecordBatch, rate: float, seed: str) -> pa.RecordBatch:
    """A share of the rows of a batch, each row on its own; the same rows for the same seed."""
    if rate >= 1:
        return batch
    digest = hashlib.blake2b(seed.encode(), digest_size=8).digest()
    kept = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little"))).random(batch.num_rows) < rate
    return take(batch, pa.array(np.flatnonzero(kept)))


def _runs(metadata: pq.FileMetaData) -> Iterator[tuple[int, ...]]:
    run: list[int] = []
    rows = 0
    for group in range(metadata.num_row_groups):
        run.append(group)
        rows += metadata.row_group(group).num_rows
        if rows >= PART_ROWS:
            yield tuple(run)
            run, rows = [], 0
    if run:
        yield tuple(run)
