"""Events and outcomes in, labeled examples out: the join of tables.

    events                            outcomes                                     labeled
    suggestion_id  shown_at           suggestion_id  responded_at  accepted        suggestion_id  shown_at  accepted
    s1             10:00              s1             10:40         1          ->   s1             10:00     1
    s2             10:00                                                           s2             10:00     0

`headrace.labels.decide` decides about each row by number; this module takes the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa

from headrace.alarms import Alarm
from headrace.config.templates import refuse_placeholders
from headrace.errors import UsageError
from headrace.keyed.columns import Ints
from headrace.keyed.side_names import EVENTS
from headrace.keyed.time_units import with_units
from headrace.keyed.timeline import NONE
from headrace.labels.alarms import alarms_of
from headrace.labels.check import check_columns
from headrace.labels.decide import Decision, decide
from headrace.labels.event_status import EVENT_PARTS
from headrace.labels.facts import LabelFacts, facts_of
from headrace.labels.label import Label
from headrace.labels.outcome_status import OUTCOME_PARTS
from headrace.labels.rules import negative_as
from headrace.labels.spec import LabelSpec
from headrace.labels.status import RowStatuses
from headrace.ledger import Ledger
from headrace.values import ColumnType, epoch
from headrace.values.choose import choose

REASON, DETAIL = "reason", "detail"
"""Flat text columns that unlabeled events and unused outcomes get: a part of the ledger, and why."""

UNLABELED, UNUSED = EVENT_PARTS[1:], OUTCOME_PARTS[1:]

Side = TypeVar("Side")
"""What a source of outcomes is given as: a table, paths, channels."""


@dataclass(frozen=True, kw_only=True)
class JoinedLabels:
    """Every event and every outcome in exactly one place; used outcomes are in the labels.

    Attributes:
        labeled: the events that have all their labels, with a column for each.
        immature: events held back, with `reason` and `detail`.
        excluded: events that can't be examples, with `reason` and `detail`.
        unused: by source, the outcomes that became no label, with `reason` and `detail`.
        ledgers: of `events`, and of the outcomes by the name of their source: `outcomes` where there is one.
        details: the same rows by `detail`, also those that are in the examples: `early` events, outcomes that count
            thanks to the tolerated `clock_skew`.
        labels: facts of each label: coverage, balance, delays.
        alarms: what is wrong with the whole; see `headrace.labels.alarms`.
        remarks: in which unit times were read that are whole numbers, where that was found by their range.
    """

    labeled: pa.Table
    immature: pa.Table
    excluded: pa.Table
    unused: Mapping[str, pa.Table]
    ledgers: Mapping[str, Ledger]
    details: Mapping[str, Mapping[str, int]]
    labels: Mapping[str, LabelFacts]
    alarms: Sequence[Alarm]
    remarks: Sequence[str] = ()

    @property
    def unused_outcomes(self) -> pa.Table:
        """The unused outcomes of the one source.

        Raises:
            UsageError: there are several.
        """
        if len(self.unused) > 1:
            raise UsageError(
                f"there are several sources of outcomes, ask `unused` for one of: {', '.join(self.unused)}"
            )
        (table,) = self.unused.values()
        return table


def join_labels(events: pa.Table, outcomes: pa.Table | Mapping[str, pa.Table], spec: LabelSpec) -> JoinedLabels:
    """Joins the outcomes to the events as labels.

    Tables are flat or in feature layout; columns of events keep their form, labels are flat. Rows come out in order of
    time, keys, and a stable hash of the row, whatever the order they came in.

    Args:
        events: a row each.
        outcomes: a row each; by name where the spec has several sources.
        spec: what to join and how.

    Raises:
        UsageError: the columns or the sources are not what the spec says; all faults are named at once. Or the spec has
            placeholders without a value.
        DataError: a key, time or value can't be taken exactly, or it is not known what the whole numbers of a column of
            times count; names column, row, value and cure.
    """
    refuse_placeholders(spec.to_json())
    by_source = by_name(outcomes, spec)
    check_columns(spec, events.schema, {name: table.schema for name, table in by_source.items()})
    events, remarks = with_units(EVENTS, events, [spec.event_time], spec.times)
    for source in spec.outcome_sources:
        table, more = with_units(source.name, by_source[source.name], source.time_columns, spec.times_of(source))
        by_source[source.name] = table
        remarks += more
    decision = decide(events, by_source, spec)
    rows = decision.events.rows("labeled")
    labels = label_columns(decision, rows, spec)
    ledgers, facts, details = ledgers_of(decision), label_facts(decision, rows, labels, spec), details_of(decision)
    return JoinedLabels(
        labeled=with_columns(events, rows, {**labels, **flag_columns(decision, rows, spec)}),
        immature=with_reasons(events, decision.events, "immature"),
        excluded=with_reasons(events, decision.events, "excluded"),
        unused={name: with_reasons(table, decision.outcomes[name], *UNUSED) for name, table in by_source.items()},
        ledgers=ledgers,
        details=details,
        labels=facts,
        alarms=alarms_of(spec, ledgers, facts, details),
        remarks=remarks,
    )


def by_name(outcomes: Side | Mapping[str, Side], spec: LabelSpec) -> dict[str, Side]:
    """The outcomes that a caller gave, by source. Where the spec has one source they need not be in a mapping.

    Raises:
        UsageError: the names are not those of the spec.
    """
    names = [source.name for source in spec.outcome_sources]
    if not isinstance(outcomes, Mapping):
        if len(names) > 1:
            raise UsageError(f"expected the outcomes of several sources by name: {', '.join(names)}")
        return {names[0]: outcomes}
    if set(outcomes) != set(names):
        raise UsageError(f"expected outcomes of {', '.join(names)}, got {', '.join(outcomes) or 'none'}")
    return {name: outcomes[name] for name in names}


def label_columns(decision: Decision, rows: Ints, spec: LabelSpec) -> dict[str, pa.Array]:
    """The label columns of the events in `rows`, flat, by name."""
    return {label.name: _label_column(decision, rows, label) for label in spec.labels}


def flag_columns(decision: Decision, rows: Ints, spec: LabelSpec) -> dict[str, pa.Array]:
    """Further columns that the spec declares: whether examples are early, and as of when they were judged."""
    flags: dict[str, pa.Array] = {}
    if spec.flags_early:
        flags[spec.early_column] = pa.array(decision.is_early[rows].astype(np.int64))
    if spec.as_of_column is not None:
        flags[spec.as_of_column] = pa.array(decision.as_of_us[rows])
    return flags


def added_types(spec: LabelSpec, outcomes: Mapping[str, Mapping[str, ColumnType]]) -> dict[str, ColumnType]:
    """The types of the columns that labeling adds, from those of the outcomes by source, as far as these are known."""
    found: dict[str, ColumnType] = {}
    for source in spec.outcome_sources:
        for label in spec.labels_of(source):
            what = _label_type(label, outcomes[source.name])
            found.update({} if what is None else {label.name: what})
    if spec.flags_early:
        found[spec.early_column] = ColumnType(kind="boolean")
    if spec.as_of_column is not None:
        found[spec.as_of_column] = epoch("us")
    return found


def _label_type(label: Label, outcomes: Mapping[str, ColumnType]) -> ColumnType | None:
    if label.pick == "any":
        return ColumnType(kind="boolean")
    if label.value is None or label.ordinal or label.pick == "count":
        return ColumnType(kind="real" if label.pick == "mean" else "integer")
    value = outcomes.get(label.value)
    if label.pick in ("sum", "mean") and (value is None or value.kind not in ("quantity", "duration", "real")):
        return ColumnType(kind="real") if label.pick == "mean" else None
    return value


def with_columns(events: pa.Table, rows: Ints, columns: Mapping[str, pa.Array]) -> pa.Table:
    """The events in `rows` with `columns` appended."""
    table = events.take(rows)
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


def with_reasons(table: pa.Table, statuses: RowStatuses, *parts: str) -> pa.Table:
    """The rows of `parts` in canonical order, with columns `reason` and `detail`; `_` is appended to a taken name."""
    rows = statuses.rows(*parts)
    taken = table.take(rows)
    for name, column in zip((REASON, DETAIL), statuses.reasons(rows), strict=True):
        while name in taken.column_names:
            name += "_"
        taken = taken.append_column(name, column)
    return taken


def label_facts(
    decision: Decision, rows: Ints, labels: Mapping[str, pa.Array], spec: LabelSpec
) -> dict[str, LabelFacts]:
    """Facts of each label over the labeled events in `rows`."""
    facts = {}
    for source in spec.outcome_sources:
        for label in spec.labels_of(source):
            found = decision.labels[label.name]
            observed = found.rows[rows] != NONE
            events = rows[observed]
            event_us = decision.event_us[events]
            facts[label.name] = facts_of(
                labels[label.name],
                observed=observed,
                delay_us=decision.outcome_us[source.name][found.rows[events]] - event_us,
                known_after_us=found.known_us[events] - event_us,
            )
    return {label.name: facts[label.name] for label in spec.labels}


def ledgers_of(decision: Decision) -> dict[str, Ledger]:
    """`events` = labeled + immature + excluded; the outcomes of each source = used and all kinds of unused."""
    sides: list[tuple[str, RowStatuses, tuple[str, ...]]] = [(EVENTS, decision.events, EVENT_PARTS)]
    sides += [(name, statuses, OUTCOME_PARTS) for name, statuses in decision.outcomes.items()]
    return {
        subject: Ledger(subject=subject, total=len(statuses.kind), parts=statuses.count_parts(parts))
        for subject, statuses, parts in sides
    }


def details_of(decision: Decision) -> dict[str, dict[str, int]]:
    """Rows by detail, of the events and of each source."""
    return {name: one.count_details() for name, one in {EVENTS: decision.events, **decision.outcomes}.items()}


def _label_column(decision: Decision, rows: Ints, label: Label) -> pa.Array:
    found = decision.labels[label.name]
    values, absent = found.at(rows), found.rows[rows] == NONE
    if label.absence != "negative" or not np.any(absent):
        return values
    # A negative of 0 fits labels of fractions and booleans too.
    return choose(pa.array(absent), negative_as(values.type, label), values)
