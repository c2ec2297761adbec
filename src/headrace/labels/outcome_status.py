"""What becomes of each outcome, once it is known what becomes of the events.

An outcome is, in this order: *late* (known after as-of, or never: it does not exist yet); *duplicate* (same id and keys
as one known before, where the first counts); *used* (it makes a label of a labeled event, alone or with others);
*held back* (it would, but its event is immature or excluded); *superseded* (corrected since; or it has a value and is
in a window, but another outcome counts); *late* again (in the window of an event that was labeled before it was known);
else *orphan*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from headrace.keyed.columns import Bools, Ints
from headrace.keyed.timeline import NONE, Timeline
from headrace.labels.event_status import EVENT_PARTS
from headrace.labels.label import Label
from headrace.labels.match import Matches
from headrace.labels.rules import LabelMatches, Values
from headrace.labels.sides import NEVER, EventSide, OutcomeSide
from headrace.labels.spec import LabelSpec
from headrace.labels.status import RowStatuses, Status
from headrace.times.durations import parse_duration

OUTCOME_PARTS = ("used", "superseded", "orphan", "duplicate", "late", "held_back")

USED, USED_BY_SKEW = Status("used"), Status("used", "clock_skew")
HELD_IMMATURE, HELD_EXCLUDED = Status("held_back", "event_immature"), Status("held_back", "event_excluded")
NOT_PICKED, CORRECTED = Status("superseded", "not_picked"), Status("superseded", "corrected")
LATE, NEVER_KNOWN = Status("late", "known_after_as_of"), Status("late", "never_known")
AFTER_LABEL = Status("late", "known_after_label")
DUPLICATE = Status("duplicate", "same_id")
NO_KEY, NO_TIME, NO_EVENT = (
    Status("orphan", "no_key"),
    Status("orphan", "no_outcome_time"),
    Status("orphan", "no_event"),
)
NO_VALUE, UNDECLARED = Status("orphan", "no_value"), Status("orphan", "undeclared_value")
TOO_EARLY, OUTSIDE = Status("orphan", "before_event"), Status("orphan", "outside_window")
OUTCOME_STATUSES = (
    *(USED, USED_BY_SKEW, HELD_IMMATURE, HELD_EXCLUDED, NOT_PICKED, CORRECTED, LATE, NEVER_KNOWN, AFTER_LABEL),
    *(DUPLICATE, NO_KEY, NO_TIME, NO_EVENT, NO_VALUE, UNDECLARED, TOO_EARLY, OUTSIDE),
)
_KIND = {status: kind for kind, status in enumerate(OUTCOME_STATUSES)}
_UNDECIDED = -1


def outcome_statuses(
    left: EventSide,
    right: OutcomeSide,
    found: Mapping[str, LabelMatches],
    values: Mapping[str, Values],
    event_parts: Ints,
    spec: LabelSpec,
) -> RowStatuses:
    """The status of each outcome of one source; `event_parts` has the part of each event: an index of `EVENT_PARTS`."""
    labels = spec.labels_of(right.source)
    kind = np.full(len(right.time), _UNDECIDED)
    # Labeled events last: an outcome that one of them uses is used, whatever other events picked it.
    for part, held in (("excluded", HELD_EXCLUDED), ("immature", HELD_IMMATURE), ("labeled", USED)):
        among = event_parts == EVENT_PARTS.index(part)
        for label in labels:
            kind[_makers(right, found[label.name], label, values[label.name], among)] = _KIND[held]
    if parse_duration(right.source.clock_skew).us:
        labeled = event_parts == EVENT_PARTS.index("labeled")
        used = np.flatnonzero(kind == _KIND[USED])
        kind[used] = _KIND[USED_BY_SKEW]
        for label in labels:
            plain = _makers(right, found[label.name], label, values[label.name], labeled, plain=True)
            kind[plain] = _KIND[USED]
    undecided = kind == _UNDECIDED
    late = ~right.is_known | (right.known > spec.as_of_us)
    kind[late] = _KIND[LATE]
    kind[~right.is_known] = _KIND[NEVER_KNOWN]
    undecided &= ~late
    kind[undecided & (right.until == NEVER)] = _KIND[DUPLICATE]
    kind[undecided & (right.until > NEVER) & (right.until <= spec.as_of_us)] = _KIND[CORRECTED]
    rest = np.flatnonzero(kind == _UNDECIDED)
    if len(rest):
        kind[rest] = _status_of_rest(rest, left, right, found, values, spec)
    return RowStatuses(kinds=OUTCOME_STATUSES, kind=kind, order=right.order())


def _makers(
    right: OutcomeSide, found: LabelMatches, label: Label, values: Values, among: Bools, *, plain: bool = False
) -> Ints:
    """The outcomes that make `label` for events that are `among`; `plain`: not those that count by clock skew only."""
    if not label.aggregates:
        events = np.flatnonzero(among & (found.rows != NONE))
        rows = found.rows[events]
        return rows[right.time[rows] >= found.window.plain_low[events]] if plain else rows
    makers = [np.zeros(0, np.int64)]
    for matches in found.matches:
        events = matches.events
        if plain:
            low, high = found.window.plain_low[events], found.window.high[events]
            matches = Matches.of(events, matches.timeline, right.event_code[events], low, high)
        makers.append(matches.only(values.declared[matches.timeline.rows]).outcomes(among[events]))
    return np.concatenate(makers)


def _status_of_rest(
    rest: Ints,
    left: EventSide,
    right: OutcomeSide,
    found: Mapping[str, LabelMatches],
    values: Mapping[str, Values],
    spec: LabelSpec,
) -> Ints:
    """The status of outcomes that make no label: superseded, known after their event was labeled, or orphan."""
    labels = spec.labels_of(right.source)
    joinable = np.flatnonzero(left.joinable)
    kind = np.full(len(right.time), _KIND[OUTSIDE])
    _mark_without_event(kind, rest, left.time[joinable], right.event_code[joinable], right)
    judged = [(matches, values[label.name]) for label in labels for matches in found[label.name].matches]
    ever = []
    if len(spec.as_ofs_us) > 1:
        ever = list(_in_any_window(rest, joinable, right, found, values, labels))
    for matches in {id(matches): matches for matches, _ in [*judged, *ever]}.values():
        kind[matches.outcomes()] = _KIND[NO_VALUE]
    for matches, of_label in [*judged, *ever]:
        if of_label.declared is not of_label.there:
            kind[_outcomes(matches, of_label.there)] = _KIND[UNDECLARED]
    for matches, of_label in ever:
        kind[_outcomes(matches, of_label.declared)] = _KIND[AFTER_LABEL]
    for matches, of_label in judged:
        kind[_outcomes(matches, of_label.declared)] = _KIND[NOT_PICKED]
    kind[~right.has_time] = _KIND[NO_TIME]
    kind[~right.has_key] = _KIND[NO_KEY]
    return kind[rest]


def _outcomes(matches: Matches, keep: Bools) -> Ints:
    return matches.only(keep[matches.timeline.rows]).outcomes()


def _mark_without_event(kind: Ints, rest: Ints, event_time: Ints, event_code: Ints, right: OutcomeSide) -> None:
    """Marks those of `rest` whose key has no event, or none before them."""
    codes = 1 + max(int(right.code.max(initial=-1)), int(right.event_code.max(initial=-1)))
    wanted = np.zeros(codes, dtype=bool)
    wanted[right.code[rest]] = True
    some = wanted[event_code]
    first = np.full(codes, np.iinfo(np.int64).max)
    np.minimum.at(first, event_code[some], event_time[some])
    kind[rest[right.time[rest] < first[right.code[rest]]]] = _KIND[TOO_EARLY]
    kind[rest[first[right.code[rest]] == np.iinfo(np.int64).max]] = _KIND[NO_EVENT]


def _in_any_window(
    rest: Ints,
    joinable: Ints,
    right: OutcomeSide,
    found: Mapping[str, LabelMatches],
    values: Mapping[str, Values],
    labels: tuple[Label, ...],
) -> Iterator[tuple[Matches, Values]]:
    """Events, with the outcomes of `rest` in their windows, whenever these became known."""
    wanted = np.zeros(len(right.time), dtype=bool)
    wanted[rest] = right.joinable[rest]
    rows = right.best_first[wanted[right.best_first]]
    timeline = Timeline.of(rows, right.code[rows], right.time[rows])
    for label in labels:
        window = found[label.name].window
        low, high = window.low[joinable], window.high[joinable]
        yield Matches.of(joinable, timeline, right.event_code[joinable], low, high), values[label.name]
