"""Files in chunks, cut at record borders: byte ranges, row groups or portions; of unpacked files their pieces.

What can't be entered in the middle (an archive, another encoding) is unpacked once, as a stream, into pieces on disk
of a chunk each. The text of a piece is what a chunk of the unpacked file would hold, byte for byte.

Small files of one layout share a chunk, since each chunk costs some milliseconds, however little it holds.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from headrace.ingest.formats.file_format import Chunk, InputFile, Piece

MOST_FILES = 64
"""Files of a chunk at most: to open one in a remote store takes a while, so that workers share many."""


def cut(
    files: Sequence[InputFile], chunk_bytes: int, pieces: Mapping[int, Sequence[Piece]] | None = None
) -> list[Chunk]:
    """Every file in chunks of about `chunk_bytes`, in order; several whole files in one chunk where it holds them.

    An empty file has one empty chunk, or part of one. `pieces` are by index of `files`.

    Raises:
        DataError: a JSON array that is not one, a Parquet file that is cut off.
    """
    groups: list[list[Chunk]] = []
    for number, file in enumerate(files):
        found = _of_file(file, chunk_bytes, (pieces or {}).get(number, ()))
        if len(found) == 1 and groups and _joins(groups[-1], found[0], chunk_bytes):
            groups[-1].append(found[0])
        else:
            groups.extend([chunk] for chunk in found)
    return [replace(first, index=index, also=tuple(also)) for index, (first, *also) in enumerate(groups)]


def _of_file(file: InputFile, chunk_bytes: int, pieces: Sequence[Piece]) -> list[Chunk]:
    """The chunks of one file, by their index in it."""
    if file.must_unpack:
        return [
            Chunk(file=file, index=index, start=piece.start, end=piece.end, piece=piece.path)
            for index, piece in enumerate(pieces)
        ]
    edges = [file.start, *file.format.borders(file, chunk_bytes), max(file.size, file.start)]
    return [
        Chunk(file=file, index=index, start=start, end=end)
        for index, (start, end) in enumerate(itertools.pairwise(edges))
    ]


def _joins(group: Sequence[Chunk], chunk: Chunk, chunk_bytes: int) -> bool:
    """Whether a whole file may be read together with those of `group`."""
    first, size = group[0], sum(one.end - one.start for one in (*group, chunk))
    return (
        chunk.file.format.joinable
        and len(group) < MOST_FILES
        and size <= chunk_bytes
        and first.index == 0  # the last chunk of a file of several has another index in it
        and _layout(first.file) == _layout(chunk.file)
    )


def _layout(file: InputFile) -> tuple[object, ...]:
    return file.source, file.format, file.columns, file.encoding, file.path_columns
