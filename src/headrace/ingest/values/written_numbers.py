"""Numbers with marks to numbers as programs write them, by what a rule declares of them.

    decimal=","                    "1.234,5" -> 1234.5      "1.5" -> ?          "1.300,5 ft" -> 1300.5 ft
    thousands=","                  "1,234.5" -> 1234.5      "1,23" -> ?
    currency="$"                   "-$5" -> -5              "5 $" -> 5          "5 €" -> ?
    percent=True                   "12.5 %" -> 12.5e-2      "12.5" -> ?

What is not written as declared becomes `?`, which is no value of any kind, so that it gets a reason.
"""

from __future__ import annotations

import functools
import re
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.values.value_rule import ValueRule
from headrace.values.choose import choose

WRONG = "?"
SPACES = "\u00a0\u202f\u2009"
"""Spaces that may stand between groups of digits, beside the plain one."""
_compute = cast("Any", pc)


def plain_numbers(text: pa.Array, rule: ValueRule) -> pa.Array:
    """The texts with a decimal point and without any mark; null stays null."""
    if _thousands(rule) == " ":
        text = pc.replace_substring_regex(text, f"[{SPACES}]", " ")
    parts = _compute.extract_regex(text, _pattern(rule))
    piece = {parts.type.field(place).name: pc.struct_field(parts, [place]) for place in range(parts.type.num_fields)}
    point = choose(_compute.equal(piece["fraction"], ""), "", ".")
    whole = pc.replace_substring(piece["whole"], _thousands(rule) or "\n", "")
    last = "e-2" if rule.percent else piece.get("unit", "")
    number = _joined(piece["sign"], piece["inner"], whole, point, piece["fraction"], piece["power"], last)
    if rule.kind == "duration":
        clock = pc.match_substring_regex(text, rf"^[0-9]+(:[0-9]+)+({re.escape(rule.decimal)}[0-9]+)?$")
        number = choose(clock, pc.replace_substring(text, rule.decimal, "."), number)
    found: pa.Array = choose(text.is_valid(), _compute.fill_null(number, WRONG), pa.scalar(None, pa.string()))
    return found


def _thousands(rule: ValueRule) -> str | None:
    if rule.thousands is None and rule.decimal == ",":
        return "."
    return rule.thousands


@functools.lru_cache(maxsize=256)
def _pattern(rule: ValueRule) -> str:
    """What a whole number or one with a fraction looks like; its parts are groups."""
    mark, thousands = re.escape(rule.decimal), _thousands(rule)
    grouped = rf"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|" if thousands else ""
    fraction = r"(?P<fraction>)(?P<power>)"
    if rule.kind != "integer":
        # A lone mark is no number: digits must stand before or behind it.
        fraction = rf"(?:{mark}(?P<fraction>[0-9]*))?(?P<power>(?:[eE][+-]?[0-9]+)?)"
    if rule.percent:
        fraction = rf"(?:{mark}(?P<fraction>[0-9]*))?(?P<power>)"
    number = rf"(?P<whole>{grouped}[0-9]*){fraction}"
    sign, inner = r"(?P<sign>[+-]?)", "(?P<inner>)"
    behind = ""
    if rule.currency is not None:
        money = re.escape(rule.currency)
        sign, inner, behind = rf"(?P<sign>[+-]?)(?:\s*{money}\s*)?", "(?P<inner>[+-]?)", rf"(?:\s*{money})?"
    if rule.percent:
        behind = r"\s*%"
    if rule.kind == "quantity":
        # A unit can't begin as a number goes on.
        behind = r"(?P<unit>(?:\s*[^0-9.,'_+\-\s].*)?)"
    return rf"^\s*{sign}{inner}{number}{behind}\s*$"


def _joined(*parts: Any) -> pa.Array:
    columns: list[Any] = [*parts, ""]
    return pc.binary_join_element_wise(*columns)
