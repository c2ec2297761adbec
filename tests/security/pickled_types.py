"""Parquet files whose schema would run code in a pyarrow that unpickles types: it makes a file, `marker`, appear."""

import io
import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = {
    "id": ["s1", "s2"],
    "at": ["2026-03-03T10:00:00Z", "2026-03-04T10:00:00Z"],
    "pace": [4.5, 5.0],
    "accepted": [1, 0],
}
PLACES = ("a column", "in a list", "in a struct", "in a list of structs", "in a map", "in a dictionary")


class Opens:
    """When it is unpickled, it opens a file for writing; nothing of this class is needed for that."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return io.open, (str(self.marker), "w")


def typed(marker: Path, place: str = "a column") -> pa.Field:
    """A field that says what fields of `pa.PyExtensionType` say in a file, without one being made here."""
    says = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": pickle.dumps(Opens(marker))}
    kind = pa.dictionary(pa.int32(), pa.string()) if place == "in a dictionary" else pa.int64()
    inner = pa.field("item", kind, metadata=says)
    nested = {
        "in a list": pa.list_(inner),
        "in a struct": pa.struct([inner]),
        "in a list of structs": pa.list_(pa.field("item", pa.struct([pa.field("deep", pa.list_(inner))]))),
        "in a map": pa.map_(pa.string(), inner),
    }
    return pa.field("evil", nested[place]) if place in nested else inner.with_name("evil")


def write(path: Path, marker: Path, place: str = "a column") -> Path:
    """`ROWS` and a column `evil`, of nulls. The type is in the file's `ARROW:schema` only, as pyarrow writes it."""
    evil = typed(marker, place)
    plain = pa.table(ROWS)
    columns = [*plain.columns, pa.nulls(plain.num_rows, evil.type)]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns, schema=pa.schema([*plain.schema, evil])), path)
    return path
