"""What must hold for any bytes whatever, taken as CSV or as JSON lines; for Hypothesis, and for a long run by atheris.

The long run, guided by coverage, where atheris is installed:

    python tests/ingest/ingest_laws.py FOLDER_FOR_FINDS -max_total_time=1800
"""

import importlib
import os
import sys
import tempfile
from pathlib import Path

KINDS = ("integer", "float", "boolean", "timestamp", "duration", "quantity", "observed", "text")
SEEDS = (
    b'\x00integer,float,text\n1,2.5,a\n"2",,"b ""c"""\n3,1e400,\xff\n4,"x\n',
    b'\x02integer,timestamp,duration,quantity\r\n007,2026-03-29T02:30:00,03:40:32,"1,300 ft"\r\n'
    b",1969-12-31,1:75,3 bananas",
    b'\x01{"integer": 1, "observed": {"a": [1, {"b": null}]}, "text": "\\ud83d\\ude00"}\n'
    b'{"integer": 9223372036854775808}\n[7]\n{"a":\n',
    b'\x03{"timestamp": "9999-12-31T23:59:59Z", "boolean": true, "boolean": "no"}\n'
    b'{"float": NaN, "quantity": 3}\n{"": 1, "a.b": 2, "~/": 3}',
)


def hold_laws(data: bytes, path: str, *, typed: bool, chunk_bytes: int) -> None:
    """Reads `data` from `path` whole and in chunks: no error but DataError, no row lost, every reject in its place."""
    from headrace import DataError
    from headrace.ingest import Field, RecordSpec, Source, read_table
    from headrace.ingest.files.find import describe

    Path(path).write_bytes(data)
    try:
        there = describe(path, Source(name="rows", pattern=path)).columns or KINDS
    except DataError as error:
        told = str(error)
    else:
        told = ""
    if told:
        assert path in told
        return
    fields = [
        Field(name=kind, kind=kind, unit="m" if kind == "quantity" else None, zone="Europe/Berlin")
        for kind in KINDS
        if kind in there
    ]
    record = RecordSpec(fields=tuple(fields)) if typed and fields else None
    try:
        rows, rejects, ledger = read_table(path, record=record)
    except DataError as error:
        told = str(error)
    if told:  # nothing but {} and what is rejected: there are no columns
        assert record is None
        assert f"{path}: " in told
        assert "no field at all" in told
        assert b"{" in data
        return
    again = read_table(path, record=record, chunk_bytes=chunk_bytes)
    assert again[2] == ledger
    assert again[1].equals(rejects)
    assert str(again[0].to_pydict()) == str(rows.to_pydict())
    counted = lines_of(data)
    assert ledger.total == len(counted) - (path.endswith(".csv") and len(counted) > 0)
    assert rows.num_rows == ledger["accepted"]
    places = rejects.column("byte_offset").to_pylist()
    assert places == sorted(set(places))
    for place, line, raw, words in zip(
        places, *(rejects.column(name).to_pylist() for name in ("line", "raw", "words")), strict=True
    ):
        assert counted[place] == (line, raw.encode()) or (counted[place][0] == line and "\\" in raw)
        assert words


def lines_of(data: bytes) -> dict[int, tuple[int, bytes]]:
    """Byte offset -> number and text of each line that is not blank, found in the plainest way."""
    found = {}
    place = len(b"\xef\xbb\xbf") if data.startswith(b"\xef\xbb\xbf") else 0
    for number, line in enumerate(data[place:].split(b"\n"), start=1):
        text = line[:-1] if line.endswith(b"\r") else line
        if text:
            found[place] = (number, text)
        place += len(line) + 1
    return found


def hold_laws_for(data: bytes) -> None:
    """The first byte chooses format, record and chunks; the others are the file."""
    how, rest = data[0], data[1:]
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        path = os.path.join(folder, "rows.jsonl" if how & 1 else "rows.csv")
        hold_laws(rest, path, typed=not how & 2, chunk_bytes=1 + (how >> 2))


if __name__ == "__main__":
    import atheris

    with atheris.instrument_imports(include=["headrace"]):
        importlib.import_module("headrace.ingest")
    os.makedirs(sys.argv[1], exist_ok=True)
    for number, seed in enumerate(SEEDS):
        Path(sys.argv[1], f"seed-{number}").write_bytes(seed)
    atheris.Setup(sys.argv, lambda data: hold_laws_for(data) if data else None)
    atheris.Fuzz()
