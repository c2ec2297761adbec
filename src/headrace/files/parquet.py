"""Parquet files opened for reading; a file whose column types would run code is refused by its name.

Nothing else opens Parquet with pyarrow: `headrace.unpickling` sees to it that no such type is unpickled, and here the
refusal gets a message that people understand. The functions are those of `pyarrow.parquet`; for files that are not
Parquet they raise the same errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import DataError
from headrace.files.storage import is_remote, open_native

PICKLED = "arrow.py_extension_type"
"""The extension type of Arrow whose definition in a file is a pickle."""
SIZE_OF_MISSING = "Expected all lists to be of size"
"""What pyarrow before 15 says of a column of lists of a fixed length, some of which are missing: it can't read them.
It may also end the process: so they are refused before, where the footer shows them.
"""
_READS_MISSING = int(pa.__version__.split(".")[0]) >= 15


class _ParquetFile(pq.ParquetFile):
    """`pq.ParquetFile`, whose reading names the columns that pyarrow can't read."""

    path = ""

    def read_row_group(self, *args: Any, **options: Any) -> pa.Table:
        with _refusing(self.path, self.schema_arrow):
            self.refuse_missing_lists(options.get("columns"))
            return super().read_row_group(*args, **options)

    def read_row_groups(self, *args: Any, **options: Any) -> pa.Table:
        with _refusing(self.path, self.schema_arrow):
            self.refuse_missing_lists(options.get("columns"))
            return super().read_row_groups(*args, **options)

    def read(self, *args: Any, **options: Any) -> pa.Table:
        with _refusing(self.path, self.schema_arrow):
            self.refuse_missing_lists(options.get("columns"))
            return super().read(*args, **options)

    def iter_batches(self, *args: Any, **options: Any) -> Iterator[pa.RecordBatch]:
        with _refusing(self.path, self.schema_arrow):
            self.refuse_missing_lists(options.get("columns"))
            yield from super().iter_batches(*args, **options)

    def refuse_missing_lists(self, columns: Sequence[str] | None) -> None:
        """Refuses to read those of the columns (None: all) of which lists of a fixed length are missing.

        Raises:
            DataError: this pyarrow can't read them.
        """
        found = [] if _READS_MISSING else _short_fixed_lists(self)
        if wanted := [field for field in found if columns is None or field.name in columns]:
            raise _unreadable(self.path, wanted)


def open_parquet(path: str, stream: BinaryIO | None = None) -> pq.ParquetFile:
    """A Parquet file, which closes at the end of a `with` block; `stream` has its bytes where they are open already.

    Of a remote file the footer and what is read of the columns is fetched.

    Raises:
        DataError: the type of a column is a pickle; and, where rows are read, this pyarrow can't read a column.
    """
    with _refusing(path):
        file = _ParquetFile(_opened(path) if stream is None else stream)
    file.path = path
    if not _READS_MISSING and (blank := _blank_fixed_lists(file)):
        file.close()
        raise _unreadable(path, blank)
    return file


def _blank_fixed_lists(file: pq.ParquetFile) -> list[pa.Field]:
    """Columns of lists of a fixed length that hold no value at all in some row group."""
    fixed = [field for field in file.schema_arrow if pa.types.is_fixed_size_list(field.type)]
    if not fixed:
        return []
    found: set[str] = set()
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            statistics = column.statistics
            if statistics is not None and group.num_rows and not statistics.num_values:
                found.add(column.path_in_schema.split(".")[0])
    return [field for field in fixed if field.name in found]


def _short_fixed_lists(file: pq.ParquetFile) -> list[pa.Field]:
    """Columns of lists of a fixed length with fewer places for values than that many lists have."""
    lengths = {field.name: (field, _length(field.type)) for field in file.schema_arrow if _length(field.type) != 1}
    found = {}
    for number in range(file.metadata.num_row_groups if lengths else 0):
        group = file.metadata.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            field, length = lengths.get(column.path_in_schema.split(".")[0], (None, 1))
            if field is not None and column.num_values < group.num_rows * length:
                found[field.name] = field
    return list(found.values())


def _length(kind: pa.DataType) -> int:
    """Of how many values a list of a fixed length is, with those in the lists in it; 1 of other types."""
    return kind.list_size * _length(kind.value_type) if pa.types.is_fixed_size_list(kind) else 1


def _unreadable(path: str, fixed: Sequence[pa.Field]) -> DataError:
    names = ", ".join(f"{field.name!r} ({field.type})" for field in fixed)
    return DataError(
        f"{path}: column {names} has missing lists of a fixed length, which pyarrow {pa.__version__} can't read: "
        "write it as lists of any length (pa.list_(pa.float32())), or read it with pyarrow 15 or newer"
    )


def read_metadata(path: str) -> pq.FileMetaData:
    """What the footer of a file holds. Raises as `open_parquet` does."""
    with _refusing(path):
        return pq.read_metadata(_opened(path))


def read_schema(path: str) -> pa.Schema:
    """The columns of a file. Raises as `open_parquet` does."""
    with _refusing(path):
        return pq.read_schema(_opened(path))


def read_table(path: str, stream: BinaryIO | None = None, **options: Any) -> pa.Table:
    """All rows of a file; `stream` as in `open_parquet`, `options` as in `pyarrow.parquet.read_table`.

    Raises:
        DataError: the type of a column is a pickle.
    """
    # Where a data set of Arrow meets such a type, its threads may abort the process.
    with open_parquet(path, stream) as file:
        schema = file.schema_arrow
        cast("_ParquetFile", file).refuse_missing_lists(options.get("columns"))
    with _refusing(path, schema):
        return pq.read_table(_opened(path) if stream is None else stream, **options)


def _opened(path: str) -> Any:
    return open_native(path) if is_remote(path) else path


@contextmanager
def _refusing(path: str, schema: pa.Schema | None = None) -> Iterator[None]:
    try:
        yield
    except pa.ArrowInvalid as error:
        if schema is None or SIZE_OF_MISSING not in str(error):
            raise
        raise _unreadable(path, [one for one in schema if pa.types.is_fixed_size_list(one.type)]) from error
    except RuntimeError as error:
        if PICKLED not in str(error):
            raise
        # Not `from error`: its words are the pickle, which whoever made the file chose.
        raise DataError(
            f"{path} has a column of the extension type {PICKLED!r}, which is a pickle and would run code when it is "
            "read (CVE-2023-47248): expected columns of plain types; if you trust who wrote it, have it written anew "
            "with the storage of that column in its place"
        ) from None
