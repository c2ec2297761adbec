"""What stands where a row has no value: the declared default, read by the rules of its field.

Field(name="surface", kind="category", default="road")      ["trail", null]  ->  ["trail", "road"]
Field(name="time_s", kind="duration", default="00:30:00")   [60.0, null]     ->  [60.0, 1800.0]
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.spec.fields import Field
from headrace.ingest.values.cast import Typed, type_columns


def default_fault(field: Field) -> str | None:
    """The reason why the default is not a value that a row could have; None if it is one."""
    typed = _typed_default(field)
    if typed.reasons is not None:
        return str(typed.reasons[0].as_py())
    return None if typed.values[0].is_valid else "it means missing"


def filled(typed: Mapping[str, Typed], fields: Sequence[Field]) -> tuple[dict[str, Typed], dict[str, pa.Array]]:
    """`typed` with the defaults of `fields` where there is no value; for each such field a mask of where that is."""
    done, masks = dict(typed), {}
    for field in fields:
        one = typed[field.name]
        if field.default is None or not one.values.null_count:
            continue
        empty = one.values.is_null()
        masks[field.name] = empty if one.reasons is None else pc.and_(empty, one.reasons.is_null())
        values = pc.if_else(masks[field.name], _default_value(field), one.values)
        done[field.name] = Typed(values=values, reasons=one.reasons)
    return done, masks


@functools.lru_cache(maxsize=1024)
def _default_value(field: Field) -> pa.Scalar:
    return _typed_default(field).values[0]


def _typed_default(field: Field) -> Typed:
    text = str(field.default)
    if field.decimal == "," and not isinstance(field.default, str):
        text = text.replace(".", ",")
    plain = replace(field, default=None)
    return type_columns({plain.path: pa.array([text])}, [plain])[plain.name]
