"""The declared default in place of missing values, read by the rule of its column.

Field(name="surface", kind="category", default="road")      ["trail", null]  ->  ["trail", "road"]
Field(name="time_s", kind="duration", default="00:30:00")   [60.0, null]     ->  [60.0, 1800.0]
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.values.cast import type_columns
from headrace.ingest.values.typed import Typed
from headrace.ingest.values.value_rule import ValueRule
from headrace.values.choose import choose


def default_fault(rule: ValueRule) -> str | None:
    """The reason why the default is not a value that a row could have; None if it is one."""
    typed = _typed_default(rule)
    if typed.reasons is not None:
        return str(typed.reasons[0].as_py())
    return None if typed.values[0].is_valid else "it means missing"


def filled(typed: Mapping[str, Typed], rules: Sequence[ValueRule]) -> tuple[dict[str, Typed], dict[str, pa.Array]]:
    """`typed` with the defaults of `rules` in place of missing values; and by name a mask of the rows that got one."""
    done, masks = dict(typed), dict[str, pa.Array]()
    for rule in rules:
        one = typed[rule.name]
        if rule.default is None or not one.values.null_count:
            continue
        empty = one.values.is_null()
        masks[rule.name] = empty if one.reasons is None else pc.and_(empty, one.reasons.is_null())
        values = choose(masks[rule.name], _default_value(rule), one.values)
        done[rule.name] = Typed(values=values, reasons=one.reasons)
    return done, masks


@functools.lru_cache(maxsize=1024)
def _default_value(rule: ValueRule) -> pa.Scalar:
    return _typed_default(rule).values[0]


def _typed_default(rule: ValueRule) -> Typed:
    given = rule.default
    if not isinstance(rule.default, str):  # a number is one, however numbers are written in the data
        rule = replace(rule, decimal=".", thousands=None, currency=None, percent=False, default=None)
        return type_columns({rule.name: pa.array([str(given)])}, [rule])[rule.name]
    return type_columns({rule.name: pa.array([rule.default])}, [rule])[rule.name]
