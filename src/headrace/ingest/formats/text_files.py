"""What all formats of text share: heads, byte ranges cut at record borders, and pieces of text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa

from headrace.errors import DataError
from headrace.files.compression import blocks
from headrace.files.outputs import whole_file
from headrace.files.storage import open_file
from headrace.files.unpackers import BLOCK_BYTES
from headrace.ingest.formats.file_format import Chunk, FileFormat, FirstLook, InputFile, Piece
from headrace.ingest.records.find_records import Bytes
from headrace.ingest.records.scanners import Lines, Scanner, chunk_starts

MAX_CHUNK_BYTES = (1 << 31) - 2
"""Arrow's text columns count bytes in 32 bits."""
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class TextFormat(FileFormat):
    """Text in records, by default one a line; `head` gives files without known columns, as those of JSON are."""

    @classmethod
    def head(cls, look: FirstLook) -> InputFile:
        """As `FileFormat.head`."""
        if look.beginning[:2] in UTF_16_MARKS:
            raise DataError(f"{look.path} is UTF-16: expected UTF-8; declare it, Source(encoding='utf-16')")
        with look.text() as (stream, start):
            return cls.text_head(look, stream, start)

    @classmethod
    def text_head(cls, look: FirstLook, stream: BinaryIO, start: int) -> InputFile:
        """The file, of which `stream` has the text from byte `start`, behind its byte order mark."""
        return cls().file(look, start)

    def file(
        self, look: FirstLook, start: int, *, columns: tuple[str, ...] | None = None, first_line: int = 1
    ) -> InputFile:
        """The file, of which records begin at byte `start`, on line `first_line`."""
        return InputFile(
            path=look.path,
            source=look.source,
            format=self,
            columns=columns,
            start=start,
            first_line=first_line,
            size=look.size,
            compression=look.compression,
            encoding=look.layout.encoding,
            span=look.span,
        )

    def scanner(self, file: InputFile) -> Scanner:
        """What finds borders between records where the file is read block by block from its start."""
        return Lines(file.start)

    def borders(self, file: InputFile, chunk_bytes: int) -> Iterator[int]:
        """As `FileFormat.borders`; the file is read for it only where its records can't be told apart otherwise."""
        scanner = self.scanner(file)
        if file.size - file.start <= chunk_bytes and not scanner.checks_end:
            return
        if scanner.needs_all_before:
            yield from scanned_borders(file, scanner, chunk_bytes)
        else:
            yield from line_borders(file, chunk_bytes)

    def kept(self, content: Iterator[bytes]) -> Iterator[bytes]:
        """The blocks of a file that is unpacked, without what is known to be no record at its end."""
        return content

    def pieces(self, file: InputFile, folder: str, chunk_bytes: int) -> list[Piece]:
        """As `FileFormat.pieces`: a piece has the text that a chunk of the unpacked file would have."""
        with open_file(file.path) as raw:
            content = self.kept(blocks(raw, file.path, file.compression, file.encoding))
            return text_pieces(content, file, self.scanner(file), folder, chunk_bytes)

    def byte_offset(self, chunk: Chunk) -> int | None:
        """As `FileFormat.byte_offset`."""
        return chunk.start


def line_borders(file: InputFile, chunk_bytes: int) -> Iterator[int]:
    """Behind the line breaks that follow every `chunk_bytes`: only what stands around them is read."""
    start = file.start
    with open_file(file.path) as stream:
        while start + chunk_bytes < file.size:
            # One byte back: a chunk that fills its size to the last byte ends there.
            place = start + chunk_bytes - 1
            stream.seek(place)
            while True:
                block = stream.read(BLOCK_BYTES)
                found = block.find(b"\n")
                if found >= 0 or not block:
                    break
                place += len(block)
            start = place + found + 1 if found >= 0 else file.size
            if start < file.size:
                yield start


def scanned_borders(file: InputFile, scanner: Scanner, chunk_bytes: int) -> Iterator[int]:
    """Where what is before decides whether a record ends (quotes, brackets): the file is read once, by blocks."""
    with open_file(file.path) as stream:
        stream.seek(file.start)
        found = (scanner.scan(block) for block in iter(lambda: stream.read(BLOCK_BYTES), b""))
        yield from (border for border in chunk_starts(found, file.start, chunk_bytes) if border < file.size)
        scanner.finish()


def text_pieces(
    content: Iterator[bytes], file: InputFile, scanner: Scanner, folder: str, chunk_bytes: int
) -> list[Piece]:
    """The text in pieces of about `chunk_bytes`, each staged as a file; at least one, be it empty."""
    pieces: list[Piece] = []
    start, pending, skip = file.start, bytearray(), file.start

    def keep(end: int) -> None:
        nonlocal start
        path = os.path.join(folder, str(len(pieces)))
        with whole_file(path) as staging, pa.CompressedOutputStream(pa.OSFile(staging, "wb"), "lz4") as stream:
            stream.write(memoryview(pending)[: end - start])
        pieces.append(Piece(path=path, start=start, end=end))
        del pending[: end - start]
        start = end

    for block in content:
        if skip:
            skip, block = max(0, skip - len(block)), block[skip:]
        pending += block
        for border in chunk_starts([scanner.scan(block)], start, chunk_bytes):
            keep(border)
        if len(pending) > MAX_CHUNK_BYTES:
            raise _too_long(file.path, start, start + len(pending))
    scanner.finish()
    if pending or not pieces:
        keep(start + len(pending))
    return pieces


def read_text(chunk: Chunk) -> Bytes:
    """The bytes of a chunk of text; those of several files with a line break behind each.

    Raises:
        DataError: a file shrank, or one record is so long that the chunk exceeds 2 GiB.
    """
    if not chunk.also:
        return np.frombuffer(_bytes_of(chunk), dtype=np.uint8)
    return np.frombuffer(b"".join(part for one in chunk.parts for part in (_bytes_of(one), b"\n")), dtype=np.uint8)


def _bytes_of(chunk: Chunk) -> bytes:
    size = chunk.end - chunk.start
    if size > MAX_CHUNK_BYTES:
        raise _too_long(chunk.file.path, chunk.start, chunk.end)
    if chunk.piece is not None:
        with open_file(chunk.piece) as raw, pa.CompressedInputStream(cast("Any", raw), "lz4") as stream:
            data: bytes = stream.read(size)
    else:
        with open_file(chunk.file.path) as stream:
            stream.seek(chunk.start)
            data = stream.read(size)
    if len(data) != size:
        raise DataError(
            f"{chunk.file.path} shrank while it was read: expected bytes {chunk.start} to {chunk.end}, got {len(data)}"
        )
    return data


def _too_long(path: str, start: int, end: int) -> DataError:
    return DataError(
        f"{path} has a record of over 1 GiB between bytes {start} and {end}: "
        "is this CSV or JSON lines, one record a line?"
    )
