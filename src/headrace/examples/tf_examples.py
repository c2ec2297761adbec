"""tf.Examples in TFRecord files, encoded and decoded by tfx-bsl (imports it), which brings no TensorFlow along."""

from __future__ import annotations

import gzip

import pyarrow as pa
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder, RecordBatchToExamplesEncoder

from headrace.errors import DataError
from headrace.examples.tfrecord import Records, frame


def write_tf_examples(features: pa.Table, path: str, *, batch_rows: int) -> None:
    """Writes feature columns as gzipped tf.Examples, one a row. A missing value is a feature without a value."""
    encoder = RecordBatchToExamplesEncoder()
    # Level 1 is much faster than the default and little larger. No name, no time: equal rows give equal bytes.
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as stream:
        for batch in features.to_batches(max_chunksize=batch_rows):
            stream.write(frame(encoder.encode(batch)))


def decode(records: Records, path: str) -> pa.RecordBatch:
    """The features of records that are tf.Examples, a list column for each; `path` is for errors.

    A feature that has no value in any of the records has the type null.

    Raises:
        DataError: a record is not a tf.Example, or no record has a feature; names the bytes.
    """
    try:
        batch = ExamplesToRecordBatchDecoder().DecodeBatch(records.bodies)
    except (RuntimeError, ValueError) as error:
        raise DataError(
            f"{path}: a record between bytes {records.starts[0]:,} and {records.end:,} is not a tf.Example: {error}"
        ) from error
    if not batch.num_columns:
        raise DataError(
            f"{path}: {len(records.bodies):,} tf.Examples from byte {records.starts[0]:,} on have no feature at all"
        )
    return batch
