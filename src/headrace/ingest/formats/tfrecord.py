"""TFRecords of tf.Examples, decoded by tfx-bsl, which brings no TensorFlow along and is imported where it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from headrace.errors import UsageError
from headrace.examples.tfrecord import starts_with_record
from headrace.files.compression import blocks
from headrace.files.storage import open_file
from headrace.ingest.formats.file_format import Chunk, FirstLook, InputFile, Match
from headrace.ingest.formats.registry import register
from headrace.ingest.formats.table_files import TableFormat, joined

BATCH_RECORDS = 8192


@register
@dataclass(frozen=True, kw_only=True)
class TfRecord(TableFormat):
    """TFRecords, which have no magic bytes; chunks start at records. Every feature is a list column."""

    name = "tfrecord"

    @classmethod
    def match(cls, look: FirstLook) -> Match:
        """By `tfrecord` anywhere in the name, or by the checksum of the first length."""
        if starts_with_record(look.magic):
            return Match.MAGIC
        return Match.NAME if cls.name in look.name else Match.NO

    @classmethod
    def head(cls, look: FirstLook) -> InputFile:
        """As `FileFormat.head`; only the records themselves name their features."""
        return cls.file(look, size=look.size)

    def borders(self, file: InputFile, chunk_bytes: int) -> Iterator[int]:
        """As `FileFormat.borders`."""
        from headrace.examples.tfrecord import chunk_starts

        with open_file(file.path) as stream:
            yield from chunk_starts(stream, file.size, chunk_bytes)

    def table(self, chunk: Chunk) -> pa.Table:
        """As `TableFormat.table`.

        Raises:
            DataError: a record is cut short, corrupt or not a tf.Example; names the record and the byte.
        """
        with open_file(chunk.file.path) as stream:
            stream.seek(chunk.start)
            data = stream.read(chunk.end - chunk.start)
        return joined(list(_tables(iter([data]), chunk.file.path, before=chunk.start)))

    def tables(self, file: InputFile, chunk_bytes: int) -> Iterator[pa.Table]:
        """As `TableFormat.tables`."""
        with open_file(file.path) as raw:
            yield from _tables(blocks(raw, file.path, file.compression), file.path)


def _tables(content: Iterator[bytes], path: str, before: int = 0) -> Iterator[pa.Table]:
    try:
        from headrace.examples.tf_examples import decode
        from headrace.examples.tfrecord import read_records
    except ImportError as error:
        raise UsageError(f"reading TFRecords ({path}) needs tfx-bsl: pip install 'headrace[tfx]'") from error
    for records in read_records(content, path, first_byte=before, batch_records=BATCH_RECORDS):
        yield pa.Table.from_batches([decode(records, path)])
