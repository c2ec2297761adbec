"""What formats of typed columns share: pieces as Arrow files, and chunks as tables whose values are judged as text."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa

from headrace.errors import DataError
from headrace.files.outputs import whole_file
from headrace.files.storage import open_file
from headrace.ingest.formats.file_format import Chunk, ChunkContent, FileFormat, FirstLook, InputFile, Piece
from headrace.ingest.records.text_rows import TextRows
from headrace.ingest.records.typed_rows import table_rows


class TableFormat(FileFormat):
    """Typed columns. A format gives its tables; structs are gone into, so that `at.city` is a column."""

    @classmethod
    def file(cls, look: FirstLook, *, size: int, columns: tuple[str, ...] | None = None) -> InputFile:
        """The file as it was found; `size` as of `InputFile`. A file that is not text has no encoding."""
        return InputFile(
            path=look.path,
            source=look.source,
            format=cls(),
            columns=columns,
            size=size,
            compression=look.compression,
            span=look.span,
        )

    def tables(self, file: InputFile, chunk_bytes: int) -> Iterator[pa.Table]:
        """The rows of a compressed file, in tables of any size."""
        raise NotImplementedError

    def table(self, chunk: Chunk) -> pa.Table:
        """The rows of a chunk of a file that is not compressed."""
        raise NotImplementedError

    def pieces(self, file: InputFile, folder: str, chunk_bytes: int) -> list[Piece]:
        """As `FileFormat.pieces`, by number of rows."""
        pieces: list[Piece] = []
        rows = 0
        for table in gathered(self.tables(file, chunk_bytes), chunk_bytes):
            path = os.path.join(folder, str(len(pieces)))
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            with whole_file(path) as staging, pa.ipc.new_file(staging, table.schema, options=options) as writer:
                writer.write_table(table)
            pieces.append(Piece(path=path, start=rows, end=rows + table.num_rows))
            rows += table.num_rows
        return pieces

    def content(self, chunk: Chunk) -> ChunkContent:
        """As `FileFormat.content`."""
        if chunk.piece is None:
            table = self.table(chunk)
        else:
            with open_file(chunk.piece) as stream:
                table = pa.ipc.open_file(cast("Any", stream)).read_all()
        return TableContent(path=chunk.file.path, table=without_structs(table))


@dataclass(frozen=True, kw_only=True)
class TableContent(ChunkContent):
    """The table of a chunk."""

    path: str
    table: pa.Table

    def names(self) -> Sequence[str]:
        """As `ChunkContent.names`."""
        return self.table.column_names

    def rows(self, wanted: Sequence[str], *, with_types: bool = False, only: bool = False) -> TextRows:
        """As `ChunkContent.rows`.

        Raises:
            DataError: the chunk has other columns, and `only` the wanted ones may be there; over 2 GiB as text.
        """
        extra = [name for name in self.table.column_names if name not in wanted]
        if only and extra:
            raise DataError(f"{self.path} has columns that the record refuses: {', '.join(extra)}")
        return table_rows(self.table, wanted, path=self.path)


def without_structs(table: pa.Table) -> pa.Table:
    """The table with `at.city` for a struct `at` that has a `city`."""
    while any(pa.types.is_struct(field.type) and field.type.num_fields for field in table.schema):
        table = table.flatten()
    return table


def leaf_columns(schema: pa.Schema, path: str) -> tuple[str, ...]:
    """The columns of a file by path, without the structs around them.

    Raises:
        DataError: two columns have one path.
    """
    names = without_structs(schema.empty_table()).column_names
    if len(set(names)) < len(names):
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        raise DataError(f"{path} names columns twice: {', '.join(twice)}; rename them")
    return tuple(names)


def gathered(tables: Iterator[pa.Table], chunk_bytes: int) -> Iterator[pa.Table]:
    """Tables of about `chunk_bytes` from small ones, in order; at least one, be it empty."""
    held: list[pa.Table] = []
    size = given = 0
    for table in tables:
        held.append(table)
        size += table.nbytes
        if size >= chunk_bytes:
            yield joined(held)
            held, size, given = [], 0, given + 1
    if held or not given:
        yield joined(held)


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables one after the other; a column that one lacks, or that has no type there, is null in its rows."""
    return pa.concat_tables(tables or [pa.table({})], promote=True)


def even_borders(file: InputFile, chunk_bytes: int) -> Iterator[int]:
    """As `FileFormat.borders`: as many of the file's parts as make a chunk, were all of one size."""
    with open_file(file.path) as stream:
        size = stream.seek(0, 2)
    parts = max(1, int(chunk_bytes * file.size / max(size, 1)))
    yield from range(parts, file.size, parts)
