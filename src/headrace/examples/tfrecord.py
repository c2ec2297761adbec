"""TFRecord files of tf.Examples: framing with checksums; tfx-bsl, without TensorFlow, encodes and decodes."""

from __future__ import annotations

import functools
import gzip
import itertools
import struct
from collections.abc import Iterator
from typing import BinaryIO

import google_crc32c
import numpy as np
import pyarrow as pa
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from headrace.errors import DataError
from headrace.files.compression import BLOCK_BYTES

MASK_DELTA = 0xA282EAD8

HEAD_BYTES, TAIL_BYTES = 12, 4


def write_tf_examples(features: pa.Table, path: str, *, batch_rows: int) -> None:
    """Writes feature columns as tf.Examples, one a row. A missing value is a feature with no value."""
    encoder = RecordBatchToExamplesEncoder()
    # Level 1 is much faster than the default and little larger. No name, no time: equal rows give equal bytes.
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as stream:
        for batch in features.to_batches(max_chunksize=batch_rows):
            stream.write(_framed(encoder.encode(batch)))


def example_borders(stream: BinaryIO, size: int, chunk_bytes: int) -> Iterator[int]:
    """Where chunks of a plain file may start after the first: from record to record by their lengths.

    The file is read once for it, but for what stands in records of over 1 MiB. Behind a length of which the checksum
    does not hold there is no border: whoever reads the chunk finds it.
    """
    place = start = held = 0
    data = b""
    while place + HEAD_BYTES <= size:
        if not held <= place <= held + len(data) - HEAD_BYTES:
            stream.seek(place)
            held, data = place, stream.read(BLOCK_BYTES)
            if len(data) < HEAD_BYTES:
                return
        at = place - held
        length, check = struct.unpack_from("<QI", data, at)
        if _masked(data[at : at + 8]) != struct.pack("<I", check):
            return
        place += HEAD_BYTES + length + TAIL_BYTES
        if start + chunk_bytes <= place < size:
            start = place
            yield place


def records_of(content: Iterator[bytes], path: str, before: int = 0) -> Iterator[tuple[int, bytes]]:
    """Each record with the byte at which it starts in the unpacked file."""
    data, start, place = b"", before, 0

    def corrupt(what: str) -> DataError:
        return DataError(
            f"{path} is no TFRecord file, cut off or corrupt: {what} of the record at byte {start + place:,}"
        )

    for block in content:
        data, start, place = data[place:] + block, start + place, 0
        while len(data) - place >= HEAD_BYTES:
            head = data[place : place + 8]
            length, check = struct.unpack_from("<QI", data, place)
            if _masked(head) != struct.pack("<I", check):
                raise corrupt("the checksum does not hold for the length")
            end = place + HEAD_BYTES + length
            if len(data) < end + TAIL_BYTES:
                break
            record = data[place + HEAD_BYTES : end]
            if _masked(record) != data[end : end + TAIL_BYTES]:
                raise corrupt("the checksum does not hold for the bytes")
            yield start + place, record
            place = end + TAIL_BYTES
    if len(data) > place:
        raise corrupt(f"{len(data) - place:,} bytes are all there is")


def _framed(records: list[bytes]) -> bytes:
    """Of each its length, the checksum of that, the record, its checksum:
    https://www.tensorflow.org/tutorials/load_data/tfrecord."""
    sums = np.fromiter(map(google_crc32c.value, records), np.uint32, len(records))
    masked = ((sums >> np.uint32(15)) | (sums << np.uint32(17))) + np.uint32(MASK_DELTA)
    tails = masked.astype("<u4").view("V4").tolist()
    return b"".join(itertools.chain.from_iterable(zip(map(_head, map(len, records)), records, tails, strict=True)))


@functools.lru_cache(maxsize=4096)
def _head(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + _masked(packed)


def _masked(data: bytes) -> bytes:
    checksum = google_crc32c.value(data)
    return struct.pack("<I", (((checksum >> 15) | (checksum << 17)) + MASK_DELTA) & 0xFFFFFFFF)
