"""ORC: columns and stripes from the end of the file, rows from the stripes.

https://orc.apache.org/specification/ORCv1/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import pyarrow as pa

from headrace.errors import DataError
from headrace.files.storage import open_file
from headrace.ingest.formats.file_format import Chunk, FirstLook, InputFile, Match
from headrace.ingest.formats.registry import register
from headrace.ingest.formats.table_files import TableFormat, even_borders, leaf_columns

MAGIC = b"ORC"
TAIL_BYTES = 64


@register
@dataclass(frozen=True, kw_only=True)
class Orc(TableFormat):
    """ORC; start and end of a chunk are numbers of stripes."""

    name = "orc"
    suffixes = (".orc",)

    @classmethod
    def match(cls, look: FirstLook) -> Match:
        """By the three letters at its beginning, which text may have too, and at its end."""
        if not look.magic.startswith(MAGIC) or look.compression:
            return super().match(look)
        with open_file(look.path) as stream:
            stream.seek(max(0, look.size - TAIL_BYTES))
            is_orc = MAGIC in stream.read()[-8:] and look.size > TAIL_BYTES // 2
        return Match.MAGIC if is_orc else super().match(look)

    @classmethod
    def head(cls, look: FirstLook) -> InputFile:
        """As `FileFormat.head`; nested columns by path."""
        if look.compression:
            raise DataError(f"{look.path} is ORC inside {look.compression}: unpack it, ORC is compressed within")
        with open_file(look.path) as stream:
            file = _opened(stream, look.path)
            return cls.file(look, size=file.nstripes, columns=leaf_columns(file.schema, look.path))

    def borders(self, file: InputFile, chunk_bytes: int) -> Iterator[int]:
        """As `FileFormat.borders`: as many stripes as make a chunk, were all of one size."""
        return even_borders(file, chunk_bytes)

    def table(self, chunk: Chunk) -> pa.Table:
        """As `TableFormat.table`."""
        with open_file(chunk.file.path) as stream:
            file = _opened(stream, chunk.file.path)
            try:
                batches = [file.read_stripe(number) for number in range(chunk.start, chunk.end)]
            except (pa.ArrowException, OSError) as error:
                raise DataError(
                    f"{chunk.file.path} can't be read as ORC in stripes {chunk.start} to {chunk.end - 1}: {error}"
                ) from error
            return pa.Table.from_batches(batches, schema=file.schema)


def _opened(stream: BinaryIO, path: str) -> Any:
    from pyarrow import orc

    try:
        return orc.ORCFile(cast("Any", stream))
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} can't be read as ORC: {error}; is it cut off?") from error
