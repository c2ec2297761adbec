"""The worked examples of docs/label-join.md, run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headrace.ingest import TimeSplits
from headrace.labels import JoinedLabels, Label, LabelSpec, OutcomeSource, join_labels
from headrace.times.instants import instant_us

PAGE = (Path(__file__).parents[2] / "docs" / "label-join.md").read_text()
BLOCKS = re.findall(r"```example\n(.*?)```", PAGE, re.S)
TIMES = ("shown", "done", "known", "ended", "judged")
TEXTS = ("key", "suggestion", "runner")
Row = dict[str, Any]


def read(name: str, text: str) -> Any:
    """A value of the page: null, a time, a number or a text."""
    if text == "null":
        return None
    if name in TIMES:
        return instant_us(text, naive="utc")
    if name in TEXTS or not re.fullmatch(r"-?[\d.]+", text):
        return text
    return float(text) if "." in text else int(text)


def pairs(text: str) -> Row:
    return {name: read(name, value) for name, value in re.findall(r"(\w+)=(\S+)", text)}


def called(function: Any, arguments: str, **defaults: Any) -> Any:
    names = {"OutcomeSource": OutcomeSource, "TimeSplits": TimeSplits}
    return function(**{**defaults, **eval(f"dict({arguments})", names)})


def table_of(rows: list[Row], defaults: Row) -> pa.Table:
    columns = list(dict.fromkeys([*defaults, *(name for row in rows for name in row)]))
    kinds = {name: pa.string() if name in TEXTS else pa.int64() for name in columns if name in (*TEXTS, *TIMES)}
    values = {name: [row.get(name, defaults.get(name)) for row in rows] for name in columns}
    columns_of = {name: pa.array(found, kinds.get(name)) for name, found in values.items()}
    empty = {
        name: pa.nulls(len(rows), pa.int64()) for name, column in columns_of.items() if pa.types.is_null(column.type)
    }
    return pa.table({**columns_of, **empty})


def parsed(block: str) -> tuple[LabelSpec, dict[str, list[Row]], dict[str, list[str]]]:
    """The spec, and the rows and what is said of them by side."""
    labels, settings = [], ""
    rows: dict[str, list[Row]] = {"event": []}
    said: dict[str, list[str]] = {"event": []}
    for line in block.splitlines():
        word, rest = line.split(maxsplit=1)
        if word == "label":
            labels.append(called(Label, rest, name="label", value="value"))
        elif word == "spec":
            settings = rest
        else:
            row, result = rest.split("->")
            rows.setdefault(word, []).append(pairs(row))
            said.setdefault(word, []).append(result.strip())
    own = {} if "sources" in settings else {"outcome_time": "done", "known_at": "known", "outcome_id": "id"}
    defaults = {"keys": ("key",), "event_time": "shown", "labels": tuple(labels), "as_of": "2027-01-01T00:00:00Z"}
    return called(LabelSpec, settings, **defaults, **own), rows, said


def places(joined: JoinedLabels, source: str | None) -> dict[int, Row]:
    """By number of the row: its part and detail, or its labels."""
    tables = [joined.immature, joined.excluded] if source is None else [joined.unused[source]]
    found = {row["row"]: row for table in tables for row in table.to_pylist()}
    if source is None:
        found.update({row["row"]: {"reason": "labeled", **row} for row in joined.labeled.to_pylist()})
    return found


@pytest.mark.parametrize("block", BLOCKS, ids=[f"example {number + 1}" for number in range(len(BLOCKS))])
def test_page_says_what_becomes_of_each_row(block: str) -> None:
    spec, rows, said = parsed(block)
    numbered = {side: [{"row": n, **row} for n, row in enumerate(of_side)] for side, of_side in rows.items()}
    events = table_of(numbered["event"], {"row": 0, "key": "s1"})
    outcomes = {}
    for source in spec.outcome_sources:
        found = numbered.get("outcome" if source.name == "outcomes" else source.name, [])
        found = [{"id": 100 + row["row"], "known": row.get("done"), **row} for row in found]
        key = source.key_columns(spec.keys)["key"]
        named = [label.value for label in spec.labels_of(source) if label.value] + [source.outcome_time, "known", "id"]
        outcomes[source.name] = table_of(found, {"row": 0, key: "s1", **dict.fromkeys(named)})
    joined = join_labels(events, outcomes, spec)

    for side, results in said.items():
        name = None if side == "event" else "outcomes" if side == "outcome" else side
        found_places = places(joined, name)
        for number, result in enumerate(results):
            part, *more = result.split()
            found = found_places.get(number, {"reason": "used"})
            assert found["reason"] == part, f"{side} {number + 1}: {found}"
            details = [word for word in more if "=" not in word]
            if part == "used":
                assert joined.details[str(name)].get("clock_skew", 0) == len(details)
            elif part != "labeled":
                assert [found["detail"]] == details
            labels = pairs(" ".join(more))
            assert {label: found[label] for label in labels} == labels
    kept = [row for of_side in said.values() for row in of_side]
    total = sum(book.total for book in joined.ledgers.values())
    assert total == len(kept)


def test_every_part_and_detail_has_an_example() -> None:
    told = set(re.findall(r"-> (\w+ ?[a-z_]*)(?=\s|$)", "\n".join(BLOCKS)))
    page = PAGE[PAGE.index("## Where every row is") : PAGE.index("The parts add up to the total")]
    details = set(re.findall(r"`([a-z_]+)`", page)) - {"detail"}
    words = {word for line in told for word in line.split()}
    assert details - words - {"early"} == set()
