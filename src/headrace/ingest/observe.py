"""What kind a column is, as its own values show, over all chunks.

    "1", "2", ""          integer        "1", "2.5"      float        "007", "1"      text: a code, its zeros count
    "1", "x"              text           "", ""          empty        5, "5" (JSON)   text

Merging is a join: empty < integer < float < text, empty < boolean < text; order and number of chunks do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.typed import nulled, parsed

NUMBERS = ("integer", "float")


def observed_kind(text: pa.Array, types: pa.Array | None = None, missing: Sequence[str] = ("",)) -> str:
    """`empty`, `integer`, `float`, `boolean` or `text` for one chunk of a column; `types` are DuckDB's JSON types."""
    text = nulled(text, missing)
    if text.null_count == len(text):
        return "empty"
    if types is not None:
        present = set(pc.unique(types.filter(text.is_valid())).to_pylist())
        if present == {"BOOLEAN"}:
            return "boolean"
        if not present <= {"BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "DOUBLE"}:
            return "text"
    return _written_as(text)


def merged(kinds: Iterable[str]) -> str:
    """The kind that holds the values of all `kinds`."""
    found = set(kinds) - {"empty"}
    if len(found) <= 1:
        return found.pop() if found else "empty"
    return "float" if found == set(NUMBERS) else "text"


def merged_columns(chunks: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Kind by column over chunks, given in input order; columns in the order in which they first appear."""
    kinds: dict[str, str] = {}
    for chunk in chunks:
        for name, kind in chunk.items():
            kinds[name] = merged([kinds.get(name, "empty"), kind])
    return kinds


def _written_as(text: pa.Array) -> str:
    # Leading zeros are digits of a code (zip 02134). A whole number of over 64 bits would lose digits as a float.
    try:
        if pc.all(pc.equal(parsed(text, pa.int64()).cast(pa.string()), text)).as_py():
            return "integer"
    except pa.ArrowInvalid:
        pass
    try:
        if not pc.all(pc.is_finite(parsed(text, pa.float64()))).as_py():
            return "text"
    except pa.ArrowInvalid:
        return "text"
    # Few values can be codes; the expression is slow, so it only sees those.
    suspect = pc.or_(
        pc.or_(pc.starts_with(text, "0"), pc.starts_with(text, "-0")), pc.greater(pc.binary_length(text), 18)
    )
    code = pc.match_substring_regex(text.filter(suspect), r"^-?(0[0-9]|[0-9]{19,}$)")
    return "text" if pc.any(code).as_py() else "float"
