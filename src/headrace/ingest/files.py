"""Which files there are, what each holds, and in which chunks it is read."""

from __future__ import annotations

import glob
import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from headrace.errors import DataError
from headrace.ingest.csv_rows import BOM, header_of
from headrace.ingest.database_source import DatabaseSource
from headrace.ingest.records import LF, QUOTE
from headrace.ingest.spec import Source

SUFFIXES = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
BLOCK_BYTES = 1 << 20
MAX_HEADER_BYTES = 16 << 20
MAX_CHUNK_BYTES = (1 << 31) - 2
"""Arrow's text columns count bytes in 32 bits."""


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """A file as it was found: `columns` is None for JSON lines; records start at byte `start`, on line `first_line`."""

    path: str
    source: str
    format: str
    delimiter: str = ","
    quoted_line_breaks: bool = False
    columns: tuple[str, ...] | None = None
    start: int = 0
    first_line: int = 1
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Bytes `start` to `end` of a file: whole records, one worker's portion. `index` counts chunks over all files."""

    file: InputFile
    index: int
    start: int
    end: int


def open_file(path: str) -> BinaryIO:
    """A file opened for reading bytes, local or through Beam's FileSystems (`gs://`, `s3://`, `hdfs://`)."""
    if "://" in path:
        from headrace.ingest import beam_files

        return beam_files.open_file(path)
    return open(path, "rb")


def read_chunk(chunk: Chunk) -> np.ndarray:  # type: ignore[type-arg]
    """The bytes of a chunk.

    Raises:
        DataError: the file shrank, or one record is so long that the chunk exceeds 2 GiB.
    """
    if chunk.end - chunk.start > MAX_CHUNK_BYTES:
        raise DataError(
            f"{chunk.file.path} has a record of over 1 GiB between bytes {chunk.start} and "
            f"{chunk.end}: is this CSV or JSON lines, one record a line?"
        )
    with open_file(chunk.file.path) as stream:
        stream.seek(chunk.start)
        data = stream.read(chunk.end - chunk.start)
    if len(data) != chunk.end - chunk.start:
        raise DataError(
            f"{chunk.file.path} shrank while it was read: expected bytes {chunk.start} to {chunk.end}, got {len(data)}"
        )
    return np.frombuffer(data, dtype=np.uint8)


def find_files(sources: Sequence[Source | DatabaseSource]) -> list[InputFile]:
    """All files of all sources, in the order of sources and patterns, then by name; headers are read.

    A query of a database counts as a file.

    Raises:
        DataError: every pattern that matches no file, directory, unreadable file and bad header, in one message.
    """
    found: list[InputFile] = []
    faults = []
    for source in sources:
        if isinstance(source, DatabaseSource):
            try:
                found.extend(_tables(source))
            except DataError as error:
                faults.append(str(error))
            continue
        paths: dict[str, None] = {}
        for pattern in source.patterns:
            matches = _matches(pattern)
            if not matches:
                faults.append(f"source {source.name!r}: no file matches {pattern}; {_what_there_is(pattern)}")
            paths.update(dict.fromkeys(matches))
        for path in paths:
            try:
                found.append(describe(path, source))
            except (DataError, OSError) as error:
                faults.append(f"source {source.name!r}: {error}")
    if faults:
        raise DataError("\n".join(faults))
    return found


def _tables(source: DatabaseSource) -> Sequence[InputFile]:
    from headrace.ingest.databases import find_tables  # which knows what an InputFile is

    return find_tables(source)


def describe(path: str, source: Source) -> InputFile:
    """Format, columns and first record of one file.

    Raises:
        DataError: a directory, a UTF-16 file, a header that names a column twice or can't be read.
    """
    if os.path.isdir(path):
        raise DataError(f"{path} is a directory: give the files in it, such as {os.path.join(path, '*')}")
    with open_file(path) as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        head = stream.read(4)
        start = len(BOM) if head.startswith(BOM) else 0
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise DataError(f"{path} is UTF-16: expected UTF-8 (iconv -f utf-16 -t utf-8 makes it so)")
        if head[:2] == b"\x1f\x8b" or head == b"PAR1":
            what = "gzip" if head[:2] == b"\x1f\x8b" else "Parquet"
            raise DataError(f"{path} is {what}: expected the text of CSV or JSON lines")
        stream.seek(start)
        kind = _format(path, source, stream)
        delimiter = "\t" if path.endswith(".tsv") and source.delimiter == "," else source.delimiter
        common = {"path": path, "source": source.name, "format": kind, "delimiter": delimiter, "size": size}
        if kind == "jsonl":
            return InputFile(start=start, **common)  # type: ignore[arg-type]
        stream.seek(start)
        line, skipped, used = _first_line(path, stream)
    columns = _columns(path, line, delimiter, source.header)
    return InputFile(
        columns=columns,
        quoted_line_breaks=source.quoted_line_breaks,
        start=start + used if source.header else start,
        first_line=1 + skipped if source.header else 1,
        **common,  # type: ignore[arg-type]
    )


def cut(files: Sequence[InputFile], chunk_bytes: int) -> list[Chunk]:
    """Every file in chunks of about `chunk_bytes`, cut at record borders. An empty file has one empty chunk."""
    chunks: list[Chunk] = []
    for file in files:
        borders = [file.start, *_borders(file, chunk_bytes), max(file.size, file.start)]
        if file.format == "database":  # its portions, by number
            borders = list(range(file.size + 1))
        for start, end in itertools.pairwise(borders):
            chunks.append(Chunk(file=file, index=len(chunks), start=start, end=end))
    return chunks


def _borders(file: InputFile, chunk_bytes: int) -> Iterator[int]:
    """Where the chunks after the first start."""
    if file.size - file.start <= chunk_bytes:
        return
    with open_file(file.path) as stream:
        yield from (_quoted_borders if file.quoted_line_breaks else _line_borders)(stream, file, chunk_bytes)


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


def _quoted_borders(stream: BinaryIO, file: InputFile, chunk_bytes: int) -> Iterator[int]:
    # Whether a line break is inside quotes depends on all quotes before it: the file is read once, a block at a time.
    stream.seek(file.start)
    start = place = file.start
    parity = 0
    while block := stream.read(BLOCK_BYTES):
        data = np.frombuffer(block, dtype=np.uint8)
        quotes = np.flatnonzero(data == QUOTE)
        breaks = np.flatnonzero(data == LF)
        outside = breaks[(np.searchsorted(quotes, breaks) + parity) % 2 == 0] + place + 1
        for border in outside.tolist():
            if border - start >= chunk_bytes and border < file.size:
                start = border
                yield start
        parity = (parity + len(quotes)) % 2
        place += len(block)


def _matches(pattern: str) -> list[str]:
    if "://" in pattern:
        from headrace.ingest import beam_files

        return beam_files.matches(pattern)
    if os.path.exists(pattern):
        return [pattern]
    return sorted(path for path in glob.glob(pattern, recursive=True) if not os.path.isdir(path))


def _what_there_is(pattern: str) -> str:
    if "://" in pattern:
        return "check the path"
    folder = os.path.dirname(pattern) or "."
    while glob.has_magic(folder):
        folder = os.path.dirname(folder) or "."
    if not os.path.isdir(folder):
        return f"there is no folder {folder}"
    names = sorted(os.listdir(folder))
    if not names:
        return f"{folder} is empty"
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{folder} has {', '.join(names[:8])}{more}"


def _format(path: str, source: Source, stream: BinaryIO) -> str:
    if source.format != "auto":
        return source.format
    suffix = os.path.splitext(path)[1].lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    return "jsonl" if stream.read(BLOCK_BYTES).lstrip()[:1] == b"{" else "csv"


def _first_line(path: str, stream: BinaryIO) -> tuple[bytes, int, int]:
    """The first line that is not blank, without its break; the lines and bytes up to and with it."""
    lines = used = 0
    while True:
        line = stream.readline(MAX_HEADER_BYTES)
        lines += bool(line)
        used += len(line)
        if len(line) == MAX_HEADER_BYTES:
            raise DataError(f"the first line of {path} is longer than {MAX_HEADER_BYTES:,} bytes: this is no CSV")
        if not line or line.rstrip(b"\r\n"):
            return line.rstrip(b"\r\n"), lines, used


def _columns(path: str, line: bytes, delimiter: str, header: bool) -> tuple[str, ...]:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"the first line of {path} is not UTF-8 ({error}): convert the file first") from error
    if "\0" in text:
        raise DataError(f"the first line of {path} has NUL bytes: this is no CSV, or UTF-16 or UTF-32 text")
    if "\r" in text:
        raise DataError(f"the lines of {path} end in CR alone: expected LF or CR LF (tr '\\r' '\\n' makes it so)")
    names = header_of(text, delimiter)
    if not header:
        return tuple(f"column_{place}" for place in range(1, len(names) + 1))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"the header of {path} names columns twice: {', '.join(twice)}; rename them")
    return tuple(names)
