"""Gzipped TFRecords of tf.Example, encoded by tfx-bsl. Imports tfx-bsl, which brings no TensorFlow along."""

from __future__ import annotations

import gzip
import struct

import google_crc32c
import pyarrow as pa
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

MASK_DELTA = 0xA282EAD8


def write_tf_examples(features: pa.Table, path: str, *, batch_rows: int) -> None:
    """Writes feature columns as tf.Examples, one a row. A missing value is a feature with no value."""
    encoder = RecordBatchToExamplesEncoder()
    # Level 1 is much faster than the default and little larger. No name, no time: equal rows give equal bytes.
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as stream:
        for batch in features.to_batches(max_chunksize=batch_rows):
            stream.write(b"".join(_framed(example) for example in encoder.encode(batch)))


def _framed(record: bytes) -> bytes:
    """Length, its checksum, the record, its checksum: https://www.tensorflow.org/tutorials/load_data/tfrecord."""
    length = struct.pack("<Q", len(record))
    return b"".join((length, _masked(length), record, _masked(record)))


def _masked(data: bytes) -> bytes:
    checksum = google_crc32c.value(data)
    return struct.pack("<I", (((checksum >> 15) | (checksum << 17)) + MASK_DELTA) & 0xFFFFFFFF)
