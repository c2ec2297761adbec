"""Files that take TFDV's libraries to read: tf.Examples, and statistics."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf import message
from tensorflow_metadata.proto.v0 import statistics_pb2

from headrace.errors import DataError
from headrace.examples.tf_examples import decode
from headrace.examples.tfrecord import read_file
from headrace.files.storage import open_file
from headrace.stats.reading.columns import ReadCounts, columns_to_read
from headrace.stats.reading.keyed_rows import KeyedRows, keys_of
from headrace.stats.reading.parts import Part
from headrace.stats.spec.stats_spec import StatsSpec


def read_examples(part: Part, spec: StatsSpec, counts: ReadCounts) -> Iterator[KeyedRows]:
    """The rows of a part that is TFRecords of tf.Example, as `read_part` gives those of Parquet.

    Adds to `counts` features and records, as they are read. Records are counted before they are decoded.

    Raises:
        DataError: a record is cut short, corrupt or not a tf.Example.
    """
    for records in read_file(part.path):
        batch = decode(records, part.path)
        keys = keys_of(part.place, counts.read, batch.num_rows)
        counts.read += len(records.bodies)
        counts.features.update(batch.schema.names)
        rows = KeyedRows(batch, keys).select(columns_to_read(spec, batch.schema.names))
        yield counts.sampled(rows, spec.sample_rate)


def read_statistics(path: str) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Statistics as `write_statistics` and stock StatisticsGen write them.

    Raises:
        DataError: the file is missing or does not hold statistics.
    """
    try:
        with open_file(path) as file:
            return statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read())
    except (OSError, message.DecodeError) as error:
        raise DataError(f"{path}: expected TFDV statistics: {error}") from error
