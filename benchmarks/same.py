"""Proof that both sides did the same work: the same rows, in whatever order and split."""

from pathlib import Path

import duckdb
import pyarrow as pa

from headrace.features import from_features


def rows_differ(ours: Path, stock: Path) -> str:
    """Empty where both directories of Examples (ours in Parquet, stock's in tf.Example) hold equal rows, else what
    differs. Rows are compared as multisets, by number and by hash; floats as float32, which is what tf.Example holds.
    """
    mine, theirs = _digest(_parquet(ours)), _digest(_tf_examples(stock))
    return "" if mine == theirs else f"ours (rows, hash) {mine}, stock {theirs}"


def _parquet(directory: Path) -> pa.Table:
    import pyarrow.parquet as pq

    files = sorted(str(path) for path in directory.glob("Split-*/*.parquet"))
    return pa.concat_tables([from_features(pq.read_table(file)) for file in files])


def _tf_examples(directory: Path) -> pa.Table:
    import tensorflow as tf
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    decoder = ExamplesToRecordBatchDecoder()
    tables = []
    for file in sorted(str(path) for path in directory.glob("Split-*/*.gz")):
        records = tf.data.TFRecordDataset(file, compression_type="GZIP").batch(50_000)
        tables += [pa.Table.from_batches([decoder.DecodeBatch(list(batch.numpy()))]) for batch in records]
    names = sorted({name for table in tables for name in table.column_names})
    return pa.concat_tables([from_features(_complete(table, names)) for table in tables], promote=True)


def _complete(table: pa.Table, names: list[str]) -> pa.Table:
    # A batch in which nobody has a feature lacks its column.
    return table.select([name for name in names if name in table.column_names])


def _digest(table: pa.Table) -> tuple[int, int]:
    columns = ", ".join(f'"{name}"' for name in sorted(table.column_names))
    with duckdb.connect() as connection:
        connection.register("t", table)
        found = connection.execute(f"SELECT count(*), sum(hash({columns})::HUGEINT)::VARCHAR FROM t").fetchone()
    return found[0], int(found[1])
