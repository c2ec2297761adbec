"""Files that only TFDV's own stack can read: tf.Examples, and statistics."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf import message
from tensorflow_metadata.proto.v0 import statistics_pb2

from headrace.errors import DataError
from headrace.examples.tf_examples import decode
from headrace.examples.tfrecord import read_file
from headrace.stats.parts import Part
from headrace.stats.reading import Facts, columns_to_read
from headrace.stats.rows import Rows, keys_of, select
from headrace.stats.spec import StatsSpec


def read_examples(part: Part, spec: StatsSpec, facts: Facts) -> Iterator[Rows]:
    """The rows of a part that is TFRecords of tf.Example, as `read_part` gives those of Parquet.

    Features and records are added to `facts` as they are read, those that are left out as well. Records are counted by
    their frames, before they are decoded.

    Raises:
        DataError: the file holds something else.
    """
    for records in read_file(part.path):
        batch = decode(records, part.path)
        keys = keys_of(part.place, facts.read, batch.num_rows)
        facts.read += len(records.bodies)
        facts.features.update(batch.schema.names)
        rows = Rows(select(batch, columns_to_read(spec, batch.schema.names)), keys)
        yield facts.sampled(rows, spec.sample_rate)


def read(path: str) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Statistics as `headrace.stats.run` and stock StatisticsGen write them.

    Raises:
        DataError: the file is not there or is no statistics.
    """
    try:
        with open(path, "rb") as file:
            return statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read())
    except (OSError, message.DecodeError) as error:
        raise DataError(f"{path}: expected TFDV statistics: {error}") from error
