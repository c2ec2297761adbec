"""What kind an undeclared column is stored as: the kinds that its chunks show, merged over all chunks.

`headrace.values.infer` says what such a column means (a time, an identifier, ...), for `infer-spec` and plain files.

    "1", "2", ""          integer        "1", "2.5"      float        "007", "1"      text: a code, its zeros count
    "1", "x"              text           "", ""          empty        5, "5" (JSON)   text
    "1e300", "1"          text: Examples hold floats of 32 bits

Merging gives the narrowest kind that holds both: empty < integer < float < text, empty < date < timestamp < text,
empty < boolean < text; order and number of chunks do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.values.cast import beyond_float32, lengths, null_missing, parsed
from headrace.ingest.values.sql_rules import NOT_FINITE
from headrace.ingest.values.value_rule import ValueRule
from headrace.values.batches import Batch, batches, joined

JOINS = {frozenset({"integer", "float"}): "float", frozenset({"date", "timestamp"}): "timestamp"}
"""Kinds whose values another kind holds; any two others are text together."""
NUMBERS = {"BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "DOUBLE"}
"""The types of JSON numbers, as DuckDB calls them."""
DIGITS = r"^-?[0-9]+$"
NUMBER = r"^(?i:-?[0-9.]+(e[-+]?[0-9]+)?|[-+]?(nan|inf).*)$"
"""What a column of numbers begins with: all that Arrow reads as one, and little else. Texts are not tried."""


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
    given = {} if types is None else {"": types}
    return infer_kinds({"": text}, given, {"": missing}, not_finite=not_finite)[""]


def infer_kinds(
    texts: Mapping[str, pa.Array],
    types: Mapping[str, pa.Array],
    missing: Mapping[str, Sequence[str]],
    *,
    not_finite: bool = False,
) -> dict[str, InferredKind]:
    """The same of several columns by name; each has its `missing`, and may have `types`."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name in texts:
        alike.setdefault(tuple(missing[name]), []).append(name)
    found: dict[str, InferredKind] = {}
    for tokens, names in alike.items():
        for batch in batches({name: texts[name] for name in names}):
            present = batch.of(null_missing(batch.values, tokens))
            found.update(_inferred(present, types, tokens, not_finite))
    return {name: found[name] for name in texts}


def _inferred(
    batch: Batch[str], types: Mapping[str, pa.Array], missing: tuple[str, ...], not_finite: bool
) -> dict[str, InferredKind]:
    kinds = {name: InferredKind(kind="text") for name in batch.names}
    numeric: dict[str, pa.Array] = {}
    for name, text in batch.split(batch.values):
        if text.null_count == len(text):
            kinds[name] = InferredKind(kind="empty")
        elif (shown := _shown(text, types.get(name))) == "number":
            numeric[name] = text
        elif shown == "boolean":
            kinds[name] = InferredKind(kind="boolean")
    for kind, first, numbers in (("integer", DIGITS, _integers), ("float", NUMBER, partial(_floats, not_finite))):
        maybe = _beginning_with(first, numeric)
        for part, values in joined(maybe).read(numbers) if maybe else ():
            if values is not None:
                of_columns = part.split(values)
                kinds |= {name: InferredKind(kind=kind, missing=missing, values=one) for name, one in of_columns}
                numeric = {name: text for name, text in numeric.items() if name not in part.names}
    return kinds


def _shown(text: pa.Array, types: pa.Array | None) -> str:
    """What the JSON types of the values say, of which there is one at least: `number` where the texts must be read."""
    if types is None:
        return "number"
    there = types if text.null_count == types.null_count else types.filter(text.is_valid())
    present = set(there.unique().to_pylist()) - {None}
    if present == {"BOOLEAN"}:
        return "boolean"
    return "number" if present <= NUMBERS else "text"


def _beginning_with(pattern: str, texts: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """The columns whose first value fits; each has one at least."""
    firsts = pa.array([next(value for value in text if value.is_valid).as_py() for text in texts.values()], pa.string())
    fits = pc.match_substring_regex(firsts, pattern).to_numpy(zero_copy_only=False)
    return {name: text for (name, text), one in zip(texts.items(), fits, strict=True) if one}


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
            known = kinds.get(name, "empty")
            kinds[name] = kind if kind == known else merged([known, kind])
    return kinds


def _integers(text: pa.Array) -> pa.Array | None:
    """The values if all are whole numbers of 64 bits; leading zeros are digits of a code (zip 02134)."""
    try:
        numbers = parsed(text, pa.int64())
    except pa.ArrowInvalid:
        return None
    return numbers if pc.all(pc.equal(numbers.cast(pa.string()), text)).as_py() else None


def _floats(not_finite: bool, text: pa.Array) -> pa.Array | None:
    """The values if all are numbers that Examples can hold, and none is a code or would lose digits."""
    try:
        numbers = parsed(text, pa.float64())
    except pa.ArrowInvalid:
        return None
    if not pc.all(pc.is_finite(numbers)).as_py() and not (not_finite and _said_so(text, numbers)):
        return None
    if (beyond := beyond_float32(numbers)) is not None and pc.any(beyond).as_py():
        return None
    # Few values can be codes; the expression is slow, so it only sees those.
    zeros = pc.or_(pc.starts_with(text, "0"), pc.starts_with(text, "-0"))
    suspect = pc.or_(zeros, pc.greater(lengths(text), pa.scalar(18, pa.int32())))
    code = pc.match_substring_regex(text.filter(suspect), r"^-?(0[0-9]|[0-9]{19,}$)")
    return None if pc.any(code).as_py() else numbers


def _said_so(text: pa.Array, numbers: pa.Array) -> bool:
    """Whether all that is infinite or no number is written as such, and not as 1e400."""
    said = pc.match_substring_regex(text.filter(pc.invert(pc.is_finite(numbers))), NOT_FINITE)
    return pc.all(said).as_py() is not False
