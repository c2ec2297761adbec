"""How the records of a dialect are found in a file that is read block by block."""

from __future__ import annotations

from headrace.ingest.dialects.dialect import dialect_named
from headrace.ingest.formats.chunk import InputFile
from headrace.ingest.formats.scanners import Elements, Lines, QuotedLines, Scanner


def _scanner(file: InputFile) -> Scanner:
    if file.format == "json_array":
        return Elements(file.start, file.path)
    if file.dialect is not None:
        from headrace.ingest.dialects.documents import Documents, Paired

        dialect = dialect_named(file.dialect)
        if file.format == "documents":
            return Documents(file.start)
        if dialect.head is not None:
            return Paired(file.start, dialect)
    return QuotedLines(file.start) if file.quoted_line_breaks else Lines(file.start)
