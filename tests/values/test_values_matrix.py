"""The tables in docs/types.md: what conversions and commands make of each kind of column.

    HEADRACE_WRITE_MATRIX=1 pytest -n0 tests/values/test_values_matrix.py      writes them

A cell is `works`, `told` (the column is named, the rest goes on) or `refused` (an error of headrace names it). Anything
else that is raised, and any value that comes out as another one, is a hole, and fails.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from matrix_columns import columns, texts
from matrix_commands import COMMANDS, OF_TEXT, REFUSED, WORKS, Place, RefusedError

from headrace import values as v
from headrace.errors import DataError, UsageError

PAGE = Path(__file__).parents[2] / "docs" / "types.md"
WRITE = bool(os.environ.get("HEADRACE_WRITE_MATRIX"))

CONVERSIONS: dict[str, Callable[[pa.ChunkedArray], v.Converted]] = {
    "integers": v.integers,
    "reals": v.reals,
    "texts": v.texts,
    "times": v.times_us,
    "dates": v.dates,
    "durations": v.durations_us,
    "keys": v.keys,
    "features": v.features,
}
NEWER = {"float16", "string_view", "run_end_encoded of int64", "extension uuid", "extension bool8"}
"""What only newer versions of pyarrow have, or write into Parquet."""
HEADS = {
    "conversions": ["stored as", "type", *CONVERSIONS],
    "commands": ["stored as", *COMMANDS],
    "texts": ["text such as", *OF_TEXT],
    "statistics": ["stored as", "stats", "schema"],
}


def chunked(column: pa.Array) -> pa.ChunkedArray:
    return pa.chunked_array([column.slice(0, 7), column.slice(7)])


def table(name: str) -> dict[str, list[str]]:
    """The rows of a table of the page, by their first cell."""
    text = PAGE.read_text(encoding="utf-8")
    lines = text.split(f"<!-- {name}: begin -->\n")[1].split(f"<!-- {name}: end -->")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
    assert WRITE or cells[0] == HEADS[name]
    return {row[0]: row for row in cells[2:]}


def hold(name: str, row: list[str]) -> None:
    """The page has this row in the table; or has it from now on."""
    rows = table(name)
    if WRITE:
        text = PAGE.read_text(encoding="utf-8")
        before, rest = text.split(f"<!-- {name}: begin -->\n")
        _, after = rest.split(f"<!-- {name}: end -->")
        head = [HEADS[name], ["---"] * len(HEADS[name])]
        lines = ["| " + " | ".join(cells) + " |" for cells in [*head, *{**rows, row[0]: row}.values()]]
        written = "\n".join([*lines, ""])
        PAGE.write_text(f"{before}<!-- {name}: begin -->\n{written}<!-- {name}: end -->{after}", encoding="utf-8")
    elif row[0] not in NEWER or row[0] in rows:
        assert rows[row[0]] == row


def outcome(name: str, column: pa.ChunkedArray, place: Place) -> str:
    try:
        return COMMANDS[name](column, place)
    except RefusedError:
        return REFUSED


@pytest.mark.parametrize("name", columns())
def test_conversions_work_or_refuse(name: str) -> None:
    column = chunked(columns()[name])
    cells = [name, str(v.of_arrow(column.type))]
    for convert in CONVERSIONS.values():
        try:
            v.checked(convert(column), "x")
            cells.append(WORKS)
        except (DataError, UsageError) as error:
            cells.append(REFUSED if "'x'" in str(error) else str(error))
    hold("conversions", cells)


@pytest.mark.parametrize("name", columns())
def test_commands_keep_the_values_of_parquet_or_name_the_column(name: str, tmp_path: Path) -> None:
    column, cells = chunked(columns()[name]), [name]
    for command in COMMANDS:
        (folder := tmp_path / command.replace(" ", "-")).mkdir()
        cells.append(outcome(command, column, Place(folder)))
    hold("commands", cells)


@pytest.mark.parametrize("name", texts())
def test_commands_keep_the_values_of_csv_or_name_the_column(name: str, tmp_path: Path) -> None:
    column, cells = chunked(texts()[name]), [name]
    for command in OF_TEXT:
        (folder := tmp_path / command.replace(" ", "-")).mkdir()
        cells.append(outcome(command, column, Place(folder, "csv")))
    hold("texts", cells)


def test_missing_lists_of_a_fixed_length_are_read_or_refused_by_name(tmp_path: Path) -> None:
    column = chunked(pa.array([None, *([one, one] for one in range(23))], pa.list_(pa.int64(), 2)))
    for command in COMMANDS:
        (folder := tmp_path / command.replace(" ", "-")).mkdir()
        with contextlib.suppress(pytest.skip.Exception):  # pyarrow 10 can't even write some of them
            outcome(command, column, Place(folder))  # whatever it is, it is not a hole


@pytest.mark.skipif(WRITE, reason="rows are written, not taken away")
def test_the_page_has_no_other_rows() -> None:
    assert set(table("conversions")) - set(columns()) <= NEWER
    assert set(table("commands")) - set(columns()) <= NEWER
    assert set(table("statistics")) - set(columns()) <= NEWER
    assert set(table("texts")) == set(texts())
