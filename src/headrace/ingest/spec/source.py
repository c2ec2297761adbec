"""Where rows come from: files by pattern, their format, and how records stand in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from headrace.files.compression import encoding_named
from headrace.ingest.spec.database_source import DatabaseSource
from headrace.ingest.spec.fields import refuse
from headrace.ingest.spec.spans import SpanRange, has_span, pattern_faults
from headrace.settings import made, type_faults

Format = Literal["auto", "csv", "tsv", "jsonl", "json_array", "parquet", "avro", "tfrecord"]

FORMATS = ("auto", "csv", "tsv", "jsonl", "json_array", "parquet", "avro", "tfrecord")

TEXT_FORMATS = ("csv", "tsv", "jsonl", "json_array")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Files of one origin: `pattern` is a path or glob, or several, local or on any file system that Beam opens.

    `format` "auto" goes by the first bytes of the file where they tell, else by its name. Compression (gzip, bzip2,
    zstd) shows in the first bytes, whatever the name. `encoding` is that of text, by Python's name. A pattern may have
    `{SPAN}`, `{VERSION}`, `{YYYY}`, `{MM}` and `{DD}`; `spans` says which are read (default: the newest). A record is
    one physical line unless `quoted_line_breaks`: then a line break inside quotes belongs to the value, and one
    unclosed quote costs the rows up to the next quote. Without `header` the columns are called `column_1`,
    `column_2`, ... A `dialect` names the log collector (`headrace.ingest.dialects`) from whose envelopes the records
    are unwrapped.
    """

    name: str
    pattern: str | tuple[str, ...]
    format: Format = "auto"
    delimiter: str = ","
    header: bool = True
    quoted_line_breaks: bool = False
    encoding: str = "utf-8"
    spans: SpanRange | None = None
    dialect: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.pattern, str):
            object.__setattr__(self, "pattern", tuple(self.pattern))
        if isinstance(self.spans, Mapping):
            object.__setattr__(self, "spans", SpanRange(**self.spans))
        refuse(f"source {self.name!r}", type_faults(self))
        faults = [fault for pattern in self.patterns if isinstance(pattern, str) for fault in pattern_faults(pattern)]
        if self.spans is not None and not any(has_span(str(pattern)) for pattern in self.patterns):
            faults.append(f"spans need a pattern with {{SPAN}} or a date, got {self.pattern!r}")
        try:
            # Names of one encoding are many; only UTF-8 can be read where it lies.
            object.__setattr__(self, "encoding", encoding_named(self.encoding))
        except LookupError:
            faults.append(f"encoding must be one that Python knows, such as latin-1 or utf-16, got {self.encoding!r}")
        if not self.name:
            faults.append("a source needs a name, got ''")
        if not self.patterns or not all(isinstance(pattern, str) and pattern for pattern in self.patterns):
            faults.append(f"pattern must be a path or glob or several, got {self.pattern!r}")
        if self.format not in FORMATS:
            faults.append(f"format must be one of {', '.join(FORMATS)}, got {self.format!r}")
        if self.dialect is not None:
            faults.extend(_dialect_faults(self))
        if len(self.delimiter.encode()) != 1 or self.delimiter in '"\r\n':
            faults.append(f"delimiter must be one ASCII character, no quote and no line break, got {self.delimiter!r}")
        refuse(f"source {self.name!r}", faults)

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns, always as a tuple."""
        return (self.pattern,) if isinstance(self.pattern, str) else self.pattern


def _dialect_faults(source: Source) -> list[str]:
    from headrace.ingest.dialects.dialect import dialects

    if source.dialect not in dialects():
        return [f"dialect must be one of {', '.join(dialects())}, got {source.dialect!r}"]
    if source.format not in ("auto", "jsonl"):
        return [f"a dialect is of JSON, and finds out itself how it is laid out; got format {source.format!r}"]
    return []


def _source(settings: Mapping[str, Any]) -> Source | DatabaseSource:
    what = f"source {settings['name']!r}" if isinstance(settings, Mapping) and "name" in settings else "a source"
    if isinstance(settings, Mapping) and "query" in settings:
        return made(DatabaseSource, settings, what)
    return made(Source, settings, what)
