"""What a record is to hold: typed fields, what means missing, which values are possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from headrace.config.checks import NOT_EMPTY, twice
from headrace.config.settings import Spec
from headrace.ingest.values.value_rule import ValueRule
from headrace.values import ColumnType


@dataclass(frozen=True, kw_only=True)
class Field(ValueRule):
    """One field of a record: the rule by which its text becomes values, and where that text is.

    Attributes:
        source: the CSV column or the dotted JSON path; None: as `name`.
    """

    source: str | None = None

    @property
    def path(self) -> str:
        """The CSV column or dotted JSON path of the text."""
        return self.name if self.source is None else self.source


@dataclass(frozen=True, kw_only=True)
class RecordSpec(Spec):
    """The fields of a record, and what to do with `unknown` columns: drop them, keep them as observed, refuse them.

    Refused in CSV: an error that names the file. Refused in JSON lines: the row is rejected.
    """

    fields: Annotated[tuple[Field, ...], NOT_EMPTY]
    unknown: Literal["drop", "keep", "refuse"] = "drop"

    def conflicts(self) -> Iterable[str]:
        """What is wrong with the fields together."""
        return [f"{count} fields are named {name!r}" for name, count in twice(field.name for field in self.fields)]


def column_types(fields: Sequence[Field]) -> dict[str, ColumnType]:
    """The type of the column of each field, by its name; no kind may be `observed`."""
    return {field.name: field.column_type for field in fields}
