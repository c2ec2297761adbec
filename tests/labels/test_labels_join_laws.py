from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from label_join_cases import EVENTS, HALF_S, OUTCOMES, events_table, instant, outcomes_table, specs
from label_join_oracle import join_in_loops

from headrace.features import to_features
from headrace.labels import Joined, LabelSpec, join_labels
from headrace.labels.order import row_hashes

FEW = settings(max_examples=80, deadline=None)
FEWER = settings(max_examples=30, deadline=None)
Rows = list[dict[str, Any]]


def hashes(table: pa.Table) -> list[int]:
    return row_hashes(table, np.arange(table.num_rows)).tolist() if table.num_rows else []


def multiset(rows: Rows) -> Counter[str]:
    return Counter(repr(sorted(row.items())) for row in rows)


def ordered(rows: Rows, hashed: list[int], spec: LabelSpec) -> list[int]:
    def place(i: int) -> Any:
        keys = [(rows[i][name] is None, rows[i][name]) for name in spec.keys]
        return (rows[i]["at"] or 0, [key if not key[0] else (True, 0) for key in keys], hashed[i])

    return sorted(range(len(rows)), key=place)


@FEW
@given(EVENTS, OUTCOMES, specs())
def test_join_equals_nested_loops(events: Rows, outcomes: Rows, spec: LabelSpec) -> None:
    left, right = events_table(events), outcomes_table(outcomes)
    joined = join_labels(left, right, spec)

    fates, labels, outcome_fates = join_in_loops(events, outcomes, spec, hashes(right))
    order = ordered(events, hashes(left), spec)
    expected: dict[str, Rows] = {"labeled": [], "immature": [], "excluded": []}
    for i in order:
        part, detail = fates[i]
        extra = labels[i] if part == "labeled" else {"reason": part, "detail": detail}
        expected[part].append({**events[i], **extra})
    assert joined.labeled.to_pylist() == expected["labeled"]
    assert joined.immature.to_pylist() == expected["immature"]
    assert joined.excluded.to_pylist() == expected["excluded"]

    unused = [
        {**row, "reason": part, "detail": detail}
        for row, (part, detail) in zip(outcomes, outcome_fates, strict=True)
        if part != "used"
    ]
    assert multiset(joined.unused_outcomes.to_pylist()) == multiset(unused)
    for name, of_oracle in (("events", fates), ("outcomes", outcome_fates)):
        counts = Counter(part for part, _ in of_oracle)
        assert joined.ledgers[name].total == len(of_oracle)
        assert {part: count for part, count in joined.ledgers[name].parts.items() if count} == counts


@FEW
@given(EVENTS, OUTCOMES, specs())
def test_every_row_is_in_one_place_and_counted_there(events: Rows, outcomes: Rows, spec: LabelSpec) -> None:
    joined = join_labels(events_table(events), outcomes_table(outcomes), spec)
    places = [joined.labeled, joined.immature, joined.excluded]
    rows = [row for table in places for row in table.select(["who", "nr", "at", "wind"]).to_pylist()]
    assert multiset(rows) == multiset(events)
    book = joined.ledgers["outcomes"]
    assert joined.unused_outcomes.num_rows + book["used"] == book.total == len(outcomes)
    for label in spec.labels:
        facts = joined.labels[label.name]
        column = joined.labeled.column(label.name)
        assert facts.observed + facts.negative + facts.missing == joined.labeled.num_rows
        assert facts.missing == column.null_count
        assert sum(facts.delay_s.values()) == sum(facts.known_after_s.values()) == facts.observed
        assert sum(facts.balance.values()) == facts.observed + facts.negative


@FEWER
@given(EVENTS, OUTCOMES, specs(), st.randoms(use_true_random=False))
def test_order_of_the_input_does_not_matter(
    events: Rows, outcomes: Rows, spec: LabelSpec, shuffle: random.Random
) -> None:
    joined = join_labels(events_table(events), outcomes_table(outcomes), spec)
    shuffled = [shuffle.sample(rows, len(rows)) for rows in (events, outcomes)]
    assert_equal(join_labels(events_table(shuffled[0]), outcomes_table(shuffled[1]), spec), joined)


@FEWER
@given(EVENTS, OUTCOMES, specs())
def test_feature_layout_gives_what_flat_tables_give(events: Rows, outcomes: Rows, spec: LabelSpec) -> None:
    left, right = events_table(events), outcomes_table(outcomes)
    flat, listed = join_labels(left, right, spec), join_labels(to_features(left), to_features(right), spec)
    assert to_features(listed.labeled).equals(to_features(flat.labeled))
    assert to_features(listed.unused_outcomes).equals(to_features(flat.unused_outcomes))
    assert (listed.ledgers, listed.labels) == (flat.ledgers, flat.labels)


@FEW
@given(EVENTS, OUTCOMES, specs())
def test_what_is_known_after_as_of_changes_nothing(events: Rows, outcomes: Rows, spec: LabelSpec) -> None:
    name = spec.known_at or spec.outcome_time
    then = [row for row in outcomes if row[name] is not None and row[name] <= spec.as_of_us]
    now = join_labels(events_table(events), outcomes_table(outcomes), spec)
    rebuilt = join_labels(events_table(events), outcomes_table(then), spec)
    assert now.labeled.equals(rebuilt.labeled)
    assert now.immature.equals(rebuilt.immature)
    assert now.excluded.equals(rebuilt.excluded)


@FEW
@given(EVENTS, OUTCOMES, specs(), st.integers(1, 8))
def test_mature_label_changes_only_by_an_outcome_known_later(
    events: Rows, outcomes: Rows, spec: LabelSpec, steps: int
) -> None:
    assume(len({(row["who"], row["nr"], row["at"]) for row in events}) == len(events))
    later = replace(spec, as_of=instant(spec.as_of_us + steps * HALF_S))
    labels = [label.name for label in spec.labels]
    before, after = (
        {
            (row["who"], row["nr"], row["at"]): [row[name] for name in labels]
            for row in join_labels(events_table(events), outcomes_table(outcomes), one).labeled.to_pylist()
        }
        for one in (spec, later)
    )
    assert before.keys() <= after.keys()
    known = spec.known_at or spec.outcome_time
    news = [row for row in outcomes if row[known] is not None and spec.as_of_us < row[known] <= later.as_of_us]
    place = {"who": 0, "nr": 1}
    changed = [event for event in before if before[event] != after[event]]
    for event in changed:
        assert any(all(row[key] == event[place[key]] for key in spec.keys) for row in news)


def assert_equal(found: Joined, expected: Joined) -> None:
    for name in ("labeled", "immature", "excluded", "unused_outcomes"):
        assert getattr(found, name).equals(getattr(expected, name)), name
    assert (found.ledgers, found.labels) == (expected.ledgers, expected.labels)
