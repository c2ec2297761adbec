"""One file as one table, in this process: what `headrace check` reads with."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence

import pyarrow as pa

from headrace import parquet
from headrace.errors import DataError, UsageError
from headrace.examples.layout import from_features
from headrace.ingest.faults.rejects import SCHEMA, placed
from headrace.ingest.files.chunking import cut, unpack
from headrace.ingest.files.find import describe
from headrace.ingest.files.header_check import check_columns
from headrace.ingest.formats.chunk import Chunk, InputFile
from headrace.ingest.parse import (
    empty_rows,
    guess_chunk,
    must_observe,
    parse_chunk,
    refuse_bare,
    refuses_unknown,
    settled,
)
from headrace.ingest.spec.fields import RecordSpec
from headrace.ingest.spec.source import Source
from headrace.ingest.values.infer_kind import merged_columns
from headrace.ledger import Ledger

CHUNK_BYTES = 16 * 1024 * 1024
PARQUET_MAGIC = b"PAR1"


def read_table(path: str, *, record: RecordSpec | None = None, chunk_bytes: int = CHUNK_BYTES) -> tuple[
    pa.Table, pa.Table, Ledger
]:  # fmt: skip
    """The rows of one file, of any format and packing that `Source` reads, its rejects and the ledger.

    Rows are flat and in the order of the file; without `record` every column is as its values show: int64, double or
    string. Rejects as in `headrace.ingest.faults.rejects.SCHEMA`. Parquet without a `record` keeps the types that it
    has, and has no rejects.

    Raises:
        UsageError: no such file.
        DataError: a directory, a broken header, a column that `record` declares and the file lacks.
    """
    if not os.path.exists(path):
        raise UsageError(f"no such file: {path}")
    if record is None and os.path.isfile(path) and _is_parquet(path):
        return _read_parquet(path)
    file = describe(path, Source(name=os.path.basename(path), pattern=path))
    check_columns([file], record)
    with tempfile.TemporaryDirectory(prefix="headrace-") as folder:
        pieces = {0: unpack(file, folder, chunk_bytes)} if file.is_packed else {}
        return _parsed(file, cut([file], chunk_bytes, pieces), record)


def _parsed(file: InputFile, chunks: Sequence[Chunk], record: RecordSpec | None) -> tuple[pa.Table, pa.Table, Ledger]:
    guesses = [guess_chunk(chunk, record) if must_observe(record) else None for chunk in chunks]
    fields = settled(record, merged_columns(guess.kinds for guess in guesses if guess))
    parses = [guess.parsed for guess in guesses if guess]
    refuse_bare(fields, ((file.path, len(one.records), one.rejects.num_rows) for one in parses))
    rows, rejects, read, line = [empty_rows(fields)], [SCHEMA.empty_table()], 0, file.first_line
    for chunk, guess in zip(chunks, guesses, strict=True):
        done = guess is not None and guess.fields == fields
        parsed = guess.parsed if guess and done else parse_chunk(chunk, fields, only=refuses_unknown(record))
        rows.append(parsed.rows)
        start = None if file.is_table else chunk.start
        rejects.append(placed(parsed.rejects, source=file.source, file=file.path, first_line=line, start=start))
        read += len(parsed.records)
        line += parsed.records.line_count
    table, refused = pa.concat_tables(rows), pa.concat_tables(rejects)
    parts = {"accepted": table.num_rows, "rejected": refused.num_rows}
    return table, refused, Ledger(subject="rows", total=read, parts=parts)


def _is_parquet(path: str) -> bool:
    with open(path, "rb") as stream:
        return stream.read(4) == PARQUET_MAGIC


def _read_parquet(path: str) -> tuple[pa.Table, pa.Table, Ledger]:
    try:
        table = from_features(parquet.read_table(path, memory_map=True))
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} can't be read as Parquet: {error}") from error
    rejects = SCHEMA.empty_table()
    return (
        table,
        rejects,
        Ledger(subject="rows", total=table.num_rows, parts={"accepted": table.num_rows, "rejected": 0}),
    )
