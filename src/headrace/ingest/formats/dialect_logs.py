"""Logs as a collector wrote them, of the dialect that the source declares: its records are unwrapped from messages.

What a dialect is, and which there are, is in `headrace.ingest.dialects`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from headrace.ingest.dialects.dialect import dialect_named
from headrace.ingest.dialects.documents import PROBE_BYTES, Documents, Paired, find_documents, holds_documents
from headrace.ingest.dialects.parts import PartLines
from headrace.ingest.dialects.unwrap import unwrap
from headrace.ingest.formats.file_format import Chunk, ChunkContent, FirstLook, InputFile, Match
from headrace.ingest.formats.json_lines import JsonContent
from headrace.ingest.formats.registry import register
from headrace.ingest.formats.text_files import TextFormat, read_text
from headrace.ingest.records.find_records import find_records
from headrace.ingest.records.json_objects import json_objects
from headrace.ingest.records.scanners import Lines, Scanner


@register
@dataclass(frozen=True, kw_only=True)
class DialectLogs(TextFormat):
    """JSON messages of a log collector: one a line, or `documents` over many lines or with nothing between them."""

    name = "dialect"
    declarable = False

    dialect: str = ""
    documents: bool = False

    @classmethod
    def match(cls, look: FirstLook) -> Match:
        """By what the source declares."""
        return Match.DIALECT if look.layout.dialect else Match.NO

    @classmethod
    def text_head(cls, look: FirstLook, stream: BinaryIO, start: int) -> InputFile:
        """As `TextFormat.text_head`."""
        documents = holds_documents(stream.read(PROBE_BYTES))
        return cls(dialect=look.layout.dialect or "", documents=documents).file(look, start)

    def scanner(self, file: InputFile) -> Scanner:
        """As `TextFormat.scanner`."""
        if self.documents:
            return Documents(file.start)
        dialect = dialect_named(self.dialect)
        if dialect.parts is not None:
            return PartLines(file.start, dialect.parts)
        return Lines(file.start) if dialect.head is None else Paired(file.start, dialect)

    def content(self, chunk: Chunk) -> ChunkContent:
        """As `FileFormat.content`."""
        text = read_text(chunk)
        messages = find_documents(text) if self.documents else find_records(text)
        inside = unwrap(messages, dialect_named(self.dialect))
        return JsonContent(objects=json_objects(inside.records, inside.faulty), control=inside.control)
