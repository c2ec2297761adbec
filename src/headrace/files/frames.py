"""The frames of zstd and lz4 files, by the lengths that stand in them, so that zeros behind a frame are known as such.

    frame  frame  0 0 0 ... 0      ->  the bytes of both frames
    frame  0 0  frame              ->  the same
    frame  0 0  something else     ->  the bytes of the frame and of something else, which a decompressor refuses

Nothing is unpacked here. The formats: RFC 8878 (zstd), and the frame format of lz4, v1.6.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

BLOCK_BYTES = 1 << 20
ZSTD, LZ4 = b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18"
SKIPPED = b"\x2a\x4d\x18"
"""The last three bytes of the magic number of a frame without content; the first is 0x50 to 0x5f."""


def without_padding(raw: BinaryIO) -> io.BufferedReader:
    """The bytes of an archive, without zeros behind its frames; of one that is cut off or corrupt, its bytes."""
    return io.BufferedReader(_Parts(_parts(_Source(raw))), BLOCK_BYTES)


def _parts(raw: _Source) -> Iterator[bytes]:
    magic = raw.read(4)
    while magic:
        yield magic
        if magic == ZSTD:
            yield from _zstd_frame(raw)
        elif magic == LZ4:
            yield from _lz4_frame(raw)
        elif magic[1:] == SKIPPED and magic[0] >> 4 == 5:
            size = raw.read(4)
            yield size
            yield from _copied(raw, int.from_bytes(size, "little"))
        else:
            yield from iter(lambda: raw.read(BLOCK_BYTES), b"")
        magic = raw.read(4)
        if magic[:1] == b"\0":
            magic = _behind_zeros(raw, magic)


def _behind_zeros(raw: _Source, begin: bytes) -> bytes:
    """The next four bytes of which the first is not zero."""
    found = begin.lstrip(b"\0")
    while not found and (block := raw.read(BLOCK_BYTES)):
        found = block.lstrip(b"\0")
    raw.unread(found)
    return raw.read(4)


def _zstd_frame(raw: _Source) -> Iterator[bytes]:
    flags = raw.read(1)
    flag = flags[0] if flags else 0
    single, size_bytes = flag >> 5 & 1, flag >> 6
    content = (single, 2, 4, 8)[size_bytes]
    yield flags
    yield raw.read((1 - single) + (0, 1, 2, 4)[flag & 3] + content)
    last = False
    while not last:
        head = raw.read(3)
        if len(head) < 3:
            yield head
            return
        number = int.from_bytes(head, "little")
        last, repeated = bool(number & 1), number >> 1 & 3 == 1
        yield head
        yield from _copied(raw, 1 if repeated else number >> 3)
    yield raw.read(4 if flag >> 2 & 1 else 0)


def _lz4_frame(raw: _Source) -> Iterator[bytes]:
    flags = raw.read(1)
    flag = flags[0] if flags else 0
    yield flags
    yield raw.read(
        1 + 8 * (flag >> 3 & 1) + 4 * (flag & 1) + 1
    )  # sizes of blocks, of the content, dictionary, checksum
    while len(head := raw.read(4)) == 4 and (size := int.from_bytes(head, "little") & 0x7FFFFFFF):
        yield head
        yield from _copied(raw, size + 4 * (flag >> 4 & 1))
    yield head
    if len(head) == 4:
        yield raw.read(4 * (flag >> 2 & 1))


def _copied(raw: _Source, size: int) -> Iterator[bytes]:
    while size and (block := raw.read(min(size, BLOCK_BYTES))):
        yield block
        size -= len(block)


class _Source:
    """A file of which what was read can be put back, though it may not be seekable."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._ahead = b""

    def read(self, size: int) -> bytes:
        part, self._ahead = self._ahead[:size], self._ahead[size:]
        return part + self._raw.read(size - len(part)) if len(part) < size else part

    def unread(self, part: bytes) -> None:
        self._ahead = part + self._ahead


class _Parts(io.RawIOBase):
    """Parts one behind the other, as a file."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = memoryview(part)
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count
