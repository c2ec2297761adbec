"""One file as one table, in this process: how `headrace check` reads files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace

import pyarrow as pa

from headrace.errors import UsageError
from headrace.files.inputs import Inputs
from headrace.files.storage import exists
from headrace.ingest.faults.rejects import SCHEMA, placed
from headrace.ingest.files.chunking import cut
from headrace.ingest.files.find import describe
from headrace.ingest.files.header_check import check_columns
from headrace.ingest.formats.file_format import Chunk, InputFile
from headrace.ingest.parse import (
    empty_rows,
    guess_chunk,
    must_infer_kinds,
    nameless,
    parse_chunk,
    refuse_bare,
    refuses_unknown,
    resolve_kinds,
)
from headrace.ingest.spec.fields import Field, RecordSpec
from headrace.ingest.spec.source import Source
from headrace.ingest.values.infer_kind import merged_columns
from headrace.ledger import Ledger

CHUNK_BYTES = 16 * 1024 * 1024
SOURCE_KEY = b"headrace:source"
"""Metadata of a column that is called otherwise than in the file, with what it is called there: JSON may have `""`."""


def read_table(
    path: str,
    *,
    record: RecordSpec | None = None,
    source: Source | None = None,
    chunk_bytes: int = CHUNK_BYTES,
    keep_lists: bool = False,
    leave_out: Callable[[str], bool] | None = None,
) -> tuple[pa.Table, pa.Table, Ledger]:
    """The rows of one file, of any format and compression that `Source` reads, its rejects and the ledger.

    Rows are flat and in the order of the file; without a `record` each column has the kind of its values: int64, double
    or string. `source` says how the text is laid out (delimiter, encoding, ...). Rejects as in
    `headrace.ingest.faults.rejects.SCHEMA`. Parquet without a `record` keeps the types that it has, and has no rejects;
    a list of at most one value a row is that value, and other lists are refused, or kept with `keep_lists`. Of Parquet,
    columns whose name `leave_out` accepts are not read: they are all null.

    Raises:
        UsageError: no such file.
        DataError: a directory, a broken header, a column that `record` declares and the file lacks; the file changed
            while it was read.
    """
    if not exists(path):
        raise UsageError(f"no such file: {path}")
    with Inputs([path]).unchanged():
        return _read(file_at(path, source), record, chunk_bytes, keep_lists, leave_out)


def _read(
    file: InputFile,
    record: RecordSpec | None,
    chunk_bytes: int,
    keep_lists: bool,
    leave_out: Callable[[str], bool] | None,
) -> tuple[pa.Table, pa.Table, Ledger]:
    if (
        record is None
        and not file.path_columns
        and (table := file.format.typed_table(file.path, keep_lists=keep_lists, leave_out=leave_out)) is not None
    ):
        parts = {"accepted": table.num_rows, "rejected": 0}
        if "" in table.column_names:
            table = table.rename_columns([name or nameless(table.column_names) for name in table.column_names])
        return table, SCHEMA.empty_table(), Ledger(subject="rows", total=table.num_rows, parts=parts)
    check_columns([file], record)
    with tempfile.TemporaryDirectory(prefix="headrace-") as folder:
        pieces = {0: file.format.pieces(file, folder, chunk_bytes)} if file.must_unpack else {}
        return _parsed(file, cut([file], chunk_bytes, pieces), record)


def file_at(path: str, source: Source | None = None) -> InputFile:
    """Format, compression and columns of one file, as a source finds them, which by default has no other setting."""
    name = os.path.basename(path)
    plain = Source(name=name, pattern=path) if source is None else replace(source, name=name, pattern=path, spans=None)
    return describe(path, plain)


def _parsed(file: InputFile, chunks: Sequence[Chunk], record: RecordSpec | None) -> tuple[pa.Table, pa.Table, Ledger]:
    guesses = [guess_chunk(chunk, record) if must_infer_kinds(record) else None for chunk in chunks]
    fields = resolve_kinds(record, merged_columns(guess.kinds for guess in guesses if guess))
    parses = [guess.parsed for guess in guesses if guess]
    refuse_bare(fields, ((file.path, len(one.records), one.rejects.num_rows) for one in parses))
    rows, rejects, read, line = list[pa.Table](), [SCHEMA.empty_table()], 0, file.first_line
    for chunk, guess in zip(chunks, guesses, strict=True):
        done = guess is not None and guess.fields == fields
        parsed = guess.parsed if guess and done else parse_chunk(chunk, fields, only=refuses_unknown(record))
        rows.append(parsed.rows)
        start = file.format.byte_offset(chunk)
        rejects.append(placed(parsed.rejects, source=file.source, file=file.path, first_line=line, start=start))
        read += len(parsed.records)
        line += parsed.records.line_count
    table, refused = pa.concat_tables(rows or [empty_rows(fields)]), pa.concat_tables(rejects)
    if any(field.source is not None for field in fields):
        table = pa.Table.from_arrays(table.columns, schema=pa.schema([_named(field, table) for field in fields]))
    parts = {"accepted": table.num_rows, "rejected": refused.num_rows}
    return table, refused, Ledger(subject="rows", total=read, parts=parts)


def _named(field: Field, table: pa.Table) -> pa.Field:
    column = table.schema.field(field.name)
    return column if field.source is None else column.with_metadata({SOURCE_KEY: field.source.encode()})
