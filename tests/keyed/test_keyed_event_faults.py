"""Values made for an event that can't be held: the error names the event, in memory, by files and by the command."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace import DataError
from headrace.keyed.event_faults import EventError, faults_of, refuse_beyond_float32
from headrace.labels import Label, LabelSpec, join_label_files, join_labels
from headrace.point_in_time import Aggregate, EventStream, PointInTimeSpec, join_feature_files, join_features
from headrace_cli.main import main

AT = [datetime(2026, 3, 1, 7, minute) for minute in range(20)]
EVENTS = pa.table({"k": [f"u{i}" for i in range(20)], "day": [1] * 20, "t": pa.array(AT, pa.timestamp("us"))})
NAMED = "(event of 2026-03-01T07:13:00Z with k 'u13', day 1)"


def values_of(bad):
    """Two rows of each key, within the hour around its event; those of u13 are `bad`."""
    rows = [(f"u{i}", 1, AT[i], bad if i == 13 else type(bad)(i)) for i in range(20) for _ in (0, 1)]
    k, day, t, v = zip(*rows, strict=True)
    return pa.table({"k": k, "day": day, "t": pa.array(t, pa.timestamp("us")), "v": v})


def label_spec(pick):
    return LabelSpec(
        keys=("k", "day"),
        event_time="t",
        outcome_time="t",
        as_of="2026-04-01T00:00:00Z",
        labels=(Label(name="y", value="v", window=(0, 3600), pick=pick),),
    )


def feature_spec(function, **more):
    stream = EventStream(
        name="runs",
        keys=("k", "day"),
        time="t",
        at_event_time=True,
        aggregates=(Aggregate(name="y", function=function, value="v", window="1h"),),
        **more,
    )
    return PointInTimeSpec(event_time="t", tables=(stream,))


BAD = [(2**62, "9,223,372,036,854,775,808"), (1.7e308, "1.8e308"), (3e38, "float of 32 bits")]


@pytest.mark.parametrize(("bad", "words"), BAD[:2])
def test_a_sum_that_can_not_be_held_names_its_event(bad, words):
    for join in (
        lambda: join_labels(EVENTS, values_of(bad), label_spec("sum")),
        lambda: join_features(EVENTS, {"runs": values_of(bad)}, feature_spec("sum")),
    ):
        with pytest.raises(DataError) as error:
            join()
        assert words in str(error.value)
        assert str(error.value).endswith(NAMED)
        assert type(error.value) is DataError


@pytest.mark.parametrize(("bad", "words"), [BAD[0], BAD[2]])
def test_the_same_in_buckets_of_files(tmp_path, bad, words):
    places = {name: str(tmp_path / name) for name in ("examples", "unlabeled", "unused")}
    for name, table in (("events", EVENTS), ("rows", values_of(bad))):
        pq.write_table(table, tmp_path / name)
    events, rows = str(tmp_path / "events"), str(tmp_path / "rows")
    with pytest.raises(DataError) as error:
        join_label_files(
            label_spec("sum"), events=[events], outcomes=[rows], examples_dir=places["examples"],
            unlabeled_dir=places["unlabeled"], unused_dir=places["unused"],
        )  # fmt: skip
    assert words in str(error.value)
    assert NAMED in str(error.value)
    with pytest.raises(DataError) as error:
        join_feature_files(
            feature_spec("sum"), events={"all": [events]}, tables={"runs": [rows]}, examples_dir=places["examples"]
        )
    assert words in str(error.value)
    assert NAMED in str(error.value)


def test_places_are_followed_through_every_selection_of_rows():
    with pytest.raises(EventError, match=r"^a: b: column 'x': 1e\+300 does not fit") as error:  # noqa: SIM117
        with faults_of(np.array([4, 7]), "a: "), faults_of(np.array([1, 0, 1]), "b: "):
            refuse_beyond_float32({"n": pa.array([1, 2]), "x": pa.array([1.0, np.inf, 1e300])}, np.arange(3))
    assert error.value.row == 7


def test_a_number_beyond_float32_is_refused_also_beside_nan():
    with pytest.raises(EventError, match=r"column 'x': 1e\+300"):
        refuse_beyond_float32({"x": pa.array([np.nan, 1e300, None])}, np.arange(3))
    refuse_beyond_float32({"x": pa.array([np.nan, 3e38, np.inf, None])}, np.arange(4))


def test_the_command_names_the_file_that_was_given(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events.csv").write_text("k,t\na,1773874800000000000\n")
    (tmp_path / "outcomes.csv").write_text("k,t,v\na,1773874800000001000,1\na,1773874800000000500,1\n")
    (tmp_path / "spec.yaml").write_text(
        "keys: [k]\nevent_time: t\noutcome_time: t\nlabels:\n- {name: y, value: v, window: [0, 1d]}\n"
    )
    given = ["--events", "events.csv", "--outcomes", "outcomes.csv", "--as-of", "2026-04-01T00:00:00Z", "--out", "out"]
    assert main(["join", "spec.yaml", *given]) == 2
    words = capsys.readouterr().err
    assert "outcomes.csv: column 't': 1773874800000000500 in row 2 has a part below a microsecond" in words
    assert "00000.parquet" not in words
    assert "00001.parquet" not in words
