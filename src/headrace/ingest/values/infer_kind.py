"""What kind a column is, as its own values show, over all chunks.

    "1", "2", ""          integer        "1", "2.5"      float        "007", "1"      text: a code, its zeros count
    "1", "x"              text           "", ""          empty        5, "5" (JSON)   text
    "1e300", "1"          text: Examples hold floats of 32 bits

Merging is a join: empty < integer < float < text, empty < date < timestamp < text, empty < boolean < text; order and
number of chunks do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.values.cast import beyond_float32, lengths, null_missing, parsed
from headrace.ingest.values.sql_rules import NOT_FINITE
from headrace.ingest.values.value_rule import ValueRule

JOINS = {frozenset({"integer", "float"}): "float", frozenset({"date", "timestamp"}): "timestamp"}
"""Kinds whose values another kind holds; any two others are text together."""


@dataclass(frozen=True, kw_only=True)
class InferredKind:
    """What one chunk of a column shows: its `kind`, and the `values` where inferring it had to read them."""

    kind: str
    missing: tuple[str, ...] = ()
    values: pa.Array | None = None

    def values_of(self, rule: ValueRule) -> pa.Array | None:
        """The values as `rule` reads them; None if they were not read, or not by its rules."""
        same = rule.kind == self.kind and tuple(rule.missing) == self.missing and rule.is_plain
        return self.values if same else None


def infer_kind(
    text: pa.Array, types: pa.Array | None = None, missing: Sequence[str] = ("",), *, not_finite: bool = False
) -> InferredKind:
    """`empty`, `integer`, `float`, `boolean` or `text` for one chunk of a column; `types` are DuckDB's JSON types.

    `not_finite`: NaN and infinity are floats, as in a source that has them as numbers.
    """
    text = null_missing(text, missing)
    if text.null_count == len(text):
        return InferredKind(kind="empty")
    if types is not None:
        present = set(pc.unique(types.filter(text.is_valid())).to_pylist())
        if present == {"BOOLEAN"}:
            return InferredKind(kind="boolean")
        if not present <= {"BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "DOUBLE"}:
            return InferredKind(kind="text")
    kind, values = _written_as(text, not_finite)
    return InferredKind(kind=kind, missing=tuple(missing), values=values)


def merged(kinds: Iterable[str]) -> str:
    """The kind that holds the values of all `kinds`."""
    found = set(kinds) - {"empty"}
    if len(found) <= 1:
        return found.pop() if found else "empty"
    return JOINS.get(frozenset(found), "text")


def merged_columns(chunks: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Kind by column over chunks, given in input order; columns in the order in which they first appear."""
    kinds: dict[str, str] = {}
    for chunk in chunks:
        for name, kind in chunk.items():
            kinds[name] = merged([kinds.get(name, "empty"), kind])
    return kinds


def _written_as(text: pa.Array, not_finite: bool) -> tuple[str, pa.Array | None]:
    # Leading zeros are digits of a code (zip 02134). A whole number of over 64 bits would lose digits as a float.
    try:
        numbers = parsed(text, pa.int64())
        if pc.all(pc.equal(numbers.cast(pa.string()), text)).as_py():
            return "integer", numbers
    except pa.ArrowInvalid:
        pass
    try:
        numbers = parsed(text, pa.float64())
        if not pc.all(pc.is_finite(numbers)).as_py() and not (not_finite and _said_so(text, numbers)):
            return "text", None
        if pc.any(beyond_float32(numbers)).as_py():
            return "text", None
    except pa.ArrowInvalid:
        return "text", None
    # Few values can be codes; the expression is slow, so it only sees those.
    zeros = pc.or_(pc.starts_with(text, "0"), pc.starts_with(text, "-0"))
    suspect = pc.or_(zeros, pc.greater(lengths(text), pa.scalar(18, pa.int32())))
    code = pc.match_substring_regex(text.filter(suspect), r"^-?(0[0-9]|[0-9]{19,}$)")
    return ("text", None) if pc.any(code).as_py() else ("float", numbers)


def _said_so(text: pa.Array, numbers: pa.Array) -> bool:
    """Whether all that is infinite or no number is written as such, and not as 1e400."""
    said = pc.match_substring_regex(text.filter(pc.invert(pc.is_finite(numbers))), NOT_FINITE)
    return pc.all(said).as_py() is not False
