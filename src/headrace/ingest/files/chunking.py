"""Files in chunks, cut at record borders: byte ranges, row groups or portions; of unpacked files their pieces.

What can't be entered in the middle (an archive, another encoding) is unpacked once, as a stream, into pieces on disk
of a chunk each. The text of a piece is what a chunk of the unpacked file would hold, byte for byte.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from headrace.ingest.formats.file_format import Chunk, InputFile, Piece


def cut(
    files: Sequence[InputFile], chunk_bytes: int, pieces: Mapping[int, Sequence[Piece]] | None = None
) -> list[Chunk]:
    """Every file in chunks of about `chunk_bytes`. An empty file has one empty chunk. `pieces` are by index of `files`.

    Raises:
        DataError: a JSON array that is not one, a Parquet file that is cut off.
    """
    chunks: list[Chunk] = []
    for number, file in enumerate(files):
        if file.must_unpack:
            for piece in (pieces or {})[number]:
                chunks.append(Chunk(file=file, index=len(chunks), start=piece.start, end=piece.end, piece=piece.path))
            continue
        edges = [file.start, *file.format.borders(file, chunk_bytes), max(file.size, file.start)]
        for start, end in itertools.pairwise(edges):
            chunks.append(Chunk(file=file, index=len(chunks), start=start, end=end))
    return chunks
