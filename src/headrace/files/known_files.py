"""Files that headrace can't read but knows, by their first bytes: named with a cure, instead of read as broken text.

b"SQLite format 3\\0"...   "is an SQLite database: read it with a DatabaseSource, uri='sqlite:///...'"
"""

from __future__ import annotations

from dataclasses import dataclass

from headrace.errors import DataError

HEAD_BYTES = 512
"""Bytes by which content is recognized: a tar archive says what it is at byte 257."""


@dataclass(frozen=True, kw_only=True)
class KnownFile:
    """What files with these bytes at `offset` are, and what is to be done."""

    magic: bytes
    what: str
    cure: str
    offset: int = 0


_UNPACK = "unpack it, and give its files as the pattern"
_REPACK = "unpack it, or compress it with gzip, bzip2, xz, zstd or lz4"
_EXPORT = "export it as Parquet or CSV"
_ERROR_PAGE = "fetch the data again: this is often an error or log-in page"
_NO_DATA = "give files with rows of data"

KNOWN_FILES = (
    KnownFile(magic=b"PARE", what="Parquet with an encrypted footer", cure="decrypt it where its keys are"),
    KnownFile(magic=b"SQLite format 3\0", what="an SQLite database",
              cure="read it with a DatabaseSource, uri='sqlite:///...'"),
    KnownFile(magic=b"DUCK", offset=8, what="a DuckDB database", cure="export tables with COPY ... TO 'x.parquet'"),
    KnownFile(magic=b"ustar", offset=257, what="a tar archive", cure=_UNPACK),
    KnownFile(magic=b"Rar!\x1a\x07", what="a rar archive", cure=_UNPACK),
    KnownFile(magic=b"7z\xbc\xaf\x27\x1c", what="a 7z archive", cure=_UNPACK),
    KnownFile(magic=b"\x1f\x9d", what="compressed by compress (.Z)", cure=_REPACK),
    KnownFile(magic=b"\x02\x21\x4c\x18", what="lz4 in its legacy format", cure=_REPACK),
    KnownFile(magic=b"\x5d\0\0", what="compressed by lzma in its old format", cure=_REPACK),
    KnownFile(magic=b"\xff\x06\x00\x00sNaPpY", what="framed snappy", cure=_REPACK),
    KnownFile(magic=b"LZIP\x01", what="compressed by lzip", cure=_REPACK),
    KnownFile(magic=b"\x89LZO\0", what="compressed by lzop", cure=_REPACK),
    KnownFile(magic=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", what="an Excel workbook (.xls) or another Office file",
              cure="export the sheet as CSV"),
    KnownFile(magic=b"\x89HDF\r\n\x1a\n", what="HDF5", cure=_EXPORT),
    KnownFile(magic=b"CDF\x01", what="NetCDF", cure=_EXPORT),
    KnownFile(magic=b"CDF\x02", what="NetCDF", cure=_EXPORT),
    KnownFile(magic=b"\x93NUMPY", what="a NumPy array", cure=_EXPORT),
    KnownFile(magic=b"FEA1", what="Feather of version 1", cure="write it as version 2, which is Arrow"),
    KnownFile(magic=b"SEQ\x04", what="a Hadoop SequenceFile", cure=_EXPORT),
    KnownFile(magic=b"SEQ\x06", what="a Hadoop SequenceFile", cure=_EXPORT),
    KnownFile(magic=b"RCF\x01", what="a Hive RCFile", cure=_EXPORT),
    KnownFile(magic=b"RDX2\n", what="data of R", cure=_EXPORT),
    KnownFile(magic=b"RDX3\n", what="data of R", cure=_EXPORT),
    KnownFile(magic=b"X\n\0\0\0", what="data of R", cure=_EXPORT),
    KnownFile(magic=b"MATLAB 5.0 MAT-file", what="a MATLAB file", cure=_EXPORT),
    KnownFile(magic=b"MATLAB 7.3 MAT-file", what="a MATLAB file", cure=_EXPORT),
    KnownFile(magic=b"\0" * 12 + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf", what="a SAS data set", cure=_EXPORT),
    KnownFile(magic=b"HEADER RECORD*******LIBRARY HEADER", what="a SAS transport file", cure=_EXPORT),
    KnownFile(magic=b"<stata_dta>", what="a Stata file", cure=_EXPORT),
    KnownFile(magic=b"$FL2@(#)", what="an SPSS file", cure=_EXPORT),
    KnownFile(magic=b"$FL3@(#)", what="an SPSS file", cure=_EXPORT),
    KnownFile(magic=b"\x80\x02", what="a Python pickle", cure=_EXPORT),
    KnownFile(magic=b"\x80\x03", what="a Python pickle", cure=_EXPORT),
    KnownFile(magic=b"\x80\x04\x95", what="a Python pickle", cure=_EXPORT),
    KnownFile(magic=b"\x80\x05\x95", what="a Python pickle", cure=_EXPORT),
    KnownFile(magic=b"WARC/1.", what="a web archive (WARC)", cure=_EXPORT),
    KnownFile(magic=b"bplist00", what="a binary property list", cure=_EXPORT),
    KnownFile(magic=b"%PDF-", what="a PDF document", cure=_NO_DATA),
    KnownFile(magic=b"\x89PNG\r\n\x1a\n", what="a PNG image", cure=_NO_DATA),
    KnownFile(magic=b"\xff\xd8\xff", what="a JPEG image", cure=_NO_DATA),
    KnownFile(magic=b"GIF87a", what="a GIF image", cure=_NO_DATA),
    KnownFile(magic=b"II*\0", what="a TIFF image", cure=_NO_DATA),
    KnownFile(magic=b"MM\0*", what="a TIFF image", cure=_NO_DATA),
    KnownFile(magic=b"GIF89a", what="a GIF image", cure=_NO_DATA),
    KnownFile(magic=b"\x7fELF", what="a program", cure=_NO_DATA),
    KnownFile(magic=b"<?xml", what="XML", cure="convert it to JSON lines or CSV"),
    KnownFile(magic=b"<!DOCTYPE html", what="a web page", cure=_ERROR_PAGE),
    KnownFile(magic=b"<!doctype html", what="a web page", cure=_ERROR_PAGE),
    KnownFile(magic=b"<html", what="a web page", cure=_ERROR_PAGE),
    KnownFile(magic=b"version https://git-lfs.github.com/spec/", what="a pointer of Git LFS, not the file itself",
              cure="fetch the file with git lfs pull"),
)  # fmt: skip

_ZIPPED = (
    ("xl/workbook", "an Excel workbook", "export the sheet as CSV"),
    ("word/", "a Word document", _NO_DATA),
    ("ppt/", "a PowerPoint document", _NO_DATA),
    ("content.xml", "an OpenDocument file", "export the sheet as CSV"),
    ("META-INF/MANIFEST.MF", "a Java archive", _NO_DATA),
)
"""What a zip archive with such a file in it is."""


def refuse_known(path: str, head: bytes, compression: str | None = None) -> None:
    """Refuses a file by its first unpacked bytes.

    Raises:
        DataError: it is a file of a known kind that can't be read; says which, and what to do.
    """
    for known in KNOWN_FILES:
        if head.startswith(known.magic, known.offset):
            inside = f" inside {compression}" if compression else ""
            raise DataError(f"{path} is {known.what}{inside}: {known.cure}")


def refuse_known_zip(path: str, names: list[str]) -> None:
    """Refuses a zip archive that is a document, by the files in it. Raises as `refuse_known`."""
    for start, what, cure in _ZIPPED:
        if any(name.startswith(start) for name in names):
            raise DataError(f"{path} is {what}: {cure}")
    if names and all(name.endswith(".npy") for name in names):
        raise DataError(f"{path} is an archive of NumPy arrays: {_EXPORT}")
