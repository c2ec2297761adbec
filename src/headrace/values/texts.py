"""Columns as text: exactly what is written, or a fault.

texts  b"M\\xc3\\xbcnchen", dictionary "a", uuid     ->  "München", "a", "0f8f...": as text
       b"\\xff\\x00"                                 ->  fault: not_utf8
       7, true                                     ->  "7", "true": identifiers and categories may be stored so
       7.5, a time                                 ->  fault: wrong_type (their text is a matter of taste)
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from headrace.values.arrow import array
from headrace.values.choose import choose
from headrace.values.converted import Bools, Column, Converted, Reason, Wrong, all_wrong, convert, wrong_type
from headrace.values.of_arrow import of_arrow

NOT_UTF8 = Reason(
    code="not_utf8",
    words="is not UTF-8 text",
    cure="decode them where they are made (Latin-1?), or declare the column as bytes",
)


def texts(column: Column) -> Converted:
    """Text as string, of text, bytes in UTF-8, categories, identifiers of whole numbers, and booleans."""
    return convert(column, plain_texts, pa.string())


def plain_texts(values: pa.Array) -> tuple[pa.Array, Wrong]:
    """A plain array as text, and what is wrong: the conversion of `texts`."""
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        # That a file says text does not make it UTF-8: only the cast from bytes looks.
        return _decoded(values.cast(pa.binary()))
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return values.cast(pa.string()), []
    return all_wrong(
        values,
        pa.string(),
        wrong_type(of_arrow(kind), "texts", "declare the column as text in Ingest, or leave it out here"),
    )


def _decoded(values: pa.Array) -> tuple[pa.Array, Wrong]:
    try:
        return values.cast(pa.string()), []
    except pa.ArrowInvalid:
        pass
    wrong: Bools = np.array([not _is_utf8(value) for value in values.to_pylist()], bool)
    clean = choose(array(wrong), pa.scalar(None, pa.binary()), values)
    return clean.cast(pa.string()), [(NOT_UTF8, wrong)]


def _is_utf8(value: bytes | None) -> bool:
    try:
        return value is None or value.decode() is not None
    except UnicodeDecodeError:
        return False
