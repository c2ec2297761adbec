"""The container of Avro: a header with schema and codec, then blocks of records, each ended by the marker of the file.

    Obj\\x01 | {"avro.schema": ..., "avro.codec": ...} | marker | records, bytes, data, marker | records, bytes, ...

https://avro.apache.org/docs/1.11.1/specification/#object-container-files. Knows nothing of what records hold.
"""

from __future__ import annotations

import bz2
import json
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa

from headrace.errors import DataError

MAGIC = b"Obj\x01"
MARKER_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class Header:
    """What stands before the first block, which begins at byte `size`."""

    schema: Mapping[str, Any]
    codec: str
    marker: bytes
    size: int


@dataclass(frozen=True, kw_only=True)
class Block:
    """`count` records, unpacked; the block begins at byte `start` of the file."""

    count: int
    data: bytes
    start: int


def read_header(stream: BinaryIO, path: str) -> Header:
    """The header of a file, of which the stream stands at the first byte.

    Raises:
        DataError: it is cut off or corrupt, has a codec that can't be read, or does not hold records.
    """
    reader = _Reader(stream, path)
    if reader.read(len(MAGIC)) != MAGIC:
        raise DataError(f"{path} is not Avro: it does not start with {MAGIC!r}")
    metadata: dict[bytes, bytes] = {}
    while count := reader.number():
        if count < 0:  # then the size in bytes follows
            reader.number()
        for _ in range(abs(count)):
            key = reader.read(reader.number())
            metadata[key] = reader.read(reader.number())
    marker = reader.read(MARKER_BYTES)
    codec = metadata.get(b"avro.codec", b"null").decode(errors="replace")
    if codec not in _UNPACK:
        raise DataError(
            f"{path} is Avro with the codec {codec!r}: expected one of {', '.join(_UNPACK)}; write it with one of these"
        )
    try:
        schema = json.loads(metadata[b"avro.schema"])
    except (KeyError, ValueError) as error:
        raise DataError(f"{path} can't be read as Avro: its header has no schema ({error}); is it corrupt?") from error
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise DataError(f"{path} holds {str(schema)[:80]} instead of records: expected a schema of type record")
    return Header(schema=schema, codec=codec, marker=marker, size=reader.place)


def read_blocks(stream: BinaryIO, header: Header, path: str, *, start: int, end: int | None = None) -> Iterator[Block]:
    """The blocks of a file from byte `start`, where the stream stands and a block begins, to byte `end`.

    Raises:
        DataError: the file is cut off or corrupt; names the byte at which the block begins, and the records before it.
    """
    reader = _Reader(stream, path, place=start)
    done = 0
    while end is None or reader.place < end:
        begin = reader.place
        try:
            count = reader.number(may_end=True)
            if count is None:
                return
            packed = reader.read(reader.number())
            marker = reader.read(MARKER_BYTES)
        except _CutOffError as error:
            raise DataError(
                f"{path} is cut off at byte {reader.place:,}: after {done:,} records, in the block from byte "
                f"{begin:,}; fetch it again"
            ) from error
        if marker != header.marker:
            raise corrupt(path, begin, done, "the marker at the end of the block is not that of the file")
        try:
            data = _UNPACK[header.codec](packed)
        except (OSError, ValueError, EOFError, zlib.error, lzma.LZMAError, pa.ArrowException) as error:
            raise corrupt(path, begin, done, f"its {header.codec} can't be unpacked ({error})") from error
        yield Block(count=count, data=data, start=begin)
        done += count


def corrupt(path: str, place: int, done: int, why: str) -> DataError:
    """The error of a file with a faulty block at byte `place`, behind `done` records."""
    return DataError(
        f"{path} is corrupt: after {done:,} records, in the block from byte {place:,}, {why}; fetch it again"
    )


class _CutOffError(DataError):
    pass


class _Reader:
    def __init__(self, stream: BinaryIO, path: str, place: int = 0) -> None:
        self._stream = stream
        self._path = path
        self.place = place

    def read(self, count: int | None) -> bytes:
        """As many bytes, no fewer."""
        found = self._stream.read(count) if count is not None and count >= 0 else b""
        self.place += len(found)
        if len(found) != count:
            raise _CutOffError(f"{self._path} is cut off or corrupt at byte {self.place:,}: it can't be read as Avro")
        return found

    def number(self, *, may_end: bool = False) -> Any:
        """A whole number in Avro's encoding (zigzag, 7 bits a byte); None at the end, where that `may_end`."""
        found = shift = 0
        while True:
            byte = self._stream.read(1)
            if not byte and may_end and not shift:
                return None
            if not byte or shift > 63:
                raise _CutOffError(
                    f"{self._path} is cut off or corrupt at byte {self.place:,}: it can't be read as Avro"
                )
            self.place += 1
            found |= (byte[0] & 0x7F) << shift
            shift += 7
            if not byte[0] & 0x80:
                return (found >> 1) ^ -(found & 1)


def encoded(number: int) -> bytes:
    """A whole number from 0 on in Avro's encoding."""
    number <<= 1
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _snappy(data: bytes) -> bytes:
    size = shift = 0
    for byte in data:  # the block says how long it is unpacked
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    found: bytes = pa.Codec("snappy").decompress(data[:-4], size, asbytes=True)
    if zlib.crc32(found) != int.from_bytes(data[-4:], "big"):
        raise ValueError("its checksum is another")
    return found


def _zstandard(data: bytes) -> bytes:
    with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as stream:
        return stream.read()


_UNPACK: Mapping[str, Callable[[bytes], bytes]] = {
    "null": lambda data: data,
    "deflate": lambda data: zlib.decompress(data, -zlib.MAX_WBITS),
    "bzip2": bz2.decompress,
    "xz": lzma.decompress,
    "snappy": _snappy,
    "zstandard": _zstandard,
}
