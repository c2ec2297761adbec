"""Checks that all sides of a comparison wrote the same rows, in any order and split."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from headrace.examples.layout import from_features

Digest = tuple[int, int]


def rows_differ(*directories: Path) -> str:
    """How the rows of those folders of Examples that exist (Parquet or tf.Example) differ; "" if they don't.

    Rows are compared as multisets, by number and by hash; floats as float32, which is the precision of tf.Example.
    """
    found = {path: _digest(path) for path in directories if path.exists()}
    differ = len(set(found.values())) > 1
    return ", ".join(f"{path}: {rows:,} rows, hash {of}" for path, (rows, of) in found.items()) if differ else ""


def _digest(directory: Path) -> Digest:
    rows, total = 0, 0
    with duckdb.connect() as connection:
        for table in _tables(directory):
            columns = ", ".join(f'"{name}"' for name in sorted(table.column_names))
            connection.register("t", table)
            found = connection.execute(f"SELECT count(*), sum(hash({columns})::HUGEINT)::VARCHAR FROM t").fetchone()
            rows, total = rows + found[0], total + int(found[1] or 0)
    return rows, total


def _tables(directory: Path) -> Iterator[pa.Table]:
    """The rows, batch by batch, so that they need not fit in memory."""
    parquet = sorted(directory.glob("**/*.parquet"))
    for path in parquet:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=500_000):
            yield from_features(pa.Table.from_batches([batch]))
    records = sorted(directory.glob("**/*.gz"))
    if records:
        yield from _decoded(records)


def _decoded(paths: list[Path]) -> Iterator[pa.Table]:
    import tensorflow as tf
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    decoder = ExamplesToRecordBatchDecoder()
    names: set[str] = set()
    for path in paths:
        for batch in tf.data.TFRecordDataset(str(path), compression_type="GZIP").batch(50_000):
            table = from_features(pa.Table.from_batches([decoder.DecodeBatch(list(batch.numpy()))]))
            names |= set(table.column_names)
            # A batch in which no example has a feature lacks the column of that feature.
            for name in sorted(names - set(table.column_names)):
                table = table.append_column(name, pa.nulls(table.num_rows))
            yield table
