"""Events and outcomes in, labeled examples out: the join of two tables.

    events                            outcomes                                     labeled
    suggestion_id  shown_at           suggestion_id  responded_at  accepted        suggestion_id  shown_at  accepted
    s1             10:00              s1             10:40         1          ->   s1             10:00     1
    s2             10:00                                                           s2             10:00     0

`decide` says what becomes of each row; here the rows are taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.labels.alarms import alarms_of, rows_by_detail
from headrace.labels.columns import Ints, check_columns, flat
from headrace.labels.decide import EVENT_PARTS, OUTCOME_PARTS, Decision, Fates, decide
from headrace.labels.facts import LabelFacts, facts_of
from headrace.labels.match import NONE
from headrace.labels.spec import Label, LabelSpec
from headrace.ledger import Ledger

REASON, DETAIL = "reason", "detail"
"""Columns that unlabeled events and unused outcomes get: a part of the ledger, and a word more. Flat text."""


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Every event and every outcome, in exactly one place each (used outcomes: in the labels).

    Attributes:
        labeled: the events that have all their labels, with a column for each.
        immature: events held back, with `reason` and `detail`.
        excluded: events that can't be examples, with `reason` and `detail`.
        unused_outcomes: outcomes that became no label, with `reason` and `detail`.
        ledgers: `events` and `outcomes`.
        labels: facts of each label: coverage, balance, delays.
        alarms: what is wrong with the whole; see `headrace.labels.alarms`.
    """

    labeled: pa.Table
    immature: pa.Table
    excluded: pa.Table
    unused_outcomes: pa.Table
    ledgers: Mapping[str, Ledger]
    labels: Mapping[str, LabelFacts]
    alarms: Sequence[Mapping[str, Any]]


def join_labels(events: pa.Table, outcomes: pa.Table, spec: LabelSpec) -> Joined:
    """Joins the outcomes to the events as labels.

    Tables are flat or in feature layout; columns of events keep their form, labels are flat. Rows stand in order of
    (time, keys, stable hash of the row), whatever the order they came in.

    Raises:
        UsageError: the columns are not what the spec says; all faults are named at once.
        DataError: a key or a time holds fractions, or a column that must be flat several values in one row.
    """
    check_columns(spec, events.schema, outcomes.schema)
    decision = decide(events, outcomes, spec)
    rows = decision.events.rows("labeled")
    labels = label_columns(outcomes, decision, rows, spec)
    immature, excluded = (with_reasons(events, decision.events, part) for part in ("immature", "excluded"))
    unused = with_reasons(outcomes, decision.outcomes, *(part for part in OUTCOME_PARTS if part != "used"))
    ledgers = ledgers_of(decision)
    facts = label_facts(decision, rows, labels)
    why = {"events": rows_by_detail(pa.concat_tables([immature, excluded])), "outcomes": rows_by_detail(unused)}
    return Joined(
        labeled=with_labels(events, rows, labels),
        immature=immature,
        excluded=excluded,
        unused_outcomes=unused,
        ledgers=ledgers,
        labels=facts,
        alarms=alarms_of(spec, ledgers, facts, why),
    )


def label_columns(outcomes: pa.Table, decision: Decision, rows: Ints, spec: LabelSpec) -> dict[str, pa.Array]:
    """The label columns of the events in `rows`, flat, by name."""
    return {label.name: _label_column(outcomes, decision.picks[label.name][rows], label) for label in spec.labels}


def with_labels(events: pa.Table, rows: Ints, labels: Mapping[str, pa.Array]) -> pa.Table:
    """The events in `rows` with their labels appended."""
    table = events.take(pa.array(rows))
    for name, column in labels.items():
        table = table.append_column(name, column)
    return table


def with_reasons(table: pa.Table, fates: Fates, *parts: str) -> pa.Table:
    """The rows of `parts` in canonical order, with `reason` and `detail` (and `_` after, where a name is taken)."""
    rows = fates.rows(*parts)
    taken = table.take(pa.array(rows))
    for name, column in zip((REASON, DETAIL), fates.reasons(rows), strict=True):
        while name in taken.column_names:
            name += "_"
        taken = taken.append_column(name, column)
    return taken


def label_facts(decision: Decision, rows: Ints, labels: Mapping[str, pa.Array]) -> dict[str, LabelFacts]:
    """Facts of each label over the labeled events in `rows`."""
    facts = {}
    for name, values in labels.items():
        picks = decision.picks[name][rows]
        observed = picks != NONE
        event_us = decision.event_us[rows[observed]]
        facts[name] = facts_of(
            values,
            observed=observed,
            delay_us=decision.outcome_us[picks[observed]] - event_us,
            known_after_us=decision.known_us[picks[observed]] - event_us,
        )
    return facts


def ledgers_of(decision: Decision) -> dict[str, Ledger]:
    """`events` = labeled + immature + excluded; `outcomes` = used and all kinds of unused."""
    sides = (("events", decision.events, EVENT_PARTS), ("outcomes", decision.outcomes, OUTCOME_PARTS))
    return {
        subject: Ledger(
            subject=subject,
            total=len(fates.fate),
            parts={part: len(fates.rows(part)) for part in parts},
        )
        for subject, fates, parts in sides
    }


def _label_column(outcomes: pa.Table, picks: Ints, label: Label) -> pa.Array:
    values = flat(outcomes, label.value)
    found = values.take(pa.array(picks, mask=picks == NONE))
    if label.absence != "negative":
        return found
    # Whole numbers stand for 0.0 too, and for False.
    negative = pa.scalar(label.negative).cast(found.type)
    return pc.if_else(pa.array(picks == NONE), negative, found) if np.any(picks == NONE) else found
