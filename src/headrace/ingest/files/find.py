"""Which files the sources name, and the format and columns of each."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from headrace.errors import DataError
from headrace.examples.tfrecord import starts_with_record
from headrace.files.compression import compressions_and_head
from headrace.files.inputs import Inputs
from headrace.ingest.files.matching import matched
from headrace.ingest.formats.database import query_files
from headrace.ingest.formats.file_format import FirstLook, InputFile
from headrace.ingest.formats.path_columns import with_path_columns
from headrace.ingest.formats.registry import declared_format, described
from headrace.ingest.spec.database_source import DatabaseSource
from headrace.ingest.spec.source import Source


def find_files(
    sources: Sequence[Source | DatabaseSource], *, may_lack: Collection[str] = (), inputs: Inputs | None = None
) -> list[InputFile]:
    """All files of all sources, in the order of sources and patterns, then by name; headers are read.

    A query of a database counts as a file. The sources in `may_lack` may have no file at all. `inputs` gets the files
    before they are looked at.

    Raises:
        DataError: every pattern that matches no file, file of two sources, directory, unreadable file and bad header,
            in one message.
    """
    found: list[InputFile] = []
    faults = []
    for source in sources:
        if isinstance(source, DatabaseSource):
            try:
                found.extend(find_queries(source))
            except DataError as error:
                faults.append(str(error))
            continue
        paths, unmatched = matched(source)
        if paths or source.name not in may_lack:
            faults.extend(unmatched)
        twice = [file for file in found if file.path in paths]
        faults += [f"{file.path} is of the sources {file.source!r} and {source.name!r}: expected one" for file in twice]
        if inputs is not None:
            inputs.add(paths)
        for path, span in paths.items():
            try:
                found.append(describe(path, source, span=span))
            except (DataError, OSError) as error:
                faults.append(f"source {source.name!r}: {error}")
    if faults:
        raise DataError("\n".join(faults))
    return found


def describe(path: str, source: Source, *, span: int | None = None) -> InputFile:
    """Format, compression, columns and first record of one file.

    Raises:
        DataError: a directory, a file that is not what is declared, cut off or corrupt at its start, a header that
            names a column twice or can't be read.
    """
    if os.path.isdir(path):
        raise DataError(f"{path} is a directory: give the files in it, such as {os.path.join(path, '*')}")
    compression, magic, size = compressions_and_head(path, is_plain=starts_with_record)
    look = FirstLook(
        path=path,
        source=source.name,
        layout=source.layout,
        size=size,
        magic=magic,
        compression=compression,
        span=span,
    )
    # Which format a dialect's messages have, the dialect knows.
    is_open = source.format == "auto" or source.dialect is not None
    file = described(look, None if is_open else declared_format(source.format))
    return with_path_columns(file) if source.hive_columns else file


def find_queries(source: DatabaseSource) -> list[InputFile]:
    """The queries of a database as files.

    Raises:
        DataError, UsageError: as `headrace.ingest.formats.database.query_files`.
    """
    return query_files(
        source.connection, source.queries, partition_by=source.partition_by, partitions=source.partitions
    )
