"""Where rows come from: files by pattern, their format, and how text is laid out in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from headrace.config.checks import NOT_EMPTY, Check, Name, between, expect
from headrace.config.settings import Spec
from headrace.files.compression import encoding_named
from headrace.ingest.formats.file_format import TextLayout
from headrace.ingest.formats.registry import declarable_names, declared_format
from headrace.ingest.spec.spans import SpanRange, has_span, pattern_faults


def _is_encoding(name: str) -> bool:
    try:
        return bool(encoding_named(name))
    except (LookupError, ValueError):
        return False


def _is_delimiter(text: str) -> bool:
    return 1 <= len(text) <= 8 and text.isascii() and not any(one in '"\r\n\0' for one in text)


def _is_escape(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text.isprintable() and not text.isalnum() and text not in '" '


def _is_comment(text: str) -> bool:
    return 1 <= len(text) <= 8 and text.isprintable() and text[0] not in '" '


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
            by its name. Compression (gzip, xz, zip, ...) always shows in the first bytes.
        delimiter: between values of CSV, one or several characters; None: a comma, or, in `.tsv`, a tab, and an error
            where another would give more columns than one.
        header: whether the first line of CSV names the columns, which otherwise are `column_1`, `column_2`, ...
        quoted_line_breaks: whether a line break inside quotes of CSV is part of the value. Otherwise a record is one
            line; with it, an unclosed quote makes the rows up to the next quote one faulty row.
        skip_rows: how many lines of CSV stand above the header, or, without a header, above the first record.
        footer_rows: how many lines stand below the last record of CSV, blank ones not counted.
        comment: what lines of CSV begin with that are no records.
        escape: the character by which the next one is part of a value of CSV, whatever it is, such as `\\`.
        skip_initial_space: whether spaces behind a delimiter of CSV are not part of the value.
        trailing_delimiter: whether lines of CSV end with a delimiter, behind which there is no further value.
        encoding: of text, by Python's name.
        spans: which spans are read; None: the newest.
        hive_columns: whether folders called `name=value` are columns of all rows of the files in them.
        dialect: the log collector (`headrace.ingest.dialects`) from whose messages the records are unwrapped.
    """

    name: Name
    pattern: Pattern | Annotated[tuple[Pattern, ...], NOT_EMPTY]
    format: Annotated[str, Check(_format_fault)] = "auto"
    delimiter: Annotated[str, expect(_is_delimiter, "1 to 8 ASCII characters, no quote and no line break")] | None = (
        None
    )
    header: bool = True
    quoted_line_breaks: bool = False
    skip_rows: Annotated[int, between(0, 1_000_000)] = 0
    footer_rows: Annotated[int, between(0, 1_000_000)] = 0
    comment: (
        Annotated[str, expect(_is_comment, "1 to 8 characters, of which the first is no quote and no space")] | None
    ) = None
    escape: Annotated[str, expect(_is_escape, "one ASCII sign, no quote, letter, digit or space")] | None = None
    skip_initial_space: bool = False
    trailing_delimiter: bool = False
    encoding: Annotated[str, expect(_is_encoding, "one that Python knows, such as latin-1 or utf-16")] = "utf-8"
    spans: SpanRange | None = None
    dialect: Annotated[str, Check(_dialect_fault)] | None = None
    hive_columns: bool = False

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
        if self.layout.of_csv and (self.dialect is not None or not self._may_be_csv):
            given = f"dialect {self.dialect!r}" if self.dialect is not None else f"format {self.format!r}"
            faults.append(f"{', '.join(self.layout.of_csv)} can be declared for CSV alone, got {given}")
        return [*faults, *self._sign_faults()]

    @property
    def _may_be_csv(self) -> bool:
        return self.format == "auto" or declared_format(self.format).is_csv

    def _sign_faults(self) -> list[str]:
        """Signs that can't be told apart."""
        faults = []
        delimiter = self.delimiter or ","
        if self.escape is not None and self.escape in delimiter:
            faults.append(f"delimiter and escape must differ, got {delimiter!r} and {self.escape!r}")
        if self.comment is not None and (self.comment.startswith(delimiter) or self.comment[0] == self.escape):
            faults.append(f"comment can't begin as a delimiter or an escape does, got {self.comment!r}")
        if self.skip_initial_space and delimiter.strip(" ") != delimiter:
            faults.append(f"skip_initial_space needs a delimiter without spaces at its ends, got {delimiter!r}")
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
            skip_rows=self.skip_rows,
            footer_rows=self.footer_rows,
            comment=self.comment,
            escape=self.escape,
            skip_initial_space=self.skip_initial_space,
            trailing_delimiter=self.trailing_delimiter,
        )
