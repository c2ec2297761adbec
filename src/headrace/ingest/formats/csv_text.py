"""CSV records to columns of text, by Arrow's parser, which only sees records that are whole.

a,b          columns: a = ["1", "5"], b = ["x", ""]
1,x          faulty:  record 1 (2,"y)  unclosed_quote
2,"y                  record 2 (3,z,z) too_many_columns: expected 2 values, got 3
3,z,z
5,
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv

from headrace.duckdb_engine import flat
from headrace.errors import LedgerError
from headrace.ingest.formats.records import Bytes, Records, invalid_utf8, quote_faults, without
from headrace.ingest.formats.text_rows import Faulty, TextRows

BOM = b"\xef\xbb\xbf"


def header_of(line: str, delimiter: str) -> list[str]:
    """The column names in the first line; a nameless column is called by its place, `column_3`."""
    names = next(csv.reader([line], delimiter=delimiter), [])
    return [name if name else f"column_{place}" for place, name in enumerate(names, start=1)]


def csv_rows(records: Records, header: Sequence[str], wanted: Sequence[str], *, delimiter: str = ",") -> TextRows:
    """The `wanted` columns of the records of a file with this `header`. Nothing becomes null: blank is ''."""
    not_text = invalid_utf8(records)
    unclosed, broken = (np.setdiff1d(found, not_text) for found in quote_faults(records, delimiter))
    faulty = [
        Faulty(records=not_text, reason="invalid_utf8", words="the line is not UTF-8"),
        Faulty(records=unclosed, reason="unclosed_quote", words="a quote is opened and not closed in the same record"),
        Faulty(records=broken, reason="stray_line_break", words="a line break (CR) stands outside of quotes"),
    ]
    buffer, kept = without(records, np.concatenate([not_text, unclosed, broken]))
    uneven: list[tuple[int, int]] = []

    def turn_away(row: pyarrow.csv.InvalidRow) -> str:
        uneven.append((row.number - 1, row.actual_columns))
        return "skip"

    columns = {name: pa.array([], pa.string()) for name in wanted}
    if len(kept):
        table = _parse(buffer, header, wanted, delimiter, turn_away, several_lines=len(records) != records.line_count)
        columns = {name: flat(table.column(name)) for name in wanted}
        rows = table.num_rows + len(uneven)
        if rows != len(kept):
            raise LedgerError(f"{len(kept)} CSV records went into Arrow's parser, {rows} came out")
    places = kept[np.array([row for row, _ in uneven], dtype=np.int64)]
    for reason, short in (("too_few_columns", True), ("too_many_columns", False)):
        which = [n for n, (_, count) in enumerate(uneven) if (count < len(header)) == short]
        hint = ": is the line cut off?" if short else ""
        words = [f"expected {len(header)} values, got {uneven[n][1]}{hint}" for n in which]
        faulty.append(Faulty(records=places[which], reason=reason, words=words))
    return TextRows(
        records=records,
        kept=np.delete(kept, [row for row, _ in uneven]) if uneven else kept,
        columns=columns,
        faulty=tuple(fault for fault in faulty if len(fault.records)),
    )


def _parse(
    buffer: Bytes,
    header: Sequence[str],
    wanted: Sequence[str],
    delimiter: str,
    turn_away: Callable[[pyarrow.csv.InvalidRow], str],
    *,
    several_lines: bool,
) -> pa.Table:
    if buffer[:3].tobytes() == BOM:  # Arrow would take it for the file's; here it is part of the first value
        buffer = np.concatenate([buffer[:3], buffer])
    # Names by place: a parser must not care whether two columns have one name.
    places = [str(place) for place in range(len(header))]
    chosen = [places[header.index(name)] for name in wanted]
    table = pyarrow.csv.read_csv(
        pa.BufferReader(pa.py_buffer(buffer)),
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False,
            # All in one block: Arrow then never cuts, and numbers rows from 1 on.
            block_size=len(buffer) + 1,
            column_names=places,
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=several_lines, invalid_row_handler=turn_away
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            check_utf8=False,
            column_types={place: pa.string() for place in places},
            strings_can_be_null=False,
            include_columns=chosen,
        ),
    )
    return table.rename_columns(list(wanted))
