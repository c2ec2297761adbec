"""JSON, one object a line; and the content of every chunk of JSON objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headrace.ingest.formats.file_format import Chunk, ChunkContent, FirstLook, Match
from headrace.ingest.formats.registry import register
from headrace.ingest.formats.text_files import TextFormat, read_text
from headrace.ingest.records.find_records import find_records
from headrace.ingest.records.json_objects import JsonObjects, json_names, json_objects, json_rows
from headrace.ingest.records.text_rows import TextRows


@register
@dataclass(frozen=True, kw_only=True)
class JsonLines(TextFormat):
    """JSON, one object a line."""

    name = "jsonl"
    suffixes = (".jsonl", ".ndjson")
    joinable = True

    @classmethod
    def match(cls, look: FirstLook) -> Match:
        """By the name; or by a `{` first; a file called `.json` that is not an array has lines too."""
        if (by_name := super().match(look)) == Match.NAME:
            return by_name
        first = look.beginning.lstrip()[:1]
        is_json = first == b"{" or (look.name.lower().endswith(".json") and first != b"[")
        return Match.CONTENT if is_json else Match.NO

    def content(self, chunk: Chunk) -> ChunkContent:
        """As `FileFormat.content`."""
        return JsonContent(objects=json_objects(find_records(read_text(chunk))))


@dataclass(frozen=True, kw_only=True)
class JsonContent(ChunkContent):
    """The objects of a chunk, however they lie in it."""

    objects: JsonObjects
    control: int = 0

    def names(self) -> Sequence[str]:
        """As `ChunkContent.names`: dotted paths."""
        return json_names(self.objects)

    def rows(self, wanted: Sequence[str], *, with_types: bool = False, only: bool = False) -> TextRows:
        """As `ChunkContent.rows`; a row with a key that none of `wanted` covers is rejected if `only` they may be."""
        return json_rows(self.objects, list(dict.fromkeys(wanted)), with_types=with_types, only=only)
