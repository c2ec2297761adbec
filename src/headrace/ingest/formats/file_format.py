"""What a file format is: an object that recognises its files, reads their heads, cuts them, and gives their rows.

    @register
    @dataclass(frozen=True, kw_only=True)
    class PipeText(TextFormat):          # text_files.py has what formats of text share, table_files.py of typed columns
        name = "pipes"                   # Source(format="pipes")
        suffixes = (".pipe",)

        def content(self, chunk): ...

Each module in this folder that registers a format adds it; so does each that another installed package names as an
entry point, and nothing else needs to change:

    [project.entry-points."headrace.formats"]
    pipes = "my_package.pipe_text"
"""

from __future__ import annotations

import abc
import enum
import functools
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

import pyarrow as pa

from headrace.files.compression import content_stream, without_suffix
from headrace.files.storage import open_file
from headrace.ingest.records.text_rows import TextRows

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, kw_only=True)
class TextLayout:
    """What a source declares of its text; see `headrace.ingest.Source`."""

    delimiter: str | None = None
    header: bool = True
    quoted_line_breaks: bool = False
    encoding: str = "utf-8"
    dialect: str | None = None
    skip_rows: int = 0
    footer_rows: int = 0
    comment: str | None = None
    escape: str | None = None
    skip_initial_space: bool = False
    trailing_delimiter: bool = False

    @property
    def of_csv(self) -> tuple[str, ...]:
        """The names of settings that are declared and that CSV files alone can follow."""
        names = ("skip_rows", "footer_rows", "comment", "escape", "skip_initial_space", "trailing_delimiter")
        return tuple(name for name in names if getattr(self, name))


class Match(enum.IntEnum):
    """How sure a format is that a file is its own; if several formats match, the highest value wins."""

    NO = 0
    DEFAULT = 1
    CONTENT = 2
    NAME = 3
    DIALECT = 4
    MAGIC = 5


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """What is known of a file before its format is: `size` in bytes, its `compression`, and `magic`, its
    first unpacked bytes (512, or all there are).
    """

    path: str
    source: str
    layout: TextLayout
    size: int
    magic: bytes
    compression: str | None = None
    span: int | None = None

    @property
    def name(self) -> str:
        """The name of the file in its folder, without a suffix that tells its compression."""
        return os.path.basename(without_suffix(self.path))

    @functools.cached_property
    def beginning(self) -> bytes:
        """The first block of the file as UTF-8, without a byte order mark."""
        with self.text() as (stream, _):
            return stream.peek(1)

    @contextmanager
    def text(self) -> Iterator[tuple[io.BufferedReader, int]]:
        """The file unpacked and as UTF-8, opened behind its byte order mark, and how many bytes that has."""
        with open_file(self.path) as raw:
            stream = content_stream(raw, self.path, self.compression, self.layout.encoding)
            start = len(BOM) if stream.peek(len(BOM)).startswith(BOM) else 0
            stream.read(start)
            yield stream, start


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """A file as it was found; `columns` is None where only the records themselves name theirs.

    Records start at byte `start`, on line `first_line`, and end at `size`: bytes of the file as it is unpacked to
    UTF-8. Formats without lines count rows as lines; Parquet counts its `size` in row groups, a database in portions.
    `path_columns` are names and values that folders of its path give to all rows.
    """

    path: str
    source: str
    format: FileFormat
    columns: tuple[str, ...] | None = None
    start: int = 0
    first_line: int = 1
    size: int = 0
    compression: str | None = None
    encoding: str = "utf-8"
    span: int | None = None
    path_columns: tuple[tuple[str, str | None], ...] = ()

    @property
    def all_columns(self) -> tuple[str, ...] | None:
        """Its columns and those that its path gives to all rows; None where only the records name theirs."""
        if self.columns is None:
            return None
        return (*self.columns, *(name for name, _ in self.path_columns))

    @property
    def must_unpack(self) -> bool:
        """Whether the file can't be entered in the middle, so that it is unpacked into pieces before it is read."""
        return self.compression is not None or self.encoding != "utf-8" or not self.format.enterable


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A chunk of an unpacked file: where it is staged, and which bytes (of text) or rows (of a table) it holds."""

    path: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """What one worker reads at a time: whole records of a file from `start` to `end`. `index` counts over all chunks.

    `start` and `end` are in the unit of the file's `size`; of a file that was unpacked, `piece` is the staged piece.
    `also` are further small files, each whole, which are read behind this one as if they were one file with it: their
    format is `joinable`, and they have the same layout and columns.
    """

    file: InputFile
    index: int
    start: int
    end: int
    piece: str | None = None
    also: tuple[Chunk, ...] = ()

    @property
    def parts(self) -> tuple[Chunk, ...]:
        """What it holds of each file."""
        return (replace(self, also=()), *self.also) if self.also else (self,)


class ChunkContent(abc.ABC):
    """A chunk that was read once, before it is known which of its columns are wanted.

    `control` counts messages of a log collector that are meant to hold no record.
    """

    control: int = 0

    @abc.abstractmethod
    def names(self) -> Sequence[str]:
        """The columns that the chunk has, in the order in which they first appear."""

    @abc.abstractmethod
    def rows(self, wanted: Sequence[str], *, with_types: bool = False, only: bool = False) -> TextRows:
        """The `wanted` columns as text, null where the chunk lacks them.

        `with_types` asks for what the source says of types, `only` refuses what has other columns than those.
        """


class FileFormat(abc.ABC):
    """A format, and, in its fields, how it is laid out in one file. Travels to workers with the file, so it is
    picklable.

    Attributes:
        name: what `Source(format=...)` calls it; unique.
        declarable: whether a source may declare it by name.
        suffixes: endings of names, with the dot, in lower case, by which its files are known.
        enterable: whether reading can start in the middle of an uncompressed file; else it is cut into pieces first.
        magic: the first bytes by which its files are known; empty where there are none.
        is_csv: whether it follows what `TextLayout.of_csv` names.
    """

    name: ClassVar[str]
    declarable: ClassVar[bool] = True
    enterable: ClassVar[bool] = True
    suffixes: ClassVar[tuple[str, ...]] = ()
    magic: ClassVar[bytes] = b""
    is_csv: ClassVar[bool] = False

    @property
    def joinable(self) -> bool:
        """Whether files can be put together, with a line break between them, and still have the same records.

        `read_text` does so.
        """
        return False

    @classmethod
    def match(cls, look: FirstLook) -> Match:
        """How sure it is that the file has this format."""
        if cls.magic and look.magic.startswith(cls.magic):
            return Match.MAGIC
        return Match.NAME if os.path.splitext(look.name)[1].lower() in cls.suffixes else Match.NO

    @classmethod
    @abc.abstractmethod
    def head(cls, look: FirstLook) -> InputFile:
        """The file with its format, columns and first record, from its head alone.

        Raises:
            DataError: it is cut off or corrupt at its start, names a column twice, or is not of this format.
        """

    @abc.abstractmethod
    def borders(self, file: InputFile, chunk_bytes: int) -> Iterator[int]:
        """Where chunks of about `chunk_bytes` start after the first, between `file.start` and `file.size`."""

    @abc.abstractmethod
    def pieces(self, file: InputFile, folder: str, chunk_bytes: int) -> list[Piece]:
        """Unpacks a file that can't be entered in the middle into `folder`; memory holds one piece. At least one.

        Raises:
            DataError: the file is cut off or corrupt; the message names it and the byte.
        """

    @abc.abstractmethod
    def content(self, chunk: Chunk) -> ChunkContent:
        """Reads a chunk.

        Raises:
            DataError: the file changed, is cut off or corrupt.
        """

    def byte_offset(self, chunk: Chunk) -> int | None:
        """The byte of the file that bytes of the chunk count from; None where records have no byte of their own."""
        return None

    def typed_table(
        self, path: str, *, keep_lists: bool = False, leave_out: Callable[[str], bool] | None = None
    ) -> pa.Table | None:
        """The whole file with the types that it has; None where its values are judged as text.

        `keep_lists`: lists of several values a row are kept, instead of refused. `leave_out`: names of columns that are
        not read, and null throughout.
        """
        return None
