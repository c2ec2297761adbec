"""The rules one by one, on a table of two or three rows each. Times are seconds in the tables below."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from headrace.errors import DataError, UsageError
from headrace.examples.layout import to_features
from headrace.labels import JoinedLabels, Label, LabelSpec, OutcomeSource, join_labels

S = 1_000_000
DAY = "1970-01-02T00:00:00Z"
TIMES_US = {"shown": "epoch_us", "done": "epoch_us"}


def spec(*labels: Label, **changes: Any) -> LabelSpec:
    settings: dict[str, Any] = {
        "keys": ("key",),
        "event_time": "shown",
        "outcome_time": "done",
        "known_at": "known",
        "outcome_id": "id",
        "labels": labels or (Label(name="label", value="value", window=(0, 60)),),
        "as_of": DAY,
        "times": {**TIMES_US, "known": "epoch_us"},
    }
    return LabelSpec(**{**settings, **changes})


def events(*times: float | None, key: str | None = "k") -> pa.Table:
    shown = pa.array([None if time is None else round(time * S) for time in times], pa.int64())
    return pa.table({"key": pa.array([key] * len(times), pa.string()), "shown": shown})


def outcomes(*rows: tuple[float | None, float | None, int | None], key: str = "k", ids: list[Any] | None = None) -> Any:
    """(done, known, value) in seconds."""
    micro = [[None if time is None else round(time * S) for time in row[:2]] for row in rows]
    return pa.table(
        {
            "key": pa.array([key] * len(rows), pa.string()),
            "done": pa.array([row[0] for row in micro], pa.int64()),
            "known": pa.array([row[1] for row in micro], pa.int64()),
            "value": pa.array([row[2] for row in rows], pa.int64()),
            "id": pa.array(ids or list(range(len(rows))), pa.int64()),
        }
    )


def labels(joined: JoinedLabels, name: str = "label") -> list[Any]:
    return joined.labeled.column(name).to_pylist()


def statuses(table: pa.Table) -> list[tuple[str, str]]:
    return list(zip(table.column("reason").to_pylist(), table.column("detail").to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("done", "label"), [(-0.000001, 0), (0, 1), (0.000001, 1), (59.999999, 1), (60, 0), (60.000001, 0)]
)
def test_window_is_closed_at_its_start_and_open_at_its_end(done: float, label: int) -> None:
    joined = join_labels(events(0), outcomes((done, 100, 1)), spec())
    assert labels(joined) == [label]
    detail = "before_event" if done < 0 else "outside_window"
    assert statuses(joined.unused_outcomes) == ([] if label else [("orphan", detail)])


def test_window_of_one_microsecond_takes_the_outcome_of_that_microsecond() -> None:
    label = Label(name="label", value="value", window=(5, 5.000001))
    assert labels(join_labels(events(0), outcomes((5, 5, 1)), spec(label))) == [1]


def test_window_may_start_before_the_event() -> None:
    label = Label(name="label", value="value", window=(-10, 0))
    joined = join_labels(events(100), outcomes((95, 101, 1)), spec(label))
    assert labels(joined) == [1]
    assert joined.labels["label"].delay_s == {"before": 1}
    assert joined.labels["label"].known_after_s == {"1": 1}


@pytest.mark.parametrize(("pick", "label"), [("first", 7), ("last", 8)])
def test_of_several_outcomes_the_first_or_last_counts_and_the_other_is_superseded(pick: str, label: int) -> None:
    one = Label(name="label", value="value", window=(0, 60), pick=pick)
    joined = join_labels(events(0), outcomes((10, 10, 7), (20, 20, 8)), spec(one))
    assert labels(joined) == [label]
    assert statuses(joined.unused_outcomes) == [("superseded", "not_picked")]


@pytest.mark.parametrize("pick", ["first", "last"])
def test_of_outcomes_at_one_time_the_one_known_later_corrects_the_other(pick: str) -> None:
    one = Label(name="label", value="value", window=(0, 60), pick=pick)
    assert labels(join_labels(events(0), outcomes((10, 30, 8), (10, 20, 7)), spec(one))) == [8]


@pytest.mark.parametrize("pick", ["first", "last"])
def test_outcomes_that_tie_in_everything_fall_like_a_coin_but_the_same_way_in_any_order(pick: str) -> None:
    one = Label(name="label", value="value", window=(0, 1), pick=pick)
    times = range(40)
    tied = outcomes(*((time, 99, value) for time in times for value in (7, 8)))
    table = events(*times)
    forth, back = (
        labels(join_labels(table, found, spec(one))) for found in (tied, tied.take(pa.array(range(79, -1, -1))))
    )
    assert forth == back
    assert set(forth) == {7, 8}


def test_correction_known_after_as_of_does_not_exist_yet() -> None:
    found = outcomes((10, 20, 7), (11, 90_000, 8))
    joined = join_labels(events(0), found, spec())
    assert labels(joined) == [7]
    assert statuses(joined.unused_outcomes) == [("late", "known_after_as_of")]
    assert labels(join_labels(events(0), found, spec(as_of="1970-01-02T01:00:00Z"))) == [8]


def test_outcome_known_at_as_of_counts_and_one_without_known_at_never_does() -> None:
    joined = join_labels(events(0), outcomes((10, 86_400, 7), (20, None, 8)), spec())
    assert labels(joined) == [7]
    assert statuses(joined.unused_outcomes) == [("late", "never_known")]


def test_without_a_known_at_column_an_outcome_is_known_when_it_happens() -> None:
    found = outcomes((10, 99_999_999, 7)).drop(["known"])
    assert labels(join_labels(events(0), found, spec(known_at=None, times=TIMES_US))) == [7]


def test_same_outcome_again_is_a_duplicate_and_the_one_known_first_counts() -> None:
    joined = join_labels(events(0), outcomes((20, 25, 8), (10, 15, 7), ids=[4, 4]), spec())
    assert labels(joined) == [7]
    assert statuses(joined.unused_outcomes) == [("duplicate", "same_id")]


def test_outcomes_without_id_are_never_duplicates() -> None:
    joined = join_labels(events(0), outcomes((10, 15, 7), (20, 25, 8), ids=[None, None]), spec())
    assert statuses(joined.unused_outcomes) == [("superseded", "not_picked")]


@pytest.mark.parametrize(("as_of", "mature"), [("1970-01-01T00:01:00Z", True), ("1970-01-01T00:00:59.999999Z", False)])
def test_event_is_mature_from_the_moment_its_window_closes(as_of: str, mature: bool) -> None:
    joined = join_labels(events(0), outcomes(), spec(as_of=as_of))
    assert (joined.labeled.num_rows, joined.immature.num_rows) == (mature, not mature)


def test_lateness_puts_maturity_off() -> None:
    joined = join_labels(events(0), outcomes(), spec(as_of="1970-01-01T00:01:10Z", lateness=10.000001))
    assert statuses(joined.immature) == [("immature", "window_open")]


@pytest.mark.parametrize(("as_of", "mature"), [("2026-03-29T11:00:00Z", 1), ("2026-03-29T10:59:59.999999Z", 0)])
def test_lateness_goes_by_the_calendar_of_the_zone(as_of: str, mature: int) -> None:
    # At noon in Berlin on the day before the clocks go forward; the window is over at 13:00.
    noon = datetime(2026, 3, 28, 11, tzinfo=timezone.utc).timestamp()
    one = Label(name="label", value="value", window=(0, "1h"))
    joined = join_labels(events(noon), outcomes(), spec(one, as_of=as_of, zone="Europe/Berlin", lateness="1d"))
    assert joined.labeled.num_rows == mature


def test_positive_does_not_come_early_and_its_outcome_is_held_back_not_lost() -> None:
    joined = join_labels(events(0), outcomes((10, 10, 1)), spec(as_of="1970-01-01T00:00:30Z"))
    assert joined.labeled.num_rows == 0
    assert statuses(joined.unused_outcomes) == [("held_back", "event_immature")]


def test_event_waits_for_the_longest_window_of_its_labels() -> None:
    short = Label(name="short", value="value", window=(0, 10))
    long = Label(name="long", value="value", window=(0, 1000))
    joined = join_labels(events(0), outcomes(), spec(short, long, as_of="1970-01-01T00:01:00Z"))
    assert joined.immature.num_rows == 1


@pytest.mark.parametrize(("absence", "expected"), [("negative", [-1]), ("missing", [None]), ("exclude", [])])
def test_absence_means_what_the_label_declares(absence: str, expected: list[Any]) -> None:
    one = Label(name="label", value="value", window=(0, 60), absence=absence, negative=-1)
    joined = join_labels(events(0), outcomes(), spec(one))
    assert labels(joined) == expected
    assert statuses(joined.excluded) == ([("excluded", "no_label")] if absence == "exclude" else [])


def test_outcome_of_an_event_excluded_for_another_label_is_held_back() -> None:
    here = Label(name="here", value="value", window=(0, 60))
    there = Label(name="there", value="value", window=(60, 120), absence="exclude")
    joined = join_labels(events(0), outcomes((10, 10, 1)), spec(here, there))
    assert statuses(joined.excluded) == [("excluded", "no_there")]
    assert statuses(joined.unused_outcomes) == [("held_back", "event_excluded")]


def test_outcome_whose_value_is_null_counts_for_no_label_but_may_for_another() -> None:
    found = outcomes((10, 10, None)).append_column("mood", pa.array(["high"]))
    plain = Label(name="label", value="value", window=(0, 60))
    mood = Label(name="mood", value="mood", window=(0, 60), absence="missing")
    assert statuses(join_labels(events(0), found, spec(plain)).unused_outcomes) == [("orphan", "no_value")]
    joined = join_labels(events(0), found, spec(plain, mood))
    assert labels(joined) == [0]
    assert labels(joined, "mood") == ["high"]
    assert joined.unused_outcomes.num_rows == 0


def test_outcome_of_several_events_is_used_once_in_the_ledger() -> None:
    joined = join_labels(events(0, 1, 2), outcomes((10, 10, 1)), spec())
    assert labels(joined) == [1, 1, 1]
    assert joined.ledgers["outcomes"].parts["used"] == joined.ledgers["outcomes"].total == 1


def test_events_without_key_or_time_are_excluded_and_null_keys_meet_nobody() -> None:
    table = pa.concat_tables([events(None), events(0, key=None)])
    lost = outcomes((10, 10, 1)).set_column(0, "key", pa.array([None], pa.string()))
    joined = join_labels(table, lost, spec())
    assert sorted(statuses(joined.excluded)) == [("excluded", "no_event_time"), ("excluded", "no_key")]
    assert statuses(joined.unused_outcomes) == [("orphan", "no_key")]


@pytest.mark.parametrize("us", [2**63 - 1, -(2**63), 253_402_300_800_000_000, -62_135_596_800_000_001])
def test_time_outside_of_the_years_1_to_9999_is_refused_by_name(us: int) -> None:
    table = pa.table({"key": ["k", "k"], "shown": pa.array([0, us], pa.int64())})
    with pytest.raises(DataError, match=r"column 'shown': .* in row 2 lies outside of the years 1 to 9999"):
        join_labels(table, outcomes((10, 10, 1)), spec())


def test_timestamps_of_arrow_are_read_as_microseconds() -> None:
    table = events(0)
    table = table.set_column(1, "shown", table.column("shown").cast(pa.timestamp("us", "UTC")))
    assert labels(join_labels(table, outcomes((59, 60, 1)), spec())) == [1]


def test_features_of_several_values_pass_through_untouched() -> None:
    table = events(0).append_column("tags", pa.array([[b"x", b"y"]]))
    joined = join_labels(to_features(table), to_features(outcomes((10, 10, 1))), spec())
    assert joined.labeled.column("tags").to_pylist() == [[b"x", b"y"]]


def test_column_named_reason_is_kept_beside_ours() -> None:
    table = events(None).append_column("reason", pa.array(["rain"]))
    (row,) = join_labels(table, outcomes(), spec()).excluded.to_pylist()
    assert (row["reason"], row["reason_"], row["detail"]) == ("rain", "excluded", "no_event_time")


def test_hot_key_and_repeated_times_join_as_any_other() -> None:
    count = 20_000
    table = events(*range(count))
    joined = join_labels(table, outcomes(*((time + 0.5, 0, time) for time in range(count))), spec())
    last = [min(time + 59, count - 1) for time in range(count)]
    assert labels(joined) == last


def test_delays_and_classes_are_counted_by_power_of_two_and_by_value() -> None:
    joined = join_labels(events(0, 100, 200, 300), outcomes((0.5, 9, 7), (103, 104, 7), (204, 300, 8)), spec())
    facts = joined.labels["label"].to_dict()
    assert facts["ledger"]["parts"] == {"observed": 3, "negative": 1, "missing": 0}
    assert facts["coverage"] == 0.75
    assert facts["balance"] == {"7": 2, "0": 1, "8": 1}
    assert facts["delay_s"] == {"0": 1, "2": 1, "4": 1}
    assert facts["known_after_s"] == {"4": 1, "8": 1, "64": 1}


def test_all_faults_of_the_columns_are_told_at_once() -> None:
    left = events(0).append_column("label", pa.array([1]))
    right = outcomes((1, 1, 1)).drop(["done"]).set_column(0, "key", pa.array([5]))
    with pytest.raises(UsageError) as raised:
        join_labels(left, right, spec(split_by=("runner",)))
    message = str(raised.value)
    assert "1 column is missing from the events: runner; they have: key, shown, label" in message
    assert "1 column is missing from the outcomes: done; they have: key, known, value, id" in message
    assert "key 'key' is text in the events and integer in the outcomes" in message
    assert "label 'label' has the name of a column of the events" in message


def test_time_that_is_text_and_negative_that_does_not_fit_are_refused() -> None:
    left = events(0).set_column(1, "shown", pa.array(["yesterday"]))
    one = Label(name="label", value="value", negative="no")
    with pytest.raises(UsageError, match=r"(?s)event_time 'shown' of the events is text.*negative 'no'.*is integer"):
        join_labels(left, outcomes((1, 1, 1)), spec(one))


@pytest.mark.parametrize(("known_s", "label"), [(86_400, 8), (86_400.000001, 7)])
def test_correction_counts_from_the_very_moment_when_it_is_known(known_s: float, label: int) -> None:
    found = outcomes((12, 20, 7), (10, known_s, 8), ids=[5, 5])
    assert labels(join_labels(events(0), found, spec(same_id="latest"))) == [label]


@pytest.mark.parametrize(
    ("after", "count"), [("1970-01-01T00:00:59.999999+00:00", 1), ("1970-01-01T00:01:00+00:00", 0)]
)
def test_event_that_was_mature_at_the_very_moment_of_the_run_before_is_not_labeled_again(
    after: str, count: int
) -> None:
    joined = join_labels(events(0), outcomes(), spec(matured_after=after))
    assert (joined.labeled.num_rows, joined.details["events"].get("matured_before", 0)) == (count, 1 - count)


@pytest.mark.parametrize(("value", "expected"), [(1, [(1, 1)]), (0, []), (None, [])])
def test_an_early_label_counts_before_its_window_is_closed_where_it_is_positive(
    value: Any, expected: list[Any]
) -> None:
    one = Label(name="label", value="value", window=(0, 60), early=True)
    joined = join_labels(events(0), outcomes((10, 10, value)), spec(one, as_of="1970-01-01T00:00:30Z"))
    assert [tuple(row.values()) for row in joined.labeled.select(["label", "early"]).to_pylist()] == expected
    assert joined.immature.num_rows == 1 - len(expected)


def test_window_that_is_over_needs_no_positive_for_the_event_to_be_early() -> None:
    over = Label(name="over", value="value", window=(0, 10))
    still = Label(name="still", value="value", window=(10, 60), early=True)
    # A window is over at its very end.
    for as_of, labeled in (("00:30", 1), ("00:10", 1), ("00:09.999999", 0)):
        found = outcomes((10, 9, 1))
        joined = join_labels(events(0), found, spec(over, still, as_of=f"1970-01-01T00:{as_of}Z"))
        expected = [{"over": 0, "still": 1, "early": 1}] * labeled
        assert joined.labeled.select(["over", "still", "early"]).to_pylist() == expected


@pytest.mark.parametrize(("done", "skewed"), [(-0.000001, 1), (0, 0), (1, 0)])
def test_outcome_counts_by_the_skew_of_clocks_only_where_it_is_before_the_event(done: float, skewed: int) -> None:
    for pick in ("last", "count"):
        one = Label(name="label", value="value", window=(0, 60), pick=pick)
        joined = join_labels(events(0), outcomes((done, 9, 1)), spec(one, clock_skew=2))
        assert labels(joined) == [1]
        assert joined.details["outcomes"].get("clock_skew", 0) == skewed


@pytest.mark.parametrize("window", [(-60, -10), (10, 60)])
def test_clock_skew_does_not_widen_a_window_that_lies_wholly_before_or_after_the_event(window: tuple[int, int]) -> None:
    one = Label(name="label", value="value", window=window, pick="count")
    found = outcomes((-119, 9, 1), (-61, 9, 1), (window[0], 9, 1), (window[1], 9, 1))
    joined = join_labels(events(0), found, spec(one, clock_skew=120))
    assert labels(joined) == [1]
    assert joined.details["outcomes"].get("clock_skew", 0) == 0


def test_source_may_be_joined_by_more_keys_and_an_event_that_lacks_one_of_them_is_excluded() -> None:
    table = pa.concat_tables([events(0), events(0), events(0)]).append_column("runner", pa.array([1, 2, None]))
    found = outcomes((10, 10, 5), (10, 10, 6)).append_column("who", pa.array([1, 3]))
    source = OutcomeSource(name="runs", outcome_time="done", keys={"runner": "who"})
    several = spec(sources=(source,), outcome_time=None, known_at=None, outcome_id=None)
    joined = join_labels(table, found, several)
    rows = joined.labeled.select(["runner", "label"]).to_pylist()
    assert sorted((row["runner"], row["label"]) for row in rows) == [(1, 5), (2, 0)]
    assert statuses(joined.excluded) == [("excluded", "no_key")]
    assert statuses(joined.unused["runs"]) == [("orphan", "no_event")]


def test_of_equal_priority_at_one_time_the_one_known_later_counts() -> None:
    one = Label(name="label", value="value", window=(0, 60), pick="priority", priority="id")
    found = outcomes((10, 20, 7), (10, 30, 8), (5, 40, 9), ids=[1, 1, 1])
    assert labels(join_labels(events(0), found, spec(one, outcome_id=None))) == [8]


def test_any_is_1_however_many_outcomes_match_and_whatever_they_hold() -> None:
    found = outcomes((10, 10, None), (20, 20, 0), (30, 30, 5))
    matched = Label(name="label", pick="any", window=(0, 60))
    positive = Label(name="positive", value="value", pick="any", window=(0, 60))
    for rows, expected in ((found, [1, 1]), (found.slice(0, 2), [1, 0]), (found.slice(0, 0), [0, 0])):
        joined = join_labels(events(0), rows, spec(matched, positive))
        assert [*labels(joined), *labels(joined, "positive")] == expected


def test_priorities_are_compared_exactly_also_where_one_is_missing() -> None:
    # As floats, the first two would be equal, and the later one would count.
    one = Label(name="label", value="value", window=(0, 60), pick="priority", priority="id")
    found = outcomes((10, 10, 7), (20, 20, 8), (30, 30, 9), ids=[2**53 + 1, 2**53, None])
    assert labels(join_labels(events(0), found, spec(one, outcome_id=None))) == [7]


MOOD = Label(name="mood", value="value", window=(0, 60), order=("low", "high"), negative="low")


def test_ordered_texts_of_which_there_is_none_are_absent_and_numbers_in_their_place_are_refused() -> None:
    found = outcomes((10, 10, 1)).drop(["value"]).append_column("value", pa.array([None], pa.float32()))
    assert labels(join_labels(events(0), found, spec(MOOD)), "mood") == ["low"]
    found = found.drop(["value"]).append_column("value", pa.array([1.5], pa.float32()))
    with pytest.raises(DataError, match=r"column 'value' has float: expected the texts of the order of 'mood'"):
        join_labels(events(0), found, spec(MOOD))


def test_rules_that_do_not_fit_their_columns_are_all_told_at_once() -> None:
    wrong = (
        MOOD,
        Label(name="best", value="id", pick="priority", priority="key"),
        Label(name="sum", value="key", pick="sum", absence="missing"),
        Label(name="number", value="id", pick="count", negative=0.5),
    )
    with pytest.raises(UsageError) as raised:
        join_labels(events(0), outcomes((1, 1, 1)), spec(*wrong))
    message = str(raised.value)
    assert "label 'mood' has the order ('low', 'high'), but column 'value' is integer" in message
    assert "priority 'key' of label 'best' must be numbers" in message
    assert "label 'sum' is the sum of numbers, but column 'key' is text" in message
    assert "label 'number' has the negative 0.5" in message


def test_sum_of_fractions_depends_on_an_events_own_outcomes_only() -> None:
    own = outcomes((10, 10, 0), (20, 20, 0), (30, 30, 0))
    own = own.drop(["value"]).append_column("value", pa.array([0.1, 0.2, 0.3]))
    other = own.drop(["key"]).add_column(0, "key", pa.array(["a"] * 3))
    other = other.drop(["value"]).append_column("value", pa.array([1e300, -3.3, 7e15]))
    one = Label(name="label", value="value", window=(0, 60), pick="sum", negative=0.0)
    alone = labels(join_labels(events(0), own, spec(one)))
    assert alone == [pytest.approx(0.6)]
    assert labels(join_labels(events(0), pa.concat_tables([other, own.select(other.column_names)]), spec(one))) == alone


def test_aggregates_of_a_hot_key_are_those_of_each_window() -> None:
    count = 20_000
    r = np.random.default_rng(1)
    values = r.permutation(count)
    found = outcomes(*((time, time, int(values[time])) for time in range(count)))
    picks = ("count", "sum", "min", "max")
    of = tuple(Label(name=pick, value="value", window=(0, 600), pick=pick) for pick in picks)
    joined = join_labels(events(*range(count)), found, spec(*of, as_of="1970-01-03T00:00:00Z"))
    made = np.array([labels(joined, pick) for pick in picks])
    for at in range(0, count, 7):
        inside = values[at : at + 600]
        assert made[:, at].tolist() == [len(inside), inside.sum(), inside.min(), inside.max()]


def test_key_with_fractions_is_refused() -> None:
    left = events(0).set_column(0, "key", pa.array([1.5]))
    with pytest.raises(DataError, match=r"column 'key': 1\.5 in row 1 has a fraction"):
        join_labels(left, outcomes((1, 1, 1)), spec())


def test_empty_tables_join_to_empty_tables() -> None:
    joined = join_labels(events(), outcomes(), spec())
    assert joined.labeled.column_names == ["key", "shown", "label"]
    assert joined.ledgers["events"].total == joined.ledgers["outcomes"].total == 0
