"""One plain file as a table, with what is declared of its columns: what the commands on plain files read.

    zip,shown_at            DeclaredColumns(types={"zip": category})         zip       text, a category
    02139,1772521200                                                        shown_at  times, by range and name

A column that is left out is in the table, all null, so that it can be named; its values are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa

from headrace.errors import UsageError
from headrace.ingest.read_table import read_table
from headrace.ingest.spec.fields import RecordSpec
from headrace.ingest.spec.ingest_spec import IngestSpec
from headrace.ingest.spec.source import Source
from headrace.ingest.values.read_column import (
    MOSTLY,
    NEARLY_ALL,
    as_words,
    can_read,
    read_column,
    stored_type,
    type_of_column,
)
from headrace.ledger import Ledger
from headrace.values import ColumnType, set_types, type_of_field
from headrace.values.arrow import nulls


@dataclass(frozen=True, kw_only=True)
class DeclaredColumns:
    """What is known of the columns of plain files, beside what their values show.

    Attributes:
        types: by column; they count more than those of `record`.
        record: the fields of a spec: how text is read, and what it is.
        source: the source of a spec: how its files are split into rows.
    """

    types: Mapping[str, ColumnType] = field(default_factory=dict)
    record: RecordSpec | None = None
    source: Source | None = None

    @classmethod
    def of_spec(cls, spec: IngestSpec, types: Mapping[str, ColumnType] | None = None) -> DeclaredColumns:
        """What a spec of Ingest declares, which `headrace infer-spec` writes; and `types` beside it."""
        source = next((one for one in spec.sources if isinstance(one, Source)), None)
        return cls(types=types or {}, record=spec.record, source=source)

    @property
    def by_column(self) -> dict[str, ColumnType]:
        """The type of each column that has a declared one."""
        fields = self.record.fields if self.record else ()
        return {**{one.name: one.column_type for one in fields if one.kind != "observed"}, **self.types}

    def without(self, leave_out: Callable[[str], bool]) -> DeclaredColumns:
        """The same without columns whose name `leave_out` accepts.

        Raises:
            UsageError: the record has no other field.
        """
        types = {name: kind for name, kind in self.types.items() if not leave_out(name)}
        if self.record is None:
            return replace(self, types=types)
        fields = tuple(one for one in self.record.fields if not leave_out(one.name))
        if not fields:
            raise UsageError("every field of the spec is left out: nothing is left to look at")
        return replace(self, types=types, record=replace(self.record, fields=fields))

    def refuse_unknown(self, names: Collection[str]) -> None:
        """Refuses a declared type of a column that is none of the names.

        Raises:
            UsageError: names all of them.
        """
        if unknown := [name for name in self.types if name not in names]:
            raise UsageError(f"no column {', '.join(map(repr, unknown))}; there are: {', '.join(names)}")


def read_plain(
    path: str, declared: DeclaredColumns | None = None, *, leave_out: Callable[[str], bool] | None = None
) -> tuple[pa.Table, pa.Table, Ledger]:
    """The rows of one file of any format, its rejects and the ledger, as `headrace.ingest.read_table` gives them.

    Lists of several values are kept. Columns whose name `leave_out` accepts are not typed, nor read from Parquet.

    Raises:
        UsageError: no such file, or `leave_out` accepts every declared field.
        DataError: as `read_table`.
    """
    leave_out = leave_out or (lambda name: False)
    declared = (declared or DeclaredColumns()).without(leave_out)
    table, rejects, ledger = read_table(
        path, record=declared.record, source=declared.source, keep_lists=True, leave_out=leave_out
    )
    for place, name in enumerate(table.column_names):
        if leave_out(name):
            table = table.set_column(place, name, nulls(table.num_rows, pa.null()))
    return set_types(table, declared.by_column), rejects, ledger


def typed(
    table: pa.Table, declared: DeclaredColumns | None = None, *, path: str = ""
) -> tuple[pa.Table, dict[str, str]]:
    """The table with times, lengths of time and quantities that stand in it as text, or whole numbers, as numbers.

    Each column has its type in the schema. The second result says of columns that are declared to be of a type which
    of their values are not; these are null.

    Raises:
        UsageError: fewer than half of the values of a column are what it is declared to be.
    """
    types, notes = (declared or DeclaredColumns()).by_column, {}
    columns, kinds = [], {}
    for stored, column in zip(table.schema, table.columns, strict=True):
        name, declares = stored.name, stored.name in types
        kind = type_of_column(column, stored, types.get(name))
        if declares and kind.kind in ("category", "text"):
            column = as_words(column)
        elif can_read(kind) and column.null_count < len(column):
            read = read_column(column, kind)
            if declares and read.readable_share < MOSTLY:
                raise UsageError((f"{path}: " if path else "") + read.words(name, kind))
            if declares and len(read.unreadable):
                notes[name] = read.words(name, kind)
            if declares or read.readable_share >= NEARLY_ALL:
                column, kind = read.values, stored_type(kind)
            else:
                kind = type_of_field(stored)
        columns.append(column)
        kinds[name] = kind
    return set_types(pa.table(columns, names=table.column_names), kinds), notes
