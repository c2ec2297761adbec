"""Batches of features from TFRecords of tf.Example (imports TensorFlow and tfx-bsl), for data that others wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import tensorflow as tf
from tfx_bsl.coders import example_coder

from headrace.errors import DataError

_BATCH_ROWS = 65_536
_GZIP = b"\x1f\x8b"


def read_records(path: str) -> Iterator[pa.RecordBatch]:
    """The batches of one file, gzipped or not, in its order. Only serialized examples pass through Python.

    Raises:
        DataError: the file is no TFRecord file, is cut short, or holds what is no tf.Example.
    """
    with open(path, "rb") as file:
        compression = "GZIP" if file.read(2) == _GZIP else ""
    decoder = example_coder.ExamplesToRecordBatchDecoder()
    records = tf.data.TFRecordDataset(path, compression_type=compression, buffer_size=8 << 20)
    try:
        for batch in records.batch(_BATCH_ROWS).as_numpy_iterator():
            yield decoder.DecodeBatch(batch.tolist())
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise DataError(f"{path}: expected TFRecords of tf.Example, gzipped or not: {error}") from error
