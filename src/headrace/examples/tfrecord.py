"""TFRecord files: records of bytes, each framed by its length and checksums.

    a record = its length (8 bytes, little-endian), a checksum of that (4), its bytes, a checksum of those (4)

Checksums are masked CRC-32C, always written and always verified
(https://www.tensorflow.org/tutorials/load_data/tfrecord). This module knows nothing of what the bytes mean;
`headrace.examples.tf_examples` encodes and decodes tf.Examples.
"""

from __future__ import annotations

import functools
import itertools
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import google_crc32c
import numpy as np
import numpy.typing as npt

from headrace.errors import DataError
from headrace.files.compression import blocks, compressions_of
from headrace.files.storage import open_file
from headrace.files.unpackers import BLOCK_BYTES

HEAD_BYTES, TAIL_BYTES = 12, 4
BATCH_RECORDS = 65_536
"""Records of a batch at most."""
BATCH_BYTES = 64 << 20
"""Bytes of the records of a batch at most, unless one record alone is larger."""

_LENGTH = struct.Struct("<Q")
_MASK_DELTA = 0xA282EAD8


@dataclass(frozen=True)
class Records:
    """Consecutive records of a file: their bytes, and the byte of the unpacked file at which each starts."""

    bodies: list[bytes]
    starts: list[int]

    @property
    def end(self) -> int:
        """The byte of the unpacked file behind the last record's bytes, without their checksum."""
        return self.starts[-1] + HEAD_BYTES + len(self.bodies[-1])


def frame(records: Sequence[bytes]) -> bytes:
    """The records as they stand in a file."""
    tails = _checksums(records).view("V4").tolist()
    return b"".join(itertools.chain.from_iterable(zip(map(_head, map(len, records)), records, tails, strict=True)))


def read_file(path: str, *, batch_records: int = BATCH_RECORDS, batch_bytes: int = BATCH_BYTES) -> Iterator[Records]:
    """The records of one file, plain or compressed, as `read_records` gives them.

    Raises:
        DataError: the file can't be opened, a record is cut short or corrupt, or the compressed file is.
    """
    try:
        compression = compressions_of(path, is_plain=starts_with_record)
        with open_file(path) as raw:
            content = blocks(raw, path, compression)
            yield from read_records(content, path, batch_records=batch_records, batch_bytes=batch_bytes)
    except OSError as error:
        raise DataError(f"{path} can't be read: {error}") from error


def read_records(
    content: Iterable[bytes],
    path: str,
    *,
    first_byte: int = 0,
    batch_records: int = BATCH_RECORDS,
    batch_bytes: int = BATCH_BYTES,
) -> Iterator[Records]:
    """The records in blocks of bytes, in batches. Memory holds one batch, one block and one record.

    Args:
        content: unpacked bytes, in blocks of any size.
        path: the file, for errors.
        first_byte: where in the unpacked file `content` begins, which is where a record begins.
        batch_records: records of a batch at most.
        batch_bytes: bytes of the records of a batch at most, unless one record alone is larger.

    Raises:
        DataError: a record is cut short or corrupt; names the file, the record (the first one of `content` is record
            1) and the byte at which it starts.
    """
    bodies: list[bytes] = []
    starts: list[int] = []
    tails: list[bytes] = []
    number = 1  # of the first record of the batch
    size = 0
    try:
        for start, body, tail in _split(content, path, first_byte):
            if bodies and (len(bodies) == batch_records or size + len(body) > batch_bytes):
                yield _verified(Records(bodies, starts), tails, path, number)
                number += len(bodies)
                bodies, starts, tails, size = [], [], [], 0
            bodies.append(body)
            starts.append(start)
            tails.append(tail)
            size += len(body)
    except DataError:
        _verified(Records(bodies, starts), tails, path, number)  # the first fault of a file is the one to name
        raise
    if bodies:
        yield _verified(Records(bodies, starts), tails, path, number)


def chunk_starts(stream: BinaryIO, size: int, chunk_bytes: int) -> Iterator[int]:
    """The records of a plain file at which chunks of about `chunk_bytes` may start, after the first chunk.

    Goes from record to record by their lengths, so it reads the file once, without the inside of records of over 1
    MiB. It stops at a length whose checksum does not match; whoever reads the last chunk reports that.
    """
    place = start = held = 0
    data = b""
    while place + HEAD_BYTES <= size:
        if not held <= place <= held + len(data) - HEAD_BYTES:
            stream.seek(place)
            held, data = place, stream.read(BLOCK_BYTES)
        head = data[place - held :][:HEAD_BYTES]
        if not starts_with_record(head):
            return
        place += HEAD_BYTES + _length(head) + TAIL_BYTES
        if start + chunk_bytes <= place < size:
            start = place
            yield place


def starts_with_record(head: bytes) -> bool:
    """Whether bytes begin with the length of a record and its checksum."""
    return len(head) >= HEAD_BYTES and head[:HEAD_BYTES] == _head(_length(head))


def _split(content: Iterable[bytes], path: str, first_byte: int) -> Iterator[tuple[int, bytes, bytes]]:
    # Each record's start, bytes and checksum. `data` starts at byte `origin`; a long record waits for all its blocks.
    waiting: list[bytes] = []
    size, needed, origin, number = 0, HEAD_BYTES, first_byte, 1
    for block in content:
        waiting.append(block)
        size += len(block)
        if size < needed:
            continue
        data, place = b"".join(waiting), 0
        while True:
            if size - place < HEAD_BYTES:
                needed = HEAD_BYTES
                break
            (length,) = _LENGTH.unpack_from(data, place)
            if data[place : place + HEAD_BYTES] != _head(length):
                raise _corrupt(path, number, origin + place, "length")
            end = place + HEAD_BYTES + length
            if size < end + TAIL_BYTES:
                needed = end + TAIL_BYTES - place
                break
            yield origin + place, data[place + HEAD_BYTES : end], data[end : end + TAIL_BYTES]
            place = end + TAIL_BYTES
            number += 1
        waiting = [data[place:]]
        size -= place
        origin += place
    if size:
        raise DataError(
            f"{path}: record {number:,} at byte {origin:,} is cut short: the file has {size:,} of its {needed:,} "
            "bytes; write or fetch the file again"
        )


def _verified(records: Records, tails: list[bytes], path: str, number: int) -> Records:
    wrong = np.flatnonzero(_checksums(records.bodies) != np.frombuffer(b"".join(tails), "<u4"))
    if len(wrong):
        first = int(wrong[0])
        raise _corrupt(path, number + first, records.starts[first], "bytes")
    return records


def _corrupt(path: str, number: int, start: int, of: str) -> DataError:
    return DataError(
        f"{path}: record {number:,} at byte {start:,} is corrupt: the checksum of its {of} does not match; "
        "expected TFRecords, plain or compressed"
    )


def _checksums(records: Sequence[bytes]) -> npt.NDArray[np.uint32]:
    sums = np.fromiter(map(google_crc32c.value, records), np.uint32, len(records))
    masked = ((sums >> np.uint32(15)) | (sums << np.uint32(17))) + np.uint32(_MASK_DELTA)
    return masked.astype("<u4")


def _length(head: bytes) -> int:
    return int.from_bytes(head[: _LENGTH.size], "little")


@functools.lru_cache(maxsize=4096)
def _head(length: int) -> bytes:
    packed = _LENGTH.pack(length)
    return packed + _checksums([packed]).tobytes()
