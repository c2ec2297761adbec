"""TFRecord files, opened up: the records are bytes, here always serialized tf.Examples that others wrote.

    a record = its length (8 bytes, little-endian), a checksum of that (4), its bytes, a checksum of those (4)

Checksums are not looked at: a wrong length runs over the end, and bytes that are wrong fail where they are decoded.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from typing import IO, cast

from headrace.errors import DataError

BATCH_RECORDS = 65_536
"""Records handed on at once."""

_GZIP = b"\x1f\x8b"
_HEAD = struct.Struct("<QI")
_TAIL_BYTES = 4
_LIMIT_BYTES = 1 << 31  # A serialized proto can't be larger.


def read_records(path: str) -> Iterator[list[bytes]]:
    """The records of one file, gzipped or not, in its order and in lists.

    Raises:
        DataError: the file is not there, is no TFRecord file, or is cut short; with the number of the record.
    """
    number = 0
    try:
        with _opened(path) as file:
            while batch := _batch(file, path, number):
                number += len(batch)
                yield batch
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: can't be read behind record {number:,}: {error}") from error


def _opened(path: str) -> IO[bytes]:
    with open(path, "rb") as file:
        zipped = file.read(len(_GZIP)) == _GZIP
    return cast(IO[bytes], gzip.open(path) if zipped else open(path, "rb"))


def _batch(file: IO[bytes], path: str, number: int) -> list[bytes]:
    records: list[bytes] = []
    while len(records) < BATCH_RECORDS and (head := file.read(_HEAD.size)):
        length = _HEAD.unpack(head)[0] if len(head) == _HEAD.size else -1
        body = file.read(length + _TAIL_BYTES) if 0 <= length < _LIMIT_BYTES else b""
        if len(body) < length + _TAIL_BYTES or length < 0:
            place = f"record {number + len(records) + 1:,}"
            raise DataError(
                f"{path}: {place} is cut short: expected TFRecords of tf.Example, gzipped or not, or Parquet"
            )
        records.append(body[:length])
    return records
