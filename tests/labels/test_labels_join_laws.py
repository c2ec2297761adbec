"""Laws of the join over random data, which `label_join_cases` draws; `label_join_oracle` is the oracle."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from example_counts import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from label_join_cases import EVENT_SCHEMA, Case, Rows, cases, instant
from label_join_oracle import join_in_loops

from headrace.examples.layout import to_features
from headrace.examples.splits import entity_text, split_numbers
from headrace.keyed.order import row_hashes
from headrace.labels import JoinedLabels, LabelSpec, join_labels


def hashes(table: pa.Table) -> list[int]:
    return row_hashes(table, np.arange(table.num_rows)).tolist() if table.num_rows else []


def multiset(rows: Rows) -> Counter[str]:
    return Counter(repr(sorted(row.items())) for row in rows)


def ordered(rows: Rows, hashed: list[int], spec: LabelSpec) -> list[int]:
    def place(i: int) -> Any:
        keys = [(rows[i][name] is None, rows[i][name]) for name in spec.keys]
        return (rows[i]["at"] or 0, [key if not key[0] else (True, 0) for key in keys], hashed[i])

    return sorted(range(len(rows)), key=place)


def splits_of(spec: LabelSpec) -> Callable[[dict[str, Any]], tuple[int, int]]:
    def splits(event: dict[str, Any]) -> tuple[int, int]:
        row = pa.Table.from_pylist([event], schema=EVENT_SCHEMA)
        (entity,) = split_numbers(entity_text(row, spec.split_by or spec.keys), spec.splits).tolist()
        borders = spec.split_time.borders_us if spec.split_time else []
        return entity, sum(border <= event["at"] for border in borders)

    return splits


@examples(2)
@given(cases())
def test_join_equals_nested_loops(case: Case) -> None:
    spec = case.spec
    left, rights = case.tables()
    joined = join_labels(left, rights, spec)

    hashed = {name: hashes(table) for name, table in rights.items()}
    found = join_in_loops(case.events, case.outcomes, spec, hashed, splits_of(spec))
    expected: dict[str, Rows] = {"labeled": [], "immature": [], "excluded": []}
    for i in ordered(case.events, hashes(left), spec):
        part, detail = found.statuses[i]
        extra = found.columns[i] if part == "labeled" else {"reason": part, "detail": detail}
        expected[part].append({**case.events[i], **extra})
    assert joined.labeled.to_pylist() == expected["labeled"]
    assert joined.immature.to_pylist() == expected["immature"]
    assert joined.excluded.to_pylist() == expected["excluded"]

    for name, statuses in found.outcomes.items():
        unused = [
            {**row, "reason": part, "detail": detail}
            for row, (part, detail) in zip(case.outcomes[name], statuses, strict=True)
            if part != "used"
        ]
        assert multiset(joined.unused[name].to_pylist()) == multiset(unused)
    for name, of_oracle in {"events": found.statuses, **found.outcomes}.items():
        counts = Counter(part for part, _ in of_oracle)
        assert joined.ledgers[name].total == len(of_oracle)
        assert {part: count for part, count in joined.ledgers[name].parts.items() if count} == counts
        assert joined.details[name] == Counter(detail for _, detail in of_oracle if detail)


@given(cases())
def test_every_row_is_in_one_place_and_counted_there(case: Case) -> None:
    left, rights = case.tables()
    joined = join_labels(left, rights, case.spec)
    places = [joined.labeled, joined.immature, joined.excluded]
    rows = [row for table in places for row in table.select(["who", "nr", "at", "wind"]).to_pylist()]
    assert multiset(rows) == multiset(case.events)
    for name, outcomes in case.outcomes.items():
        book = joined.ledgers[name]
        assert joined.unused[name].num_rows + book["used"] == book.total == len(outcomes)
    for label in case.spec.labels:
        facts = joined.labels[label.name]
        column = joined.labeled.column(label.name)
        assert facts.observed + facts.negative + facts.missing == joined.labeled.num_rows
        assert facts.missing == column.null_count
        assert sum(facts.delay_s.values()) == sum(facts.known_after_s.values()) == facts.observed
        if not pa.types.is_floating(column.type):
            assert sum(facts.balance.values()) == facts.observed + facts.negative


@given(cases(), st.randoms(use_true_random=False))
def test_order_of_the_input_does_not_matter(case: Case, shuffle: random.Random) -> None:
    assert_equal(join_labels(*case.tables(shuffle), case.spec), join_labels(*case.tables(), case.spec))


@given(cases())
def test_feature_layout_gives_what_flat_tables_give(case: Case) -> None:
    left, rights = case.tables()
    listed_rights = {name: to_features(table) for name, table in rights.items()}
    flat, listed = join_labels(left, rights, case.spec), join_labels(to_features(left), listed_rights, case.spec)
    assert to_features(listed.labeled).equals(to_features(flat.labeled))
    for name in rights:
        assert to_features(listed.unused[name]).equals(to_features(flat.unused[name]))
    assert (listed.ledgers, listed.labels) == (flat.ledgers, flat.labels)


@given(cases())
def test_what_is_known_after_as_of_changes_nothing(case: Case) -> None:
    then = {}
    for source in case.spec.outcome_sources:
        known = source.known_at or source.outcome_time
        rows = case.outcomes[source.name]
        then[source.name] = [row for row in rows if row[known] is not None and row[known] <= case.spec.as_of_us]
    now = join_labels(*case.tables(), case.spec)
    rebuilt = join_labels(*replace_outcomes(case, then).tables(), case.spec)
    for name in ("labeled", "immature", "excluded"):
        assert getattr(now, name).equals(getattr(rebuilt, name))


@given(cases(scheduled=False), st.integers(1, 8))
def test_mature_label_changes_only_by_an_outcome_known_later(case: Case, steps: int) -> None:
    places = [(row["who"], row["nr"], row["at"]) for row in case.events]
    assume(len(set(places)) == len(places))
    spec = replace(case.spec, matured_after=None, labels=tuple(replace(one, early=False) for one in case.spec.labels))
    later = replace(spec, as_of=instant(spec.as_of_us + steps * 500_000))
    names = [label.name for label in spec.labels]
    before, after = (
        {
            (row["who"], row["nr"], row["at"]): [row[name] for name in names]
            for row in join_labels(*case.tables(), one).labeled.to_pylist()
        }
        for one in (spec, later)
    )
    excluded = [label for label in spec.labels if label.absence == "exclude"]
    corrected = any(source.same_id == "latest" for source in spec.outcome_sources)
    # Only a correction to nothing can take a label away that was there.
    assert before.keys() <= after.keys() or (excluded and corrected)
    news: Rows = []
    for source in spec.outcome_sources:
        known = source.known_at or source.outcome_time
        for row in case.outcomes[source.name]:
            if row[known] is not None and spec.as_of_us < row[known] <= later.as_of_us:
                columns = source.key_columns(spec.keys)
                news.append({name: row[there] for name, there in columns.items()})
    for who, nr, at in before.keys() & after.keys():
        if before[who, nr, at] != after[who, nr, at]:
            event = {"who": who, "nr": nr}
            assert any(all(event[key] == value for key, value in row.items()) for row in news)


@given(cases(scheduled=True))
def test_backfill_equals_a_run_at_each_as_of_row_for_row(case: Case) -> None:
    backfill = join_labels(*case.tables(), case.spec)
    previous, daily = case.spec.matured_after, []
    for as_of in case.spec.as_of:
        joined = join_labels(*case.tables(), replace(case.spec, as_of=as_of, matured_after=previous))
        daily.append(joined.labeled)
        previous = as_of
    assert multiset(pa.concat_tables(daily).to_pylist()) == multiset(backfill.labeled.to_pylist())
    assert backfill.immature.num_rows == joined.immature.num_rows


def replace_outcomes(case: Case, outcomes: dict[str, Rows]) -> Case:
    return Case(case.events, outcomes, case.spec)


def assert_equal(found: JoinedLabels, expected: JoinedLabels) -> None:
    for name in ("labeled", "immature", "excluded"):
        assert getattr(found, name).equals(getattr(expected, name)), name
    for name, table in expected.unused.items():
        assert found.unused[name].equals(table), name
    assert (found.ledgers, found.labels, found.details) == (expected.ledgers, expected.labels, expected.details)
