"""Record batches of a few rows each, put together to larger ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa


def batches_of(rows: Iterator[pa.Table], chunk_bytes: int) -> Iterator[pa.Table]:
    """Tables of about `chunk_bytes` from small ones, in order; at least one, be it empty."""
    held: list[pa.Table] = []
    size = given = 0
    for table in rows:
        held.append(table)
        size += table.nbytes
        if size >= chunk_bytes:
            yield _together(held)
            held, size, given = [], 0, given + 1
    if held or not given:
        yield _together(held or [pa.table({})])


def _together(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables below each other; a column that some lack or know nothing of is null there."""
    return pa.concat_tables(tables, promote=True)
