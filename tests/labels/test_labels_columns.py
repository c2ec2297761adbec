"""Whether columns fit the spec, word by word; and what is said of labels, sources and rows beside the join itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import UsageError
from headrace.labels import Label, LabelSpec, OutcomeSource, join_labels
from headrace.labels.check import check_columns
from headrace.labels.facts import MOST_CLASSES, OTHER, LabelFacts, facts_of, total
from headrace.labels.join import added_types, by_name, with_reasons
from headrace.labels.status import RowStatuses, Status
from headrace.values import ColumnType, declared, epoch

EVENTS = pa.schema({"key": pa.string(), "shown": pa.int64(), "runner": pa.int64()})
OUTCOMES = pa.schema(
    {
        "key": pa.string(),
        "done": pa.int64(),
        "known": pa.timestamp("us"),
        "id": pa.string(),
        "n": pa.int64(),
        "f": pa.list_(pa.float32()),
        "s": pa.string(),
        "b": pa.bool_(),
        "t": pa.timestamp("us"),
    }
)


def spec_of(*labels: Label, **changes: Any) -> LabelSpec:
    settings: dict[str, Any] = {
        "keys": ("key",),
        "event_time": "shown",
        "outcome_time": "done",
        "known_at": "known",
        "outcome_id": "id",
        "labels": labels or (Label(name="y", value="n"),),
        "as_of": "1970-01-02T00:00:00Z",
    }
    return LabelSpec(**{**settings, **changes})


def faults(spec: LabelSpec, events: pa.Schema = EVENTS, outcomes: pa.Schema = OUTCOMES) -> list[str]:
    try:
        check_columns(spec, events, {source.name: outcomes for source in spec.outcome_sources})
    except UsageError as error:
        return str(error).split("; ")
    return []


def without(schema: pa.Schema, *names: str) -> pa.Schema:
    return pa.schema([field for field in schema if field.name not in names])


def test_every_column_that_the_spec_names_must_be_there() -> None:
    spec = spec_of(Label(name="y", value="n", pick="priority", priority="f"), split_by=("runner",))
    assert faults(spec) == []
    for name in ("key", "shown", "runner"):
        left = without(EVENTS, name)
        shown = f"1 column is missing from the events: {name}"
        assert faults(spec, left)[:2] == [shown, f"they have: {', '.join(left.names)}"]
    for name in ("key", "done", "known", "id", "n", "f"):
        left = without(OUTCOMES, name)
        shown = f"1 column is missing from the outcomes: {name}"
        assert faults(spec, EVENTS, left) == [shown, f"they have: {', '.join(left.names)}"]


def test_further_keys_of_a_source_are_columns_of_the_events() -> None:
    source = OutcomeSource(name="runs", outcome_time="done", keys={"athlete": "s", "key": "id"})
    spec = spec_of(sources=(source,), outcome_time=None, known_at=None, outcome_id=None)
    assert faults(spec)[0] == "1 column is missing from the events: athlete"
    events = EVENTS.append(pa.field("athlete", pa.int64()))
    assert faults(spec, events) == [
        "key 'athlete' is integer in the events and text in the runs: declare one kind in Ingest"
    ]


def test_entities_and_ids_must_be_values_that_can_be_compared() -> None:
    club, parts = (pa.field(name, pa.struct({"a": pa.int64()})) for name in ("club", "parts"))
    assert faults(spec_of(split_by=("club",), outcome_id="parts"), EVENTS.append(club), OUTCOMES.append(parts)) == [
        "split_by 'club' of the events is struct of a: expected numbers, text or times",
        "outcome_id 'parts' of the outcomes is struct of a: expected numbers, text or times",
    ]


def test_times_must_be_times() -> None:
    assert faults(spec_of(event_time="key", outcome_time="s", known_at="b")) == [
        "event_time 'key' of the events is text: expected timestamps, dates or whole numbers",
        "declare it as a timestamp in Ingest",
        "outcome_time 's' of the outcomes is text: expected timestamps, dates or whole numbers",
        "declare it as a timestamp in Ingest",
        "known_at 'b' of the outcomes is boolean: expected timestamps, dates or whole numbers",
        "declare it as a timestamp in Ingest",
    ]


def test_what_the_join_adds_must_not_be_there_already() -> None:
    early = Label(name="runner", value="n", early=True)
    taken = "has the name of a column of the events: name it otherwise, or drop the column"
    assert faults(spec_of(early, as_of_column="shown", early_column="key")) == [
        f"label 'runner' {taken}",
        f"as_of_column 'shown' {taken}",
        f"early_column 'key' {taken}",
    ]
    assert faults(spec_of(early_column="key")) == []


def label(**settings: Any) -> Label:
    return Label(**{"name": "y", "value": "n", **settings})


KM, LENGTH, MOOD = declared("quantity in km"), ColumnType(kind="duration", resolution="us"), declared("category")


@pytest.mark.parametrize(
    ("settings", "value", "expected"),
    [
        ({"pick": "any"}, KM, declared("boolean")),
        ({"pick": "any", "value": None}, None, declared("boolean")),
        ({"pick": "count"}, KM, declared("integer")),
        ({"pick": "last"}, MOOD, MOOD),
        ({"pick": "last"}, None, None),
        ({"pick": "max"}, LENGTH, LENGTH),
        ({"pick": "sum"}, KM, KM),
        ({"pick": "mean"}, LENGTH, LENGTH),
        ({"pick": "sum"}, declared("identifier"), None),
        ({"pick": "mean"}, declared("integer"), declared("real")),
        ({"pick": "mean"}, None, declared("real")),
        ({"pick": "last", "order": ("low", "high"), "ordinal": True}, MOOD, declared("integer")),
        ({"pick": "mean", "order": ("low", "high"), "ordinal": True}, MOOD, declared("real")),
    ],
)
def test_a_label_has_the_type_that_its_pick_leaves_of_its_values(
    settings: dict[str, Any], value: ColumnType | None, expected: ColumnType | None
) -> None:
    outcomes = {"outcomes": {} if value is None else {"n": value}}
    assert added_types(spec_of(label(**settings)), outcomes).get("y") == expected


def test_columns_that_mark_examples_have_types_too() -> None:
    marked = added_types(spec_of(label(early=True)), {"outcomes": {}})
    assert marked == {"early": declared("boolean")}
    judged = added_types(spec_of(as_of_column="as_of"), {"outcomes": {}})
    assert judged == {"as_of": epoch("us")}


FITS = [
    (label(), None),
    (label(value=None, pick="count"), None),
    (label(value=None, pick="any"), None),
    (label(value="absent", pick="sum"), "missing"),
    *((label(value=value, pick=pick), None) for value in "nfb" for pick in ("mean", "sum", "any", "count", "max")),
    (label(value="s", pick="sum", absence="missing"), "label 'y' is the sum of numbers, but column 's' is text"),
    (label(value="t", pick="sum", absence="missing"), "label 'y' is the sum of numbers, but column 't' is time"),
    (label(value="s", pick="any"), "label 'y' is the any of numbers, but column 's' is text"),
    (label(value="s", pick="count"), None),
    (label(value="s", negative="no"), None),
    (label(value="s"), "label 'y' has the negative 0, but column 's' is text"),
    (label(value="s", absence="missing"), None),
    (label(value="s", absence="exclude"), None),
    (label(value="n", negative="no"), "label 'y' has the negative 'no', but column 'n' is integer"),
    (label(value="n", negative=0.5), "label 'y' has the negative 0.5, but column 'n' is integer"),
    (label(value="b", negative=0.5), "label 'y' has the negative 0.5, but column 'b' is boolean"),
    (label(value="b", negative=False), None),
    (label(value="f", negative=0.5), None),
    (label(value="f", negative="no"), "label 'y' has the negative 'no', but column 'f' is fraction"),
    (label(value="n", pick="mean", negative=0.5), None),
    (label(value="f", pick="any", negative=0.5), "label 'y' has the negative 0.5, but column 'f' is integer"),
    (label(value="f", pick="count", negative=0.5), "label 'y' has the negative 0.5, but column 'f' is integer"),
    (label(value="s", order=("no", "yes"), negative="no"), None),
    (label(value="f", order=("no", "yes"), negative="no"), None),
    (label(value="s", order=("no", "yes"), ordinal=True), None),
    (label(value="s", order=("no", "yes"), ordinal=True, pick="max"), None),
    (label(value="s", order=("no", "yes"), ordinal=True, negative="no"),
     "label 'y' has the negative 'no', but column 's' is integer"),
    (label(value="n", order=(1, 2)), None),
    (label(value="f", order=(1, 2)), None),
    (label(value="b", order=(1, 2)), "label 'y' has the order (1, 2), but column 'b' is boolean"),
    (label(value="s", order=(1, 2), negative="a"), "label 'y' has the order (1, 2), but column 's' is text"),
    (label(value="n", order=("a",)), "label 'y' has the order ('a',), but column 'n' is integer"),
    *((label(pick="priority", priority=name), None) for name in "nfb"),
    *((label(pick="priority", priority=name), f"priority {name!r} of label 'y' must be numbers") for name in "st"),
]  # fmt: skip


@pytest.mark.parametrize(("given_", "expected"), FITS, ids=lambda one: getattr(one, "name", str(one)))
def test_a_label_fits_the_kind_of_its_column_or_says_why_not(given_: Label, expected: str | None) -> None:
    found = faults(spec_of(given_))
    if expected == "missing":
        assert found[0] == "1 column is missing from the outcomes: absent"
        assert len(found) == 2
    else:
        assert found == ([expected] if expected else [])


def test_outcomes_are_given_by_the_names_of_the_sources() -> None:
    sources = tuple(OutcomeSource(name=name, outcome_time="done") for name in ("taps", "runs"))
    labels = tuple(Label(name=f"of_{one.name}", source=one.name, value="n") for one in sources)
    spec = spec_of(*labels, sources=sources, outcome_time=None, known_at=None, outcome_id=None)
    assert list(by_name({"runs": 1, "taps": 2}, spec).items()) == [("taps", 2), ("runs", 1)]
    assert by_name(5, spec_of()) == by_name({"outcomes": 5}, spec_of()) == {"outcomes": 5}
    for given_, words in (
        (5, "expected the outcomes of several sources by name: taps, runs"),
        ({"runs": 1}, "expected outcomes of taps, runs, got runs"),
        ({}, "expected outcomes of taps, runs, got none"),
        ({"runs": 1, "taps": 2, "more": 3}, "expected outcomes of taps, runs, got runs, taps, more"),
    ):
        with pytest.raises(UsageError) as caught:
            by_name(given_, spec)
        assert str(caught.value) == words


def test_unused_outcomes_of_several_sources_are_asked_for_by_name() -> None:
    sources = tuple(OutcomeSource(name=name, outcome_time="done") for name in ("taps", "runs"))
    labels = tuple(Label(name=f"of_{one.name}", source=one.name, value="n") for one in sources)
    spec = spec_of(*labels, sources=sources, outcome_time=None, known_at=None, outcome_id=None)
    events, outcomes = EVENTS.empty_table(), OUTCOMES.empty_table()
    with pytest.raises(UsageError) as caught:
        _ = join_labels(events, {"taps": outcomes, "runs": outcomes}, spec).unused_outcomes
    assert str(caught.value) == "there are several sources of outcomes, ask `unused` for one of: taps, runs"
    assert join_labels(events, outcomes, spec_of()).unused_outcomes.num_rows == 0


def test_reasons_stand_last_under_names_that_are_free() -> None:
    table = pa.table({"reason": [1, 2, 3], "detail": [4, 5, 6], "detail_": [7, 8, 9]})
    kinds = (Status("used"), Status("late", "never_known"), Status("orphan"))
    statuses = RowStatuses(kinds=kinds, kind=np.array([2, 0, 1]), order=np.array([2, 1, 0]))
    found = with_reasons(table, statuses, "orphan", "late")
    assert found.column_names == ["reason", "detail", "detail_", "reason_", "detail__"]
    assert found.column("reason").to_pylist() == [3, 1]
    assert found.column("reason_").to_pylist() == ["late", "orphan"]
    assert found.column("detail__").to_pylist() == ["never_known", ""]
    assert statuses.count_parts(("used", "late", "orphan", "none")) == {"used": 1, "late": 1, "orphan": 1, "none": 0}
    assert statuses.count_details() == {"never_known": 1}


VALUES = st.lists(st.tuples(st.sampled_from([0, 1, 2, None]), st.integers(-5, 300), st.integers(0, 300)), max_size=12)


def facts(rows: list[tuple[int | None, int, int]]) -> LabelFacts:
    observed = np.array([value not in (0, None) for value, _, _ in rows], bool)
    delay, known = (np.array([row[n] * 1_000_000 for row in rows], np.int64) for n in (1, 2))
    return facts_of(
        pa.array([value for value, _, _ in rows], pa.int64()),
        observed=observed, delay_us=delay[observed], known_after_us=known[observed],
    )  # fmt: skip


@given(VALUES, VALUES)
def test_facts_of_parts_add_up_to_those_of_the_whole(one: Any, other: Any) -> None:
    whole = facts([*one, *other])
    assert total([facts(one), facts(other)]) == whole
    assert whole.observed == sum(value in (1, 2) for value, _, _ in [*one, *other])
    assert whole.missing == sum(value is None for value, _, _ in [*one, *other])
    rows = len(one) + len(other)
    assert whole.observed + whole.negative + whole.missing == rows
    assert whole.coverage == (whole.observed / rows if rows else None)
    counts = {str(value): sum(row[0] == value for row in [*one, *other]) for value in (0, 1, 2)}
    assert whole.balance == {value: count for value, count in counts.items() if count}
    assert whole.to_dict()["ledger"] == {
        "subject": "labels", "total": rows,
        "parts": {"observed": whole.observed, "negative": whole.negative, "missing": whole.missing},
    }  # fmt: skip


def test_facts_list_classes_by_size_and_delays_from_short_to_long() -> None:
    balance = {"b": 5, "c": 7, "a": 5}
    delays = {"64": 1, "before": 2, "0": 3, "8": 4}
    known = {"128": 1, "2": 1}
    found = LabelFacts(observed=17, balance=balance, delay_s=delays, known_after_s=known).to_dict()
    assert list(found["balance"].items()) == [("c", 7), ("a", 5), ("b", 5)]
    assert list(found["delay_s"]) == ["before", "0", "8", "64"]
    assert list(found["known_after_s"]) == ["2", "128"]
    assert list(found) == ["ledger", "coverage", "balance", "delay_s", "known_after_s"]
    assert found["coverage"] == 1.0
    many = {f"{n:03}": 1 for n in range(MOST_CLASSES)}
    assert LabelFacts(balance=many).to_dict()["balance"] == many
    listed = LabelFacts(balance={**many, "x": 1, "y": 1}).to_dict()["balance"]
    assert listed == {**many, OTHER: 2}


def test_fractions_have_no_classes_and_truth_is_0_or_1() -> None:
    none = np.zeros(0, np.int64)

    def balance(values: pa.Array) -> Any:
        seen = np.zeros(len(values), bool)
        return facts_of(values, observed=seen, delay_us=none, known_after_us=none).balance

    assert balance(pa.array([0.5])) == {}
    assert list(balance(pa.array([True, False, None, True])).items()) == [("0", 1), ("1", 2)]
    assert list(balance(pa.array(["b", "a", "b"])).items()) == [("a", 1), ("b", 2)]
