"""What stands where a row has no value: the declared default, read by the rules of its field.

Field(name="surface", kind="category", default="road")      ["trail", null]  ->  ["trail", "road"]
Field(name="time_s", kind="duration", default="00:30:00")   [60.0, null]     ->  [60.0, 1800.0]
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.fields import Field
from headrace.ingest.typed import Typed, type_columns


def default_fault(field: Field) -> str | None:
    """The reason why the default is not a value that a row could have; None if it is one."""
    typed = _typed_default(field)
    if typed.reasons is not None:
        return str(typed.reasons[0].as_py())
    return None if typed.values[0].is_valid else "it means missing"


def filled(rows: pa.Table, fields: Sequence[Field]) -> pa.Table:
    """`rows` with the defaults of `fields` in place of nulls."""
    for field in fields:
        place = rows.schema.get_field_index(field.name)
        if field.default is not None and rows.column(place).null_count:
            rows = rows.set_column(place, field.name, pc.fill_null(rows.column(place), _default_value(field)))
    return rows


@functools.lru_cache(maxsize=1024)
def _default_value(field: Field) -> pa.Scalar:
    return _typed_default(field).values[0]


def _typed_default(field: Field) -> Typed:
    text = str(field.default)
    if field.decimal == "," and not isinstance(field.default, str):
        text = text.replace(".", ",")
    plain = replace(field, default=None)
    return type_columns({plain.path: pa.array([text])}, [plain])[plain.name]
