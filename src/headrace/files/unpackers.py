"""The compressions of files: how each is known, and how it is unpacked block by block. A new one is one more object.

    unpacked_blocks(raw, "rows.csv.gz", "gzip")     b"id,town\\n1,..."     b"..."

Several archives one behind the other are one. Zeros behind an archive are padding, as tapes and block devices add it.
"""

from __future__ import annotations

import bz2
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, cast

import pyarrow as pa

from headrace.errors import DataError
from headrace.files.frames import without_padding
from headrace.files.known_files import refuse_known_zip

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Compression:
    """A compression: its name, the suffix of its files, whether a file starts like one, and how it is unpacked."""

    name: str
    suffix: str
    starts: Callable[[bytes], bool]
    unpack: Callable[[BinaryIO, str], Iterator[bytes]]


def unpacked_blocks(raw: BinaryIO, path: str, compression: str) -> Iterator[bytes]:
    """The content of an open archive in blocks of at most about 1 MiB.

    Raises:
        DataError: the archive is cut off or corrupt; the message names the file and the byte. Or it is a zip archive
            of several files, or one that is encrypted.
    """
    done = 0
    try:
        for block in _BY_NAME[compression].unpack(raw, path):
            done += len(block)
            yield block
    except DataError:
        raise
    except (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        place = raw.tell()
        cut_off = isinstance(error, EOFError) or "Truncated" in str(error)
        what = f"is cut off after byte {place:,}" if cut_off else f"is corrupt before byte {place:,} ({error})"
        raise DataError(
            f"{path} {what}: as {compression} it unpacks to {done:,} bytes or more, but not to its end; "
            "fetch it again, or unpack by hand what can be saved"
        ) from error


def _members(raw: BinaryIO, path: str, *, start: Callable[[], Any]) -> Iterator[bytes]:
    """Archives one behind the other, each unpacked by a decompressor of Python that `start` makes."""
    pending = raw.read(BLOCK_BYTES)
    while pending:
        unpacker, ended = start(), False
        while not unpacker.eof:
            if not pending and getattr(unpacker, "needs_input", True):
                pending = raw.read(BLOCK_BYTES)
                ended = not pending
            block = unpacker.decompress(pending, BLOCK_BYTES)
            pending = getattr(unpacker, "unconsumed_tail", b"")
            if block:
                yield block
            elif ended and not unpacker.eof:
                raise EOFError
        pending = unpacker.unused_data.lstrip(b"\0")
        while not pending and (more := raw.read(BLOCK_BYTES)):
            pending = more.lstrip(b"\0")


def _by_arrow(raw: BinaryIO, path: str, *, codec: str) -> Iterator[bytes]:
    stream = pa.CompressedInputStream(cast("Any", without_padding(raw)), cast("Any", codec))
    return iter(lambda: stream.read(BLOCK_BYTES), b"")


def _zipped(raw: BinaryIO, path: str) -> Iterator[bytes]:
    if not raw.seekable():
        raise DataError(f"{path} is a zip archive inside another archive: unpack the outer one")
    try:
        archive = zipfile.ZipFile(raw)
    except zipfile.BadZipFile as error:
        raise EOFError from error  # the list of the files in it stands at its end
    with archive:
        members = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
        refuse_known_zip(path, [one.filename for one in members])
        if len(members) != 1:
            named = ", ".join(one.filename for one in members[:3]) or "none"
            raise DataError(
                f"{path} is a zip archive of {len(members)} files ({named}): expected one; unpack it, and give its "
                "files as the pattern"
            )
        if members[0].flag_bits & 1:
            raise DataError(f"{path} is a zip archive with a password: unpack it first")
        try:
            with archive.open(members[0]) as stream:
                yield from iter(lambda: stream.read(BLOCK_BYTES), b"")
        except NotImplementedError as error:
            raise DataError(f"{path} is a zip archive that can't be read ({error}): unpack it first") from error


def _is_bz2(head: bytes) -> bool:
    # A text may well begin with these three letters.
    return head.startswith(b"BZh") and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90")


def _magic(*magics: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magics)


COMPRESSIONS = (
    Compression(
        name="gzip",
        suffix=".gz",
        starts=_magic(b"\x1f\x8b"),
        unpack=partial(_members, start=partial(zlib.decompressobj, zlib.MAX_WBITS | 16)),
    ),
    Compression(name="bz2", suffix=".bz2", starts=_is_bz2, unpack=partial(_members, start=bz2.BZ2Decompressor)),
    Compression(
        name="zstd", suffix=".zst", starts=_magic(b"\x28\xb5\x2f\xfd"), unpack=partial(_by_arrow, codec="zstd")
    ),
    Compression(
        name="xz", suffix=".xz", starts=_magic(b"\xfd7zXZ\0"), unpack=partial(_members, start=lzma.LZMADecompressor)
    ),
    Compression(name="lz4", suffix=".lz4", starts=_magic(b"\x04\x22\x4d\x18"), unpack=partial(_by_arrow, codec="lz4")),
    Compression(name="zip", suffix=".zip", starts=_magic(b"PK\x03\x04", b"PK\x05\x06"), unpack=_zipped),
)
_BY_NAME = {compression.name: compression for compression in COMPRESSIONS}
