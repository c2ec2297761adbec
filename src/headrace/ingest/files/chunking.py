"""Files in chunks, cut at record borders: plain files by byte ranges, Parquet by row groups, packed files by pieces.

What can't be entered in the middle (an archive, another encoding) is unpacked once, as a stream, into
pieces on disk of a chunk each. The text of a piece is what a chunk of the unpacked file would hold, byte for byte.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa

from headrace.files.compression import BLOCK_BYTES, blocks
from headrace.files.outputs import whole_file
from headrace.files.storage import open_file
from headrace.ingest.dialects.scanner import _scanner
from headrace.ingest.formats.chunk import MAX_CHUNK_BYTES, Chunk, InputFile, too_long
from headrace.ingest.formats.open_chunk import _table_borders
from headrace.ingest.formats.parquet import _group_borders
from headrace.ingest.formats.scanners import Lines, chosen


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A chunk of an unpacked file: where it is staged, and which bytes (of text) or rows (of a table) it holds."""

    path: str
    start: int
    end: int


def cut(
    files: Sequence[InputFile], chunk_bytes: int, pieces: Mapping[int, Sequence[Piece]] | None = None
) -> list[Chunk]:
    """Every file in chunks of about `chunk_bytes`. An empty file has one empty chunk. `pieces` are by place in `files`.

    Raises:
        DataError: a JSON array that is not one, a Parquet file that is cut off.
    """
    chunks: list[Chunk] = []
    for number, file in enumerate(files):
        if file.is_packed:
            for piece in (pieces or {})[number]:
                chunks.append(Chunk(file=file, index=len(chunks), start=piece.start, end=piece.end, piece=piece.path))
            continue
        if file.format == "database":  # its portions, by number
            borders = list(range(file.size + 1))
        else:
            borders = [file.start, *_borders(file, chunk_bytes), max(file.size, file.start)]
        for start, end in itertools.pairwise(borders):
            chunks.append(Chunk(file=file, index=len(chunks), start=start, end=end))
    return chunks


def unpack(file: InputFile, folder: str, chunk_bytes: int) -> list[Piece]:
    """Unpacks a packed file into `folder`; memory holds one piece. At least one piece, be it empty.

    Raises:
        DataError: the file is cut off or corrupt; the message names it and the byte.
    """
    with open_file(file.path) as raw:
        if file.format == "avro":
            from headrace.ingest.formats.avro import avro_tables

            return _table_pieces(avro_tables(raw, file, chunk_bytes), folder)
        if file.format == "tfrecord":
            from headrace.ingest.formats.tf_examples import example_tables

            return _table_pieces(
                example_tables(blocks(raw, file.path, file.compression), file.path, chunk_bytes), folder
            )
        return _text_pieces(blocks(raw, file.path, file.compression, file.encoding), file, folder, chunk_bytes)


def _text_pieces(content: Iterator[bytes], file: InputFile, folder: str, chunk_bytes: int) -> list[Piece]:
    pieces: list[Piece] = []
    scanner = _scanner(file)
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
        for border in chosen([scanner.scan(block)], start, chunk_bytes):
            keep(border)
        if len(pending) > MAX_CHUNK_BYTES:
            raise too_long(file.path, start, start + len(pending))
    scanner.finish()
    if pending or not pieces:
        keep(start + len(pending))
    return pieces


def _table_pieces(tables: Iterator[pa.Table], folder: str) -> list[Piece]:
    pieces: list[Piece] = []
    rows = 0
    for table in tables:
        path = os.path.join(folder, str(len(pieces)))
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with whole_file(path) as staging, pa.ipc.new_file(staging, table.schema, options=options) as writer:
            writer.write_table(table)
        pieces.append(Piece(path=path, start=rows, end=rows + table.num_rows))
        rows += table.num_rows
    return pieces


def _borders(file: InputFile, chunk_bytes: int) -> Iterator[int]:
    """Where the chunks after the first start."""
    if file.format == "parquet":
        yield from _group_borders(file, chunk_bytes)
        return
    if file.is_table:
        yield from _table_borders(file, chunk_bytes)
        return
    # An array is read to its end even if it is small: it must be closed there.
    if file.size - file.start <= chunk_bytes and file.format != "json_array":
        return
    scanner = _scanner(file)
    with open_file(file.path) as stream:
        if isinstance(scanner, Lines):
            yield from _line_borders(stream, file, chunk_bytes)
            return
        # Whether a line break is inside quotes depends on all quotes before it: the file is read once, by blocks.
        stream.seek(file.start)
        found = (scanner.scan(block) for block in iter(lambda: stream.read(BLOCK_BYTES), b""))
        yield from (border for border in chosen(found, file.start, chunk_bytes) if border < file.size)
        scanner.finish()


def _line_borders(stream: BinaryIO, file: InputFile, chunk_bytes: int) -> Iterator[int]:
    start = file.start
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
