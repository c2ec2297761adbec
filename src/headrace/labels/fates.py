"""The parts of the ledgers, and which outcome belongs to which.

An outcome is, in this order: *late* (known after as-of, or never: it does not exist yet); *duplicate* (same id and keys
as one known before, where the first counts); *used* (it makes a label of a labeled event, alone or with others);
*held back* (it would, but its event is immature or excluded); *superseded* (corrected since, or in a window, with a
value, and another one counts); *late* again (in the window of an event that was labeled before it was known); else
*orphan*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from headrace.keyed.columns import Bools, Ints
from headrace.keyed.timeline import NONE, Timeline
from headrace.labels.label import Label
from headrace.labels.match import Matches
from headrace.labels.rules import Found, Values
from headrace.labels.sides import NEVER, EventSide, OutcomeSide
from headrace.labels.spec import LabelSpec
from headrace.times.durations import parse_duration

Fate = tuple[str, str]
"""A part of the ledger, and the detail in a word."""

EVENT_PARTS = ("labeled", "immature", "excluded")

USED, USED_BY_SKEW = ("used", ""), ("used", "clock_skew")
HELD_IMMATURE, HELD_EXCLUDED = ("held_back", "event_immature"), ("held_back", "event_excluded")
SUPERSEDED, CORRECTED = ("superseded", "not_picked"), ("superseded", "corrected")
LATE, NEVER_KNOWN = ("late", "known_after_as_of"), ("late", "never_known")
AFTER_LABEL = ("late", "known_after_label")
DUPLICATE = ("duplicate", "same_id")
KEYLESS, TIMELESS, EVENTLESS = ("orphan", "no_key"), ("orphan", "no_outcome_time"), ("orphan", "no_event")
VALUELESS, UNDECLARED = ("orphan", "no_value"), ("orphan", "undeclared_value")
TOO_EARLY, OUTSIDE = ("orphan", "before_event"), ("orphan", "outside_window")
_UNMATCHED = (KEYLESS, TIMELESS, EVENTLESS, VALUELESS, UNDECLARED, TOO_EARLY, OUTSIDE)
_NEWS = (LATE, NEVER_KNOWN, AFTER_LABEL)
OUTCOME_FATES = (
    *(USED, USED_BY_SKEW, HELD_IMMATURE, HELD_EXCLUDED, SUPERSEDED, CORRECTED),
    *(*_NEWS, DUPLICATE, *_UNMATCHED),
)
OUTCOME_PARTS = ("used", "superseded", "orphan", "duplicate", "late", "held_back")
_NUMBER = {fate: number for number, fate in enumerate(OUTCOME_FATES)}
_UNDECIDED = -1


@dataclass(frozen=True, kw_only=True)
class Fates:
    """The fate of each row of a table: `fate[row]` is an index of `fates`; `order` has all rows in canonical order."""

    fates: tuple[Fate, ...]
    fate: Ints
    order: Ints

    def rows(self, *parts: str) -> Ints:
        """The rows that belong to `parts`, in canonical order."""
        among = np.array([part in parts for part, _ in self.fates])
        return self.order[among[self.fate[self.order]]]

    def reasons(self, rows: Ints) -> tuple[pa.Array, pa.Array]:
        """Part and detail of each of `rows`."""
        parts, details = zip(*self.fates, strict=True)
        fate = pa.array(self.fate[rows])
        return pa.array(parts, pa.string()).take(fate), pa.array(details, pa.string()).take(fate)

    def details(self) -> dict[str, int]:
        """Rows by detail, where there is one."""
        counts = np.bincount(self.fate, minlength=len(self.fates)).tolist()
        return {detail: rows for (_, detail), rows in zip(self.fates, counts, strict=True) if detail and rows}


def outcome_fates(
    left: EventSide,
    right: OutcomeSide,
    found: dict[str, Found],
    values: dict[str, Values],
    event_parts: Ints,
    spec: LabelSpec,
) -> Fates:
    """The fates of the outcomes of one source, when all events have theirs: `event_parts` are places in EVENT_PARTS."""
    labels = spec.labels_of(right.source)
    fate = np.full(len(right.time), _UNDECIDED)
    # Labeled last: an outcome that one labeled event uses is used, whoever else picked it.
    for part, held in (("excluded", HELD_EXCLUDED), ("immature", HELD_IMMATURE), ("labeled", USED)):
        among = event_parts == EVENT_PARTS.index(part)
        for label in labels:
            fate[_makers(right, found[label.name], label, values[label.name], among)] = _NUMBER[held]
    if parse_duration(right.source.clock_skew).us:
        used = np.flatnonzero(fate == _NUMBER[USED])
        fate[used] = _NUMBER[USED_BY_SKEW]
        for label in labels:
            plain = _makers(right, found[label.name], label, values[label.name], among, plain=True)
            fate[plain] = _NUMBER[USED]
    undecided = fate == _UNDECIDED
    late = ~right.is_known | (right.known > spec.as_of_us)
    fate[late] = _NUMBER[LATE]
    fate[~right.is_known] = _NUMBER[NEVER_KNOWN]
    undecided &= ~late
    fate[undecided & (right.until == NEVER)] = _NUMBER[DUPLICATE]
    fate[undecided & (right.until > NEVER) & (right.until <= spec.as_of_us)] = _NUMBER[CORRECTED]
    rest = np.flatnonzero(fate == _UNDECIDED)
    if len(rest):
        fate[rest] = _of_the_rest(rest, left, right, found, values, spec)
    return Fates(fates=OUTCOME_FATES, fate=fate, order=right.order())


def _makers(
    right: OutcomeSide, found: Found, label: Label, values: Values, among: Bools, *, plain: bool = False
) -> Ints:
    """The outcomes that make `label` of the events that are `among`; `plain`: without those that skew lets in."""
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


def _of_the_rest(
    rest: Ints,
    left: EventSide,
    right: OutcomeSide,
    found: dict[str, Found],
    values: dict[str, Values],
    spec: LabelSpec,
) -> Ints:
    """Tells superseded outcomes, and those known after their event was labeled, from orphans."""
    labels = spec.labels_of(right.source)
    joinable = np.flatnonzero(left.joinable)
    fate = np.full(len(right.time), _NUMBER[OUTSIDE])
    _mark_without_event(fate, rest, left.time[joinable], right.event_code[joinable], right)
    judged = [(matches, values[label.name]) for label in labels for matches in found[label.name].matches]
    ever = []
    if len(spec.as_ofs_us) > 1:
        ever = list(_in_any_window(rest, joinable, right, found, values, labels))
    for matches in {id(matches): matches for matches, _ in [*judged, *ever]}.values():
        fate[matches.outcomes()] = _NUMBER[VALUELESS]
    for matches, of_label in [*judged, *ever]:
        if of_label.declared is not of_label.there:
            fate[_outcomes(matches, of_label.there)] = _NUMBER[UNDECLARED]
    for matches, of_label in ever:
        fate[_outcomes(matches, of_label.declared)] = _NUMBER[AFTER_LABEL]
    for matches, of_label in judged:
        fate[_outcomes(matches, of_label.declared)] = _NUMBER[SUPERSEDED]
    fate[~right.has_time] = _NUMBER[TIMELESS]
    fate[~right.has_key] = _NUMBER[KEYLESS]
    return fate[rest]


def _outcomes(matches: Matches, keep: Bools) -> Ints:
    return matches.only(keep[matches.timeline.rows]).outcomes()


def _mark_without_event(fate: Ints, rest: Ints, event_time: Ints, event_code: Ints, right: OutcomeSide) -> None:
    """Tells which of `rest` have no event at all, or are before the first of their key."""
    codes = 1 + max(int(right.code.max(initial=-1)), int(right.event_code.max(initial=-1)))
    wanted = np.zeros(codes, dtype=bool)
    wanted[right.code[rest]] = True
    some = wanted[event_code]
    first = np.full(codes, np.iinfo(np.int64).max)
    np.minimum.at(first, event_code[some], event_time[some])
    fate[rest[right.time[rest] < first[right.code[rest]]]] = _NUMBER[TOO_EARLY]
    fate[rest[first[right.code[rest]] == np.iinfo(np.int64).max]] = _NUMBER[EVENTLESS]


def _in_any_window(
    rest: Ints,
    joinable: Ints,
    right: OutcomeSide,
    found: dict[str, Found],
    values: dict[str, Values],
    labels: tuple[Label, ...],
) -> Iterator[tuple[Matches, Values]]:
    """Events and the outcomes among `rest` in their windows, whenever these were known."""
    wanted = np.zeros(len(right.time), dtype=bool)
    wanted[rest] = right.joinable[rest]
    rows = right.best_first[wanted[right.best_first]]
    timeline = Timeline.of(rows, right.code[rows], right.time[rows])
    for label in labels:
        window = found[label.name].window
        low, high = window.low[joinable], window.high[joinable]
        yield Matches.of(joinable, timeline, right.event_code[joinable], low, high), values[label.name]
