"""What each command makes of a column `x` of a Parquet or CSV file: `works`, `told` (it is named, and the rest goes on)
or `refused` (an error names it). What comes out is compared with what went in: a value that is silently another one
fails, and so does an exception that is not headrace's.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml
from pyarrow import csv

from headrace import values as v
from headrace.values.infer import TOKENS
from headrace_cli.main import main

WORKS, TOLD, REFUSED = "works", "told", "refused"
HOUR_US = 3_600_000_000
T0 = 1_772_521_200_000_000
"""2026-03-03T07:00:00Z in microseconds."""


@dataclass(frozen=True)
class Place:
    """Where a command reads and writes, and the form of its input: `parquet` or `csv`."""

    folder: Path
    form: str = "parquet"

    def written(self, name: str, **columns: Any) -> Path:
        """A file of these columns."""
        table, path = pa.table(columns), self.folder / f"{name}.{self.form}"
        if self.form == "csv":
            csv.write_csv(table, path)
        else:
            try:
                pq.write_table(table, path, row_group_size=7, version="2.6")
            except pa.ArrowNotImplementedError:
                pytest.skip(f"pyarrow {pa.__version__} can't write {table.schema.types} into Parquet")
        return path

    def same(self, out: pa.ChunkedArray, column: pa.ChunkedArray) -> bool:
        """Whether the values mean the same, in the same order; of texts: are missing and differ where those do."""
        if self.form == "csv":
            return _classes(out.to_pylist()) == _classes(column.to_pylist())
        if out.to_pylist() == column.to_pylist():
            return True
        found = _numbers(meaning(out))
        return found in (_numbers(meaning(column)), _as_text(column), _in_seconds(column))


LATE = "2030-01-01T00:00:00Z"

Area = Callable[[pa.ChunkedArray, Place], str]


class RefusedError(Exception):
    """A command ended with 2 and words that name the column."""


def run(*arguments: str | Path) -> tuple[int, str]:
    """The exit code of a command, and all that it printed.

    Raises:
        RefusedError: it refused its input, and named the column.
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = main([str(one) for one in arguments])
    text = printed.getvalue()
    assert "Traceback" not in text, text
    if code == 2:
        assert "'x'" in text or " x" in text or "x:" in text, f"{arguments[0]} names no column: {text}"
        raise RefusedError(text)
    assert code in (0, 1), text
    return code, text


def meaning(column: pa.ChunkedArray) -> list[Any]:
    """Its values as any area may store them: whole numbers, floats of 32 bits, texts; times and lengths in us."""
    kind = v.of_arrow(column.type).kind
    if kind in ("time", "date"):
        return v.times_us(column).array.to_pylist()
    if kind == "time_of_day":
        return v.times_of_day_us(column).array.to_pylist()
    if kind == "duration":
        return v.durations_us(column).array.to_pylist()
    if v.features(column).faults:
        return []
    found = v.features(column).values.to_pylist()
    plain = [one[0] if isinstance(one, list) and len(one) == 1 else one for one in found]
    return [one.decode("utf-8", "surrogateescape") if isinstance(one, bytes) else one for one in plain]


def _as_text(column: pa.ChunkedArray) -> list[Any]:
    """What is no feature by itself is kept as text: whole numbers beyond int64, and nested values as JSON."""
    return v.written(column).values.to_pylist()


def _in_seconds(column: pa.ChunkedArray) -> list[Any]:
    """Ingest counts times of day and durations in seconds."""
    kind = v.of_arrow(column.type).kind
    lengths = meaning(column) if kind in ("time_of_day", "duration") else []
    return [each and each / 1e6 if each is not None else None for each in lengths]


def _numbers(values: Sequence[Any]) -> list[Any]:
    return [float(one) if isinstance(one, (int, float)) and abs(one) < 2**53 else one for one in values]


def _classes(values: Sequence[Any]) -> list[int | None]:
    """By row the first row of the same value, None where it is missing."""
    texts = ["" if one in (None, [], [None], *TOKENS) else str(one) for one in values]
    return [texts.index(one) if one else None for one in texts]


def examples(folder: Path) -> pa.Table:
    """All rows that a command wrote below `folder`."""
    return pa.concat_tables([pq.read_table(path) for path in sorted(folder.rglob("*.parquet"))])


def ids(column: pa.ChunkedArray) -> pa.Array:
    """A name for each row."""
    return pa.array([f"id{row:03}" for row in range(len(column))])


def infer_and_ingest(column: pa.ChunkedArray, place: Place) -> str:
    """`infer-spec`, then `ingest` by that spec: no row may be rejected, and each value is what it was."""
    data = place.written("data", id=ids(column), x=column)
    spec = place.folder / "spec.yaml"
    run("infer-spec", data, "-o", spec)
    out = place.folder / "out"
    _, text = run("ingest", spec, "--out", out)
    if " 0 rejected" not in text:
        assert "'x'" in text, f"rejects name no column: {text}"
        return REFUSED
    rows = examples(out / "examples")
    order = pc.sort_indices(v.texts(rows["id"]).array)
    if "x" not in rows.column_names:
        assert "x" in text or "x" in spec.read_text(), "x is left out without a word"
        return TOLD
    if "finer: floor" in spec.read_text():
        return TOLD
    if column.null_count < len(column):
        assert place.same(rows["x"].take(order), column), (rows["x"].take(order).to_pylist(), column.to_pylist())
    return WORKS


def join_key(column: pa.ChunkedArray, place: Place) -> str:
    """Each event gets the first outcome of its own key."""
    rows = len(column)
    events = place.written("events", id=ids(column), x=column, t=_times([T0] * rows))
    outcomes = place.written("outcomes", x=column, t=_times([T0 + one for one in range(rows)]), y=list(range(rows)))
    labels = {"name": "label", "value": "y", "window": [0, "1h"], "pick": "first", "absence": "missing"}
    found = _joined(place, events, outcomes, ["x"], labels, event_time="t", outcome_time="t")
    wanted = {}
    for row, first in enumerate(_classes(_numbers(meaning(column)) if place.form == "parquet" else column.to_pylist())):
        if first is not None:
            wanted[f"id{row:03}"] = first
    assert found == wanted, (found, wanted)
    return WORKS


def join_time(column: pa.ChunkedArray, place: Place) -> str:
    """An outcome at the same time as its event counts, one before it does not."""
    rows = len(column)
    events = place.written("events", id=ids(column), x=column)
    outcomes = place.written("outcomes", id=ids(column), x=column, y=list(range(rows)))
    labels = {"name": "label", "value": "y", "window": [0, 0], "closed": "both", "absence": "missing"}
    found = _joined(
        place, events, outcomes, ["id"], labels, event_time="x", outcome_time="x", as_of="2030-01-01T00:00Z"
    )
    given = [one not in (None, "") for one in column.to_pylist()]
    assert found == {f"id{row:03}": row for row in range(rows) if given[row]}
    return WORKS


def label_value(column: pa.ChunkedArray, place: Place) -> str:
    """The label is the value of the outcome."""
    rows = len(column)
    events = place.written("events", id=ids(column), t=_times([T0] * rows))
    outcomes = place.written("outcomes", id=ids(column), t=_times([T0 + 5] * rows), x=column)
    labels = {"name": "label", "value": "x", "window": [0, "1h"], "absence": "missing"}
    _joined(place, events, outcomes, ["id"], labels, event_time="t", outcome_time="t")
    table = examples(place.folder / "out" / "examples")
    order = pc.sort_indices(v.texts(table["id"]).array)
    assert place.same(table["label"].take(order), column), (table["label"].take(order).to_pylist(), column.to_pylist())
    return WORKS


def passenger(column: pa.ChunkedArray, place: Place) -> str:
    """A column of the events that the join has no use for comes out as it went in."""
    rows = len(column)
    events = place.written("events", id=ids(column), t=_times([T0] * rows), x=column)
    outcomes = place.written("outcomes", id=ids(column), t=_times([T0 + 5] * rows), y=list(range(rows)))
    labels = {"name": "label", "value": "y", "window": [0, "1h"]}
    _joined(place, events, outcomes, ["id"], labels, event_time="t", outcome_time="t")
    table = examples(place.folder / "out" / "examples")
    order = pc.sort_indices(v.texts(table["id"]).array)
    out = table["x"].take(order)
    assert place.same(out, column)
    return WORKS


def feature(column: pa.ChunkedArray, place: Place) -> str:
    """The value that was valid at the time of an event is its feature."""
    rows = len(column)
    events = place.written("events", id=ids(column), t=_times([T0 + HOUR_US] * rows))
    table = place.written("table", id=ids(column), since=_times([T0] * rows), x=column)
    spec = place.folder / "features.yaml"
    tables = [{"kind": "as_of", "name": "known", "keys": ["id"], "time": "since", "features": ["x"]}]
    spec.write_text(yaml.safe_dump({"event_time": "t", "tables": tables}))
    run("features", spec, "--events", events, "--table", f"known={table}", "--out", place.folder / "out")
    found = examples(place.folder / "out" / "examples")
    order = pc.sort_indices(v.texts(found["id"]).array)
    out = found["x"].take(order)
    assert place.same(out, column)
    return WORKS


def check(column: pa.ChunkedArray, place: Place) -> str:
    """A file against itself in another order: no alarm. Against one in which every value is missing: an alarm."""
    rows = pa.array([*range(len(column))] * 20)
    before = place.written("before", x=column.take(rows), y=rows)
    now = place.written("now", x=column.take(rows[::-1]), y=rows[::-1])
    gone = place.written("gone", x=pa.nulls(len(rows), column.type), y=rows)
    code, text = run("check", before, now, "--no-report")
    assert code == 0, text
    try:
        alarm, of_gone = run("check", before, gone, "--all", "--no-report")
    except RefusedError:
        return WORKS  # pyarrow 10 can't read fixed lists that are missing
    if alarm == 0:
        assert "not checked" in text or not any(column.to_pylist()), of_gone
        return TOLD
    return WORKS


def pairs(column: pa.ChunkedArray, place: Place) -> str:
    """Rows that are paired by key, in another order: no difference. Against one changed value: one difference."""
    order = pa.array(list(range(len(column)))[::-1])
    before = place.written("before", id=ids(column), x=column)
    now = place.written("now", id=ids(column).take(order), x=column.take(order))
    from headrace.errors import DataError
    from headrace.skew import FeatureSkewSpec, detect_feature_skew
    from headrace.skew.pairs import FileColumns

    try:
        sides = (FileColumns([str(path)]) for path in (before, now))
        found = detect_feature_skew(*sides, FeatureSkewSpec(keys=("id",)))
    except DataError as error:
        if "'x'" not in str(error):
            raise
        raise RefusedError(str(error)) from error
    one = next((each for each in found.features if each.feature == "x"), None)
    if one is None:
        return TOLD
    assert one.mismatches == one.training_only == one.serving_only == 0
    return WORKS


def effectiveness(column: pa.ChunkedArray, place: Place) -> str:
    """Measured against a label of two values."""
    data = place.written("data", y=[0, 1] * (len(column) // 2), x=column)
    _, text = run("effectiveness", data, "--label", "y")
    return TOLD if "not measured: " in text else WORKS


def _times(micros: Sequence[int]) -> pa.Array:
    return pa.array(micros, pa.timestamp("us", "UTC"))


def _joined(
    place: Place,
    events: Path,
    outcomes: Path,
    keys: Sequence[str],
    label: dict[str, Any],
    *,
    event_time: str,
    outcome_time: str,
    as_of: str = "2027-01-01T00:00:00Z",
) -> dict[str, Any]:
    """What `headrace join` makes the label of each event, by its id."""
    spec = place.folder / "labels.yaml"
    spec.write_text(
        yaml.safe_dump({"keys": list(keys), "event_time": event_time, "outcome_time": outcome_time, "labels": [label]})
    )
    run("join", spec, "--events", events, "--outcomes", outcomes, "--as-of", as_of, "--out", place.folder / "out")
    table = examples(place.folder / "out" / "examples")
    names, labels = v.texts(table["id"]).array.to_pylist(), v.integers(table["label"]).array.to_pylist()
    return {name: one for name, one in zip(names, labels, strict=True) if one is not None}


COMMANDS: dict[str, Area] = {
    "ingest": infer_and_ingest,
    "join: key": join_key,
    "join: time": join_time,
    "join: label": label_value,
    "join: other": passenger,
    "features": feature,
    "check": check,
    "pairs": pairs,
    "effectiveness": effectiveness,
}
"""By the column's place in a command. A new command adds one function."""

OF_TEXT = ("ingest", "join: key", "join: time", "check", "effectiveness")
"""Of columns in CSV files: in the other places a file is read in the same way."""
