"""A file that is one JSON array of objects."""

from __future__ import annotations

from dataclasses import dataclass

from headrace.ingest.formats.file_format import Chunk, ChunkContent, FirstLook, InputFile, Match
from headrace.ingest.formats.json_lines import JsonContent
from headrace.ingest.formats.registry import register
from headrace.ingest.formats.text_files import TextFormat, read_text
from headrace.ingest.records.json_objects import json_objects
from headrace.ingest.records.json_structure import find_elements
from headrace.ingest.records.scanners import Elements, Scanner


@register
@dataclass(frozen=True, kw_only=True)
class JsonArray(TextFormat):
    """One JSON array; chunks start behind commas between its elements."""

    name = "json_array"

    @classmethod
    def match(cls, look: FirstLook) -> Match:
        """By a `[` first."""
        return Match.CONTENT if look.beginning.lstrip()[:1] == b"[" else Match.NO

    def scanner(self, file: InputFile) -> Scanner:
        """As `TextFormat.scanner`."""
        return Elements(file.start, file.path)

    def content(self, chunk: Chunk) -> ChunkContent:
        """As `FileFormat.content`."""
        elements = find_elements(read_text(chunk), first=chunk.start == chunk.file.start)
        return JsonContent(objects=json_objects(elements))
