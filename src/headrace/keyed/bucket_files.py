"""Rows on their way from step to step: Arrow streams in a staging folder, read back once, by this code.

    with StreamWriters(folder) as writers:
        writers.write(rows, "bucket-3/events-0.arrow")
    read_streams(folder, ["bucket-3/events-0.arrow", "bucket-3/events-1.arrow"], schema)

Paths are relative to the staging folder, which may be on a store. Each file appears whole or not at all, so an attempt
that is repeated replaces it by the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import ExitStack
from io import IOBase
from types import TracebackType
from typing import Any, NamedTuple, cast

import pyarrow as pa

from headrace.files.outputs import whole_file
from headrace.files.storage import open_file


class Size(NamedTuple):
    """How large the rows of an element are in memory, for errors: `1,200 rows, 3.4 MB`."""

    rows: int = 0
    bytes: int = 0

    def plus(self, rows: int, bytes: int) -> Size:
        """The size of both together."""
        return Size(self.rows + rows, self.bytes + bytes)

    def __str__(self) -> str:
        return f"{self.rows:,} rows, {self.bytes / 1e6:,.1f} MB"


class StreamWriters:
    """Open streams by path; all are complete when the block ends well."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._files = ExitStack()
        self._open: dict[str, pa.ipc.RecordBatchStreamWriter] = {}

    def __enter__(self) -> StreamWriters:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.__exit__(kind, error, trace)

    def write(self, rows: pa.Table, path: str) -> None:
        """Appends rows to the stream at `path`, which the first of them begin."""
        if path not in self._open:
            whole = self._files.enter_context(whole_file(f"{self._folder}/{path}"))
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._open[path] = self._files.enter_context(pa.ipc.new_stream(whole, rows.schema, options=options))
        self._open[path].write_table(rows)


def read_streams(folder: str, paths: Iterable[str], schema: pa.Schema) -> pa.Table:
    """The rows of several streams, in the order of `paths`; `schema` is theirs, and that of no rows at all."""
    tables = [schema.empty_table()]
    for path in paths:
        with (
            open_file(f"{folder}/{path}") as file,
            pa.ipc.open_stream(pa.PythonFile(cast(IOBase, file), "r")) as stream,
        ):
            tables.append(stream.read_all())
    return pa.concat_tables(tables).combine_chunks()


def write_json(folder: str, path: str, data: Any) -> str:
    """Writes small facts of one element; gives `path`, for the element's result to name."""
    with whole_file(f"{folder}/{path}") as whole, open(whole, "w", encoding="utf-8") as file:
        json.dump(data, file)
    return path


def read_json(folder: str, path: str) -> Any:
    """What `write_json` wrote."""
    with open_file(f"{folder}/{path}") as file:
        return json.load(file)
