"""Files that are not plain UTF-8: compressed, in another encoding, or both, as a stream of blocks of UTF-8.

    gzip of "Łódź\n" in UTF-16   ->   b"\xc5\x81\xc3\xb3d\xc5\xba\n"

The first bytes of a file say how it is compressed, not its name. Bytes that can't be decoded become bytes that are not
UTF-8 either, so that their record is faulty and not the file. Memory holds one block, whatever the size of the file.
"""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Callable, Iterator
from typing import BinaryIO

from headrace.errors import DataError
from headrace.files.known_files import HEAD_BYTES
from headrace.files.storage import open_file
from headrace.files.unpackers import BLOCK_BYTES, COMPRESSIONS, unpacked_blocks

SUFFIXES = tuple(compression.suffix for compression in COMPRESSIONS)
BOM = "\ufeff"
MAX_COMPRESSIONS = 3
ESCAPED = "headrace.escaped"


def compression_of(path: str, head: bytes) -> str | None:
    """The compression of a file by its first bytes, such as `gzip`; None for one that is not compressed.

    Raises:
        DataError: an empty file whose name has a suffix of a compression.
    """
    for compression in COMPRESSIONS:
        if compression.starts(head):
            return compression.name
    if not head and path.endswith(SUFFIXES):
        raise DataError(f"{path} is empty: expected a compressed file, which has bytes even if its content is empty")
    return None


def compressions_of(path: str, is_plain: Callable[[bytes], bool] = lambda head: False) -> str | None:
    """The compressions of a file, outermost first: `gzip`, or `gzip+gzip` where an archive was compressed again.

    Args:
        path: the file.
        is_plain: whether content that begins with these bytes is plain, though an archive may begin so as well: a
            TFRecord file begins with a length, and some lengths look like the first bytes of gzip.

    Raises:
        DataError: as `compression_of`, at any depth; cut off or corrupt at its start.
    """
    return compressions_and_head(path, is_plain)[0]


def compressions_and_head(
    path: str, is_plain: Callable[[bytes], bool] = lambda head: False
) -> tuple[str | None, bytes, int]:
    """As `compressions_of`; and the first bytes of the content (`HEAD_BYTES`), and the size of the file."""
    found: list[str] = []
    with open_file(path) as raw:
        size = raw.seek(0, os.SEEK_END)
        while True:
            raw.seek(0)
            packed = "+".join(found) or None
            head = content_stream(raw, path, packed).read(HEAD_BYTES) if packed else raw.read(HEAD_BYTES)
            if len(found) == MAX_COMPRESSIONS or is_plain(head):
                break
            inner = compression_of(path, head) if head or not found else None
            if inner is None:
                break
            found.append(inner)
    return "+".join(found) or None, head, size


def without_suffix(path: str) -> str:
    """The name that a file has without a suffix of its compression, such as `.gz`."""
    stem, suffix = os.path.splitext(path)
    return stem if suffix in SUFFIXES else path


def encoding_named(name: str) -> str:
    """The canonical name of an encoding of text.

    Raises:
        LookupError: there is none.
    """
    found = codecs.lookup(name)
    "".encode(name)  # refuses codecs that are not of text, such as hex
    return "utf-8" if found.name == "utf-8-sig" else found.name


def blocks(raw: BinaryIO, path: str, compression: str | None, encoding: str = "utf-8") -> Iterator[bytes]:
    """The content of an open file as UTF-8, in blocks of about 1 MiB; a byte order mark stays only in UTF-8.

    Raises:
        DataError: the archive is cut off or corrupt; the message names the file and the byte.
    """
    first, *inner = compression.split("+") if compression else [None]
    plain = unpacked_blocks(raw, path, first) if first else iter(lambda: raw.read(BLOCK_BYTES), b"")
    for one in inner:
        plain = unpacked_blocks(io.BufferedReader(_Blocks(plain), BLOCK_BYTES), path, str(one))
    return plain if encoding == "utf-8" else _transcoded(plain, path, encoding)


def _transcoded(plain: Iterator[bytes], path: str, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors=ESCAPED)
    first = True
    for block in plain:
        try:
            text = decoder.decode(block)
        except UnicodeError as error:  # faults of single bytes have become escapes already
            raise DataError(
                f"{path} does not start with a byte order mark, which {encoding} needs: "
                f"declare {encoding}-le or {encoding}-be"
            ) from error
        if first and text:
            text, first = text.removeprefix(BOM), False
        if text:
            yield text.encode("utf-8", "surrogatepass")
    if rest := decoder.decode(b"", final=True):
        yield rest.encode("utf-8", "surrogatepass")


def _escape(error: UnicodeError) -> tuple[str, int]:
    # Lone surrogates: as UTF-8 they are invalid whatever is beside them, so the record is found and rejected.
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(ESCAPED, _escape)


def content_stream(raw: BinaryIO, path: str, compression: str | None, encoding: str = "utf-8") -> io.BufferedReader:
    """The content that `blocks` gives, as a stream."""
    return io.BufferedReader(_Blocks(blocks(raw, path, compression, encoding)), BLOCK_BYTES)


class _Blocks(io.RawIOBase):
    def __init__(self, found: Iterator[bytes]) -> None:
        self._found = found
        self._rest = b""
        self._place = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._rest = self._rest or next(self._found, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        self._place += count
        return count
