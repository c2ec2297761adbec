"""Gzipped TFRecords of tf.Example, encoded by tfx-bsl. Imports tfx-bsl, which brings no TensorFlow along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

from headrace.errors import DataError
from headrace.examples.tfrecord import records_of
from headrace.ingest.formats.batches import batches_of

BATCH_RECORDS = 8192
MANY_BYTES = 1 << 40


def example_tables(content: Iterator[bytes], path: str, chunk_bytes: int) -> Iterator[pa.Table]:
    """The examples in TFRecords as tables of about `chunk_bytes`, a list column for each feature.

    Raises:
        DataError: a record is cut off, its checksum does not hold, or it is no tf.Example; names the byte.
    """
    return batches_of(_decoded(records_of(content, path), path), chunk_bytes)


def example_chunk(stream: BinaryIO, path: str, start: int, end: int) -> pa.Table:
    """The examples from byte `start`, where a record starts, to `end`.

    Raises:
        DataError: as `example_tables`.
    """
    stream.seek(start)
    records = records_of(iter([stream.read(end - start)]), path, before=start)
    (table,) = batches_of(_decoded(records, path), MANY_BYTES)
    return table


def _decoded(records: Iterator[tuple[int, bytes]], path: str) -> Iterator[pa.Table]:
    decoder = ExamplesToRecordBatchDecoder()
    places: list[int] = []
    held: list[bytes] = []

    def table() -> pa.Table:
        try:
            # A feature of which no record of the batch has a value has no type, and is null.
            batch = decoder.DecodeBatch(held)
        except (RuntimeError, ValueError) as error:
            raise DataError(
                f"{path} has a record between bytes {places[0]:,} and {places[-1] + len(held[-1]):,} that is no "
                f"tf.Example ({error})"
            ) from error
        if not batch.num_columns:
            raise DataError(f"{path} has {len(held):,} examples without any feature, from byte {places[0]:,}")
        return pa.Table.from_batches([batch])

    for place, record in records:
        places.append(place)
        held.append(record)
        if len(held) == BATCH_RECORDS:
            yield table()
            places, held = [], []
    if held:
        yield table()
