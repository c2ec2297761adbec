"""What becomes of every event and every outcome, in row numbers: nothing of the payload is touched.

    as of March 6, accepted within a day, absence is a rejection

    event s1, March 3         outcome of 10:40, known March 4        s1 labeled 1       outcome used
    event s2, March 3         outcome of 11:00, known March 9        s2 labeled 0       outcome late
    event s3, March 5 18:00   outcome of 18:30, known March 5        s3 immature        outcome held back

An event is, in this order: *excluded* when it lacks a key or its time; *immature* when the window of any label is not
closed at as-of, lateness included, whatever is known of it already (positives come early, and would bias what is
labeled early); *excluded* when a label is absent and absence excludes; else *labeled*.

An outcome is, in this order: *late* (known after as-of, or never: it does not exist yet); *duplicate* (same id and keys
as one known before); *used* (picked for a label of a labeled event); *held back* (picked, but its event is immature
or excluded); *superseded* (in a window, with a value, never picked); else *orphan*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from headrace.labels.columns import Bools, Ints, all_valid, flat, key_codes, key_table, times
from headrace.labels.match import NONE, Timeline, in_some_window, pick
from headrace.labels.order import by_hash, canonical_order
from headrace.labels.spec import LabelSpec

Fate = tuple[str, str]
"""A part of the ledger, and the detail in a word."""

LABELED, IMMATURE = ("labeled", ""), ("immature", "window_open")
NO_KEY, NO_TIME = ("excluded", "no_key"), ("excluded", "no_event_time")
EVENT_PARTS = ("labeled", "immature", "excluded")

USED = ("used", "")
HELD_IMMATURE, HELD_EXCLUDED = ("held_back", "event_immature"), ("held_back", "event_excluded")
SUPERSEDED = ("superseded", "not_picked")
LATE, NEVER_KNOWN = ("late", "known_after_as_of"), ("late", "never_known")
DUPLICATE = ("duplicate", "same_id")
KEYLESS, TIMELESS = ("orphan", "no_key"), ("orphan", "no_outcome_time")
EVENTLESS, VALUELESS, OUTSIDE = ("orphan", "no_event"), ("orphan", "no_value"), ("orphan", "outside_window")
_UNMATCHED = (KEYLESS, TIMELESS, EVENTLESS, VALUELESS, OUTSIDE)
OUTCOME_FATES = (USED, HELD_IMMATURE, HELD_EXCLUDED, SUPERSEDED, LATE, NEVER_KNOWN, DUPLICATE, *_UNMATCHED)
OUTCOME_PARTS = ("used", "superseded", "orphan", "duplicate", "late", "held_back")


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


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The fates of events and outcomes; `picks[label][event row]` is the row of the outcome that counts, or NONE."""

    events: Fates
    outcomes: Fates
    picks: dict[str, Ints]
    event_us: Ints
    outcome_us: Ints
    known_us: Ints


@dataclass(frozen=True, kw_only=True)
class _Side:
    """One table as the join sees it; times are 0 where `has_time` is not."""

    table: pa.Table
    keys: pa.Table
    code: Ints
    time: Ints
    has_key: Bools
    has_time: Bools

    @property
    def joinable(self) -> Bools:
        return self.has_key & self.has_time

    def order(self) -> Ints:
        return canonical_order(self.table, time=self.time, keys=self.keys, codes=self.code)


def decide(events: pa.Table, outcomes: pa.Table, spec: LabelSpec) -> Decision:
    """Joins by row number. Tables are flat or in feature layout, and `check_columns` has passed them.

    Raises:
        DataError: a key or a time holds fractions, or several values in one row.
    """
    left, right = _sides(events, outcomes, spec)
    known, is_known = times(outcomes, spec.known_at or spec.outcome_time)
    late = known > spec.as_of_us
    outcome_fate = np.full(len(late), -1)
    outcome_fate[late] = OUTCOME_FATES.index(LATE)
    outcome_fate[~is_known] = OUTCOME_FATES.index(NEVER_KNOWN)

    candidates = _best_first(np.flatnonzero(outcome_fate < 0), right, known)
    outcome_fate[_duplicates(candidates, right, known, spec)] = OUTCOME_FATES.index(DUPLICATE)
    candidates = candidates[(outcome_fate[candidates] < 0) & right.joinable[candidates]]
    timeline = Timeline.of(candidates, right.code[candidates], right.time[candidates])
    has_value = {label.value: flat(outcomes, label.value).is_valid().to_numpy(False) for label in spec.labels}
    picks = {}
    for label in spec.labels:
        found = pick(
            timeline.only(has_value[label.value][timeline.rows]),
            left.code,
            left.time,
            window_us=label.window_us,
            which=label.pick,
        )
        picks[label.name] = np.where(left.joinable, found, NONE)

    event_fates, event_fate = _fates_of_events(left, picks, spec)
    _fates_of_picked(outcome_fate, picks, event_fates, event_fate)
    _fates_of_the_rest(outcome_fate, left, right, has_value, spec)
    return Decision(
        events=Fates(fates=event_fates, fate=event_fate, order=left.order()),
        outcomes=Fates(fates=OUTCOME_FATES, fate=outcome_fate, order=right.order()),
        picks=picks,
        event_us=left.time,
        outcome_us=right.time,
        known_us=known,
    )


def _sides(events: pa.Table, outcomes: pa.Table, spec: LabelSpec) -> tuple[_Side, _Side]:
    keys = [key_table(table, spec.keys) for table in (events, outcomes)]
    codes = key_codes(*keys)
    moments = [times(events, spec.event_time), times(outcomes, spec.outcome_time)]
    left, right = (
        _Side(table=table, keys=key, code=code, time=time, has_key=all_valid(key), has_time=has_time)
        for table, key, code, (time, has_time) in zip((events, outcomes), keys, codes, moments, strict=True)
    )
    return left, right


def _best_first(rows: Ints, right: _Side, known: Ints) -> Ints:
    """`rows` by key code and time; where both tie the one known later first, then by hash of the row."""
    rows = rows[np.lexsort((-known[rows], right.time[rows], right.code[rows]))]
    return rows[by_hash(right.table, rows, right.code[rows], right.time[rows], known[rows])]


def _duplicates(candidates: Ints, right: _Side, known: Ints, spec: LabelSpec) -> Ints:
    """The rows whose id and keys another row has that was known earlier, else happened earlier, else hashes first."""
    if spec.outcome_id is None:
        return candidates[:0]
    ids = flat(right.table, spec.outcome_id).take(pa.array(candidates))
    encoded = ids.dictionary_encode()
    if len(encoded.dictionary) == len(ids):
        return candidates[:0]
    place = np.flatnonzero(ids.is_valid().to_numpy(False))
    rows = candidates[place]
    code = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)[place]
    by_id = np.lexsort((place, right.time[rows], known[rows], code, right.code[rows]))
    rows, code = rows[by_id], code[by_id]
    again = (code[1:] == code[:-1]) & (right.code[rows][1:] == right.code[rows][:-1])
    return rows[1:][again]


def _fates_of_events(left: _Side, picks: dict[str, Ints], spec: LabelSpec) -> tuple[tuple[Fate, ...], Ints]:
    fates = [LABELED, IMMATURE, NO_KEY, NO_TIME]
    fate = np.zeros(len(left.time), np.int64)
    # The last that applies is written first: what comes later in this list of assignments decides earlier.
    for label in reversed(spec.labels):
        if label.absence == "exclude":
            fate[picks[label.name] == NONE] = len(fates)
            fates.append(("excluded", f"no_{label.name}"))
    fate[left.time > spec.mature_until_us] = fates.index(IMMATURE)
    fate[~left.has_time] = fates.index(NO_TIME)
    fate[~left.has_key] = fates.index(NO_KEY)
    return tuple(fates), fate


def _fates_of_picked(outcome_fate: Ints, picks: dict[str, Ints], fates: tuple[Fate, ...], event_fate: Ints) -> None:
    parts = np.array([EVENT_PARTS.index(part) for part, _ in fates])[event_fate]
    # Labeled last: an outcome that one labeled event uses is used, whoever else picked it.
    for part, fate in (("excluded", HELD_EXCLUDED), ("immature", HELD_IMMATURE), ("labeled", USED)):
        among = parts == EVENT_PARTS.index(part)
        for found in picks.values():
            rows = found[among]
            outcome_fate[rows[rows != NONE]] = OUTCOME_FATES.index(fate)


def _fates_of_the_rest(
    outcome_fate: Ints, left: _Side, right: _Side, has_value: dict[str, Bools], spec: LabelSpec
) -> None:
    """Tells superseded outcomes from orphans; looks at those only that are undecided yet, most often few."""
    rows = np.flatnonzero(outcome_fate < 0)
    events = np.flatnonzero(left.joinable)
    events = events[np.lexsort((left.time[events], left.code[events]))]
    timeline = Timeline.of(events, left.code[events], left.time[events])
    fate = np.full(len(rows), OUTCOME_FATES.index(OUTSIDE))
    code, time = right.code[rows], right.time[rows]
    windows = [
        (label, in_some_window(timeline, code, time, window_us=label.window_us), has_value[label.value][rows])
        for label in spec.labels
    ]
    for _, inside, _ in windows:
        fate[inside] = OUTCOME_FATES.index(VALUELESS)
    for _, inside, valued in windows:
        fate[inside & valued] = OUTCOME_FATES.index(SUPERSEDED)
    fate[~np.isin(code, left.code[events])] = OUTCOME_FATES.index(EVENTLESS)
    fate[~right.has_time[rows]] = OUTCOME_FATES.index(TIMELESS)
    fate[~right.has_key[rows]] = OUTCOME_FATES.index(KEYLESS)
    outcome_fate[rows] = fate
