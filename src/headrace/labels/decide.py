"""What becomes of every event and every outcome, in row numbers: nothing of the payload is touched.

    as of March 6, accepted within a day, absence is a rejection

    event s1, March 3         outcome of 10:40, known March 4        s1 labeled 1       outcome used
    event s2, March 3         outcome of 11:00, known March 9        s2 labeled 0       outcome late
    event s3, March 5 18:00   outcome of 18:30, known March 5        s3 immature        outcome held back

An event is, in this order: *excluded* when it lacks a key or its time, or was mature for an earlier run; *immature*
when the window of any label is not closed at as-of, lateness included, whatever is known of it already (positives come
early, and would bias what is labeled early), unless the label is declared `early`; *excluded* when its entity belongs
to another split, or when a label is absent and absence excludes; else *labeled*.

Of outcomes `headrace.labels.fates` says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.keyed.columns import Bools, Ints
from headrace.keyed.timeline import NONE, Timeline
from headrace.labels.fates import EVENT_PARTS, Fate, Fates, outcome_fates
from headrace.labels.label import Label
from headrace.labels.match import Matches
from headrace.labels.rules import Found, Values
from headrace.labels.sides import EventSide, OutcomeSide, sides
from headrace.labels.spec import LabelSpec
from headrace.labels.splits import in_another_split
from headrace.labels.windows import Judged, Window, judged, window_of
from headrace.times.durations import parse_duration

LABELED, EARLY, IMMATURE = ("labeled", ""), ("labeled", "early"), ("immature", "window_open")
NO_KEY, NO_TIME = ("excluded", "no_key"), ("excluded", "no_event_time")
BEFORE, APART = ("excluded", "matured_before"), ("excluded", "other_split")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The fates of events, and of outcomes by source; of each label what was found for each event.

    `as_of_us` has the time as of which each event was judged; `outcome_us` the times of the outcomes, by source.
    """

    events: Fates
    outcomes: dict[str, Fates]
    found: dict[str, Found]
    event_us: Ints
    as_of_us: Ints
    outcome_us: dict[str, Ints]

    @property
    def is_early(self) -> Bools:
        """Which events are labeled though they are not mature."""
        return self.events.fate == self.events.fates.index(EARLY)


def decide(events: pa.Table, outcomes: Mapping[str, pa.Table], spec: LabelSpec) -> Decision:
    """Joins by row number. Tables are flat or in feature layout, and `check_columns` has passed them.

    Raises:
        DataError: a key or a time holds fractions, or several values in one row.
    """
    left, rights = sides(events, outcomes, spec)
    seen = judged(left.time, spec)
    found: dict[str, Found] = {}
    values: dict[str, Values] = {}
    for right in rights:
        labels = spec.labels_of(right.source)
        values.update({label.name: Values.of(right.table, label) for label in labels})
        found.update(_found(left, right, seen, labels, values, spec))
    fates, fate = _fates_of_events(left, seen, found, spec)
    parts = np.array([EVENT_PARTS.index(part) for part, _ in fates])[fate]
    return Decision(
        events=Fates(fates=fates, fate=fate, order=left.order()),
        outcomes={right.source.name: outcome_fates(left, right, found, values, parts, spec) for right in rights},
        found={label.name: found[label.name] for label in spec.labels},
        event_us=left.time,
        as_of_us=np.array(spec.as_ofs_us)[seen.slot],
        outcome_us={right.source.name: right.time for right in rights},
    )


def _found(
    left: EventSide,
    right: OutcomeSide,
    seen: Judged,
    labels: tuple[Label, ...],
    values: dict[str, Values],
    spec: LabelSpec,
) -> dict[str, Found]:
    """What outcomes of one source say of each event, as of when it is judged."""
    skew_us = parse_duration(right.source.clock_skew).us
    rows = right.best_first[right.joinable[right.best_first]]
    timeline = Timeline.of(rows, right.code[rows], right.time[rows])
    windows: dict[object, Window] = {}
    found = {}
    for label in labels:
        window = (label.window, label.closed)
        if window not in windows:
            windows[window] = window_of(label, left.time, spec, skew_us=skew_us)
        found[label.name] = Found.of_nothing(len(left.time), label, values[label.name].column, windows[window])
    slots = np.unique(seen.slot[left.joinable])
    for slot in slots.tolist():
        among = np.flatnonzero(left.joinable & (seen.slot == slot)) if len(slots) > 1 else np.flatnonzero(left.joinable)
        current = timeline.only(right.current_at(spec.as_ofs_us[slot], rows))
        matches: dict[object, Matches] = {}
        for label in labels:
            window = (label.window, label.closed)
            if window not in matches:
                low, high = windows[window].low[among], windows[window].high[among]
                matches[window] = Matches.of(among, current, right.event_code[among], low, high)
            found[label.name].fill(matches[window], label, values[label.name], right.known)
    return found


def _fates_of_events(
    left: EventSide, seen: Judged, found: dict[str, Found], spec: LabelSpec
) -> tuple[tuple[Fate, ...], Ints]:
    fates = [LABELED, EARLY, IMMATURE, NO_KEY, NO_TIME, BEFORE, APART]
    fate = np.zeros(len(left.time), np.int64)
    early = _is_early(seen, found, spec)
    fate[early] = fates.index(EARLY)
    # The last that applies is written first: what comes later in this list of assignments decides earlier.
    for label in reversed(spec.labels):
        if label.absence == "exclude":
            fate[found[label.name].rows == NONE] = len(fates)
            fates.append(("excluded", f"no_{label.name}"))
    fate[in_another_split(left.table, left.time, spec)] = fates.index(APART)
    fate[~seen.mature & ~early] = fates.index(IMMATURE)
    fate[seen.before] = fates.index(BEFORE)
    fate[~left.has_time] = fates.index(NO_TIME)
    fate[~left.has_key] = fates.index(NO_KEY)
    return tuple(fates), fate


def _is_early(seen: Judged, found: dict[str, Found], spec: LabelSpec) -> Bools:
    """Events that are not mature, but each label of which is positive already, where it is early, or closed."""
    early: Bools = ~seen.mature & spec.flags_early
    for label in spec.labels:
        rows = np.flatnonzero(early & ~seen.closed[label.name])
        early[rows] = _is_positive(found[label.name].at(rows), label) if label.early else False
    return early


def _is_positive(values: pa.Array, label: Label) -> Bools:
    there: Bools = values.is_valid().to_numpy(zero_copy_only=False)
    if pa.types.is_string(values.type) != isinstance(label.negative, str):
        return there
    negative = pa.scalar(label.negative).cast(values.type)
    differs: Bools = pc.fill_null(pc.not_equal(values, negative), False).to_numpy(zero_copy_only=False)
    return there & differs
