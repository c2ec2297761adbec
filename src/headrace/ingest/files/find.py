"""Which files there are, what each holds, and in which chunks it is read."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import BinaryIO

from headrace.errors import DataError
from headrace.files.compression import content_stream, packing_of, without_suffix
from headrace.files.storage import open_file
from headrace.ingest.files.matching import matched
from headrace.ingest.formats.chunk import InputFile
from headrace.ingest.formats.csv_text import BOM, header_of
from headrace.ingest.spec.database_source import DatabaseSource
from headrace.ingest.spec.source import Source

TEXT_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
MAGIC = {b"PAR1": "parquet", b"Obj\x01": "avro"}
MAX_HEADER_BYTES = 16 << 20


def find_files(sources: Sequence[Source | DatabaseSource], *, may_lack: Collection[str] = ()) -> list[InputFile]:
    """All files of all sources, in the order of sources and patterns, then by name; headers are read.

    A query of a database counts as a file. The sources in `may_lack` may have no file at all.

    Raises:
        DataError: every pattern that matches no file, file of two sources, directory, unreadable file and bad header,
            in one message.
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
        paths, unmatched = matched(source)
        if paths or source.name not in may_lack:
            faults.extend(unmatched)
        twice = [file for file in found if file.path in paths]
        faults += [f"{file.path} is of the sources {file.source!r} and {source.name!r}: expected one" for file in twice]
        for path, span in paths.items():
            try:
                found.append(describe(path, source, span=span))
            except (DataError, OSError) as error:
                faults.append(f"source {source.name!r}: {error}")
    if faults:
        raise DataError("\n".join(faults))
    return found


def _tables(source: DatabaseSource) -> Sequence[InputFile]:
    from headrace.ingest.formats.databases import find_tables  # which knows what an InputFile is

    return find_tables(source)


def describe(path: str, source: Source, *, span: int | None = None) -> InputFile:
    """Format, packing, columns and first record of one file.

    Raises:
        DataError: a directory, a file that is not what is declared, cut off or corrupt at its start, a header
            that names
            a column twice or can't be read.
    """
    if os.path.isdir(path):
        raise DataError(f"{path} is a directory: give the files in it, such as {os.path.join(path, '*')}")
    compression = packing_of(path)
    with open_file(path) as raw:
        size = raw.seek(0, os.SEEK_END)
        raw.seek(0)
        # What is no text has no encoding.
        kind = _table_format(path, source, content_stream(raw, path, compression).read(4), compression)
    if kind is not None:
        columns, size = _table_head(path, kind, compression, size)
        return InputFile(
            path=path, source=source.name, format=kind, columns=columns, size=size, compression=compression, span=span
        )
    with open_file(path) as raw:
        stream = content_stream(raw, path, compression, source.encoding)
        head = stream.peek(4)
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise DataError(f"{path} is UTF-16: expected UTF-8; declare it, Source(encoding='utf-16')")
        start = len(BOM) if head.startswith(BOM) else 0
        kind = "jsonl" if source.dialect else _text_format(path, source, head[start:])
        by_tab = kind == "tsv" and source.delimiter == ","
        common = {
            "path": path,
            "source": source.name,
            "format": "csv" if kind == "tsv" else kind,
            "delimiter": "\t" if by_tab else source.delimiter,
            "size": size,
            "compression": compression,
            "encoding": source.encoding,
            "span": span,
        }
        if source.dialect:
            from headrace.ingest.dialects.documents import PROBE_BYTES, holds_documents  # which only dialects need

            stream.read(start)
            common["format"] = "documents" if holds_documents(stream.read(PROBE_BYTES)) else kind
            return InputFile(start=start, dialect=source.dialect, **common)  # type: ignore[arg-type]
        if kind in ("jsonl", "json_array"):
            return InputFile(start=start, **common)  # type: ignore[arg-type]
        stream.read(start)
        line, skipped, used = _first_line(path, stream)
    columns = _columns(path, line, common["delimiter"], source.header)  # type: ignore[arg-type]
    return InputFile(
        columns=columns,
        quoted_line_breaks=source.quoted_line_breaks,
        start=start + used if source.header else start,
        first_line=1 + skipped if source.header else 1,
        **common,  # type: ignore[arg-type]
    )


def _table_format(path: str, source: Source, magic: bytes, compression: str | None) -> str | None:
    """The format of a file that holds typed columns, by its first bytes; TFRecords have none, so by its name."""
    declared = None if source.format == "auto" else source.format
    name = os.path.basename(path)
    kind = MAGIC.get(magic)
    if kind is None and declared in MAGIC.values() and magic:
        raise DataError(f"{path} is not {declared}, as declared: it starts with {magic!r}")
    if kind is None and (declared == "tfrecord" or (declared is None and "tfrecord" in name)):
        kind = "tfrecord"
    if kind is None and declared in MAGIC.values():
        raise DataError(f"{path} is empty: expected {declared}")
    if kind is not None and declared not in (None, kind):
        raise DataError(f"{path} is {kind}: expected {declared}, as declared")
    if kind == "parquet" and compression:
        raise DataError(f"{path} is Parquet inside {compression}: unpack it, Parquet is compressed within")
    return kind


def _table_head(path: str, kind: str, compression: str | None, size: int) -> tuple[tuple[str, ...] | None, int]:
    """The columns, and the size: of Parquet in row groups."""
    if kind == "parquet":
        from headrace.ingest.formats.parquet import parquet_head  # which knows what a Chunk is

        return parquet_head(path)
    if kind == "avro":
        from headrace.ingest.formats.avro import avro_columns

        with open_file(path) as raw:
            return avro_columns(content_stream(raw, path, compression), path), size
    return None, size


def _text_format(path: str, source: Source, head: bytes) -> str:
    if source.format != "auto":
        return source.format
    suffix = os.path.splitext(without_suffix(path))[1].lower()
    if suffix in TEXT_SUFFIXES:
        return TEXT_SUFFIXES[suffix]
    first = head.lstrip()[:1]
    if first == b"[":
        return "json_array"
    return "jsonl" if suffix == ".json" or first == b"{" else "csv"


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
