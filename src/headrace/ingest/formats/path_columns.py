"""Columns that the folders of a path give to all rows of a file, as Hive, Spark and BigQuery lay tables out.

logs/year=2024/month=01/part-0.csv      year = "2024", month = "01"
logs/city=S%C3%A3o%20Paulo/...          city = "São Paulo"
logs/city=__HIVE_DEFAULT_PARTITION__/   city is missing
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

import pyarrow as pa

from headrace.errors import DataError
from headrace.ingest.formats.file_format import Chunk, ChunkContent, InputFile
from headrace.ingest.records.text_rows import TextRows

MISSING = "__HIVE_DEFAULT_PARTITION__"


def with_path_columns(file: InputFile) -> InputFile:
    """The file with the columns that its path names.

    Raises:
        DataError: no folder is called `name=value`, two name one column, or the file has a column of that name.
    """
    named = [part.split("=", 1) for part in file.path.replace("\\", "/").split("/")[:-1] if "=" in part.strip("=")]
    pairs = tuple((unquote(name), None if value == MISSING else unquote(value)) for name, value in named if name)
    names = [name for name, _ in pairs]
    if not pairs:
        raise DataError(f"no folder of {file.path} is called name=value, which hive_columns needs")
    twice = sorted({name for name in names if names.count(name) > 1} | set(names).intersection(file.columns or ()))
    if twice:
        raise DataError(
            f"{file.path} names columns twice, in its folders or in both its folders and its header: {', '.join(twice)}"
        )
    return replace(file, path_columns=pairs)


def chunk_content(chunk: Chunk) -> ChunkContent:
    """The content of a chunk with the columns that the path of its file gives.

    Raises:
        DataError: as `FileFormat.content`.
    """
    content = chunk.file.format.content(chunk)
    return WithPathColumns(inner=content, pairs=chunk.file.path_columns) if chunk.file.path_columns else content


@dataclass(frozen=True, kw_only=True)
class WithPathColumns(ChunkContent):
    """A chunk, and columns that have one value throughout. They count where records have a key of the same name."""

    inner: ChunkContent
    pairs: tuple[tuple[str, str | None], ...]

    @property
    def control(self) -> int:  # type: ignore[override]
        """As `ChunkContent.control`."""
        return self.inner.control

    def names(self) -> Sequence[str]:
        """As `ChunkContent.names`."""
        given = [name for name, _ in self.pairs]
        return [*(name for name in self.inner.names() if name not in given), *given]

    def rows(self, wanted: Sequence[str], *, with_types: bool = False, only: bool = False) -> TextRows:
        """As `ChunkContent.rows`."""
        given = dict(self.pairs)
        rows = self.inner.rows([name for name in wanted if name not in given], with_types=with_types, only=only)
        count = len(rows.kept)
        columns = {
            name: pa.array([given[name]] * count, pa.string()) if name in given else rows.columns[name]
            for name in wanted
        }
        return replace(rows, columns=columns) if wanted else rows
