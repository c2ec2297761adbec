"""Parquet files opened for reading; a file whose column types would run code is refused by its name.

Nothing else opens Parquet with pyarrow: `headrace.unpickling` sees to it that no such type is unpickled, and here its
refusal gets words. The functions are those of `pyarrow.parquet`, and raise what these raise for what is no Parquet.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import DataError

PICKLED = "arrow.py_extension_type"
"""The extension type of Arrow whose definition in a file is a pickle."""


def open_parquet(path: str, stream: BinaryIO | None = None) -> pq.ParquetFile:
    """A Parquet file, which closes at the end of a `with` block; `stream` has its bytes where `path` is not local.

    Raises:
        DataError: the type of a column is a pickle.
    """
    with _refusing(path):
        return pq.ParquetFile(path if stream is None else stream)


def read_metadata(path: str) -> pq.FileMetaData:
    """What the footer of a local file holds. Raises as `open_parquet` does."""
    with _refusing(path):
        return pq.read_metadata(path)


def read_schema(path: str) -> pa.Schema:
    """The columns of a local file. Raises as `open_parquet` does."""
    with _refusing(path):
        return pq.read_schema(path)


def read_table(path: str, stream: BinaryIO | None = None, **options: Any) -> pa.Table:
    """All rows of a file; `stream` as in `open_parquet`, `options` as in `pyarrow.parquet.read_table`.

    Raises:
        DataError: the type of a column is a pickle.
    """
    open_parquet(path, stream).close()  # where a data set of Arrow meets such a type, its threads may abort the process
    with _refusing(path):
        return pq.read_table(path if stream is None else stream, **options)


@contextmanager
def _refusing(path: str) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if PICKLED not in str(error):
            raise
        # Not `from error`: its words are the pickle, which whoever made the file chose.
        raise DataError(
            f"{path} has a column of the extension type {PICKLED!r}, which is a pickle and would run code when it is "
            "read (CVE-2023-47248): expected columns of plain types; if you trust who wrote it, have it written anew "
            "with the storage of that column in its place"
        ) from None
