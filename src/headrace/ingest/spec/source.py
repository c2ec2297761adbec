"""Where rows come from: files by pattern, their format, and how text is laid out in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from headrace.config.checks import NOT_EMPTY, Check, Name, expect
from headrace.config.settings import Spec
from headrace.files.compression import encoding_named
from headrace.ingest.formats.file_format import TextLayout
from headrace.ingest.formats.registry import declarable_names
from headrace.ingest.spec.spans import SpanRange, has_span, pattern_faults


def _is_encoding(name: str) -> bool:
    try:
        return bool(encoding_named(name))
    except (LookupError, ValueError):
        return False


def _is_delimiter(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text not in '"\r\n'


def _format_fault(name: str) -> str:
    known = ("auto", *declarable_names())
    return "" if name in known else f"expected one of {', '.join(known)}, got {name!r}"


def _dialect_fault(name: str) -> str:
    from headrace.ingest.dialects.dialect import dialects

    return "" if name in dialects() else f"expected one of {', '.join(dialects())}, got {name!r}"


Pattern: TypeAlias = Annotated[Name, Check(lambda pattern: "; ".join(pattern_faults(pattern)))]


@dataclass(frozen=True, kw_only=True)
class Source(Spec):
    """Files of one origin.

    Attributes:
        pattern: a path or glob, or several, local or with a scheme; it may have `{SPAN}`, `{VERSION}`, `{YYYY}`, `{MM}`
            and `{DD}`.
        format: what `headrace.ingest.formats` has; "auto" goes by the first bytes of each file where they show it, else
            by its name. Compression (gzip, bzip2, zstd) always shows in the first bytes.
        delimiter: between values of CSV.
        header: whether the first line of CSV names the columns, which otherwise are `column_1`, `column_2`, ...
        quoted_line_breaks: whether a line break inside quotes of CSV is part of the value. Otherwise a record is one
            line; with it, an unclosed quote makes the rows up to the next quote one faulty row.
        encoding: of text, by Python's name.
        spans: which spans are read; None: the newest.
        dialect: the log collector (`headrace.ingest.dialects`) from whose messages the records are unwrapped.
    """

    name: Name
    pattern: Pattern | Annotated[tuple[Pattern, ...], NOT_EMPTY]
    format: Annotated[str, Check(_format_fault)] = "auto"
    delimiter: Annotated[str, expect(_is_delimiter, "one ASCII character, no quote and no line break")] = ","
    header: bool = True
    quoted_line_breaks: bool = False
    encoding: Annotated[str, expect(_is_encoding, "one that Python knows, such as latin-1 or utf-16")] = "utf-8"
    spans: SpanRange | None = None
    dialect: Annotated[str, Check(_dialect_fault)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        # One encoding has several names; only UTF-8 need not be decoded into pieces first.
        object.__setattr__(self, "encoding", encoding_named(self.encoding))

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together."""
        faults = []
        if self.spans is not None and not any(has_span(pattern) for pattern in self.patterns):
            faults.append(f"spans need a pattern with {{SPAN}} or a date, got {self.pattern!r}")
        if self.dialect is not None and self.format not in ("auto", "jsonl"):
            faults.append(f"a dialect is JSON, and its layout is detected: expected format auto, got {self.format!r}")
        return faults

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns, always as a tuple."""
        return (self.pattern,) if isinstance(self.pattern, str) else self.pattern

    @property
    def layout(self) -> TextLayout:
        """What is declared of how text is laid out in the files."""
        return TextLayout(
            delimiter=self.delimiter,
            header=self.header,
            quoted_line_breaks=self.quoted_line_breaks,
            encoding=self.encoding,
            dialect=self.dialect,
        )
