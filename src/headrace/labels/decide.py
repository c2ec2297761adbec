"""What becomes of every event and every outcome, in row numbers: columns that the join does not need are not read.

    as of March 6, accepted within a day, absence is a rejection

    event s1, March 3         outcome of 10:40, known March 4        s1 labeled 1       outcome used
    event s2, March 3         outcome of 11:00, known March 9        s2 labeled 0       outcome late
    event s3, March 5 18:00   outcome of 18:30, known March 5        s3 immature        outcome held back

`headrace.labels.event_status` has the rules for events, `headrace.labels.outcome_status` those for outcomes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from headrace.keyed.columns import Bools, Ints
from headrace.keyed.event_faults import named_events
from headrace.keyed.timeline import Timeline
from headrace.labels.event_status import EARLY, EVENT_PARTS, event_statuses
from headrace.labels.match import Matches
from headrace.labels.outcome_status import outcome_statuses
from headrace.labels.rules import LabelMatches, Values
from headrace.labels.sides import EventSide, OutcomeSide, sides
from headrace.labels.spec import LabelSpec
from headrace.labels.status import RowStatuses
from headrace.labels.windows import Maturity, Window, maturity_of, window_of
from headrace.times.durations import parse_duration


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What becomes of all rows.

    Attributes:
        events: the status of each event.
        outcomes: the status of each outcome, by source.
        labels: by label, what was found for each event.
        event_us: time of each event.
        as_of_us: the time as of which each event was judged.
        outcome_us: time of each outcome, by source.
    """

    events: RowStatuses
    outcomes: dict[str, RowStatuses]
    labels: dict[str, LabelMatches]
    event_us: Ints
    as_of_us: Ints
    outcome_us: dict[str, Ints]

    @property
    def is_early(self) -> Bools:
        """Which events are labeled though they are not mature."""
        return self.events.kind == self.events.kinds.index(EARLY)


def decide(events: pa.Table, outcomes: Mapping[str, pa.Table], spec: LabelSpec) -> Decision:
    """Decides about each row. Tables are flat or in feature layout; `check_columns` has accepted them, and what their
    times count stands in their schemas.

    Raises:
        DataError: a key, time or value can't be taken exactly; a sum of whole numbers leaves int64.
    """
    left, rights = sides(events, outcomes, spec)
    maturity = maturity_of(left.time, spec)
    found: dict[str, LabelMatches] = {}
    values: dict[str, Values] = {}
    for right in rights:
        labels = spec.labels_of(right.source)
        values.update({label.name: Values.of(right.table, label) for label in labels})
        with named_events(events, spec.keys, spec.event_time):
            found.update(_match_source(left, right, maturity, values, spec))
    statuses = event_statuses(left, maturity, found, spec)
    # For each event, the index of its part in the ledger.
    part_of = np.array([EVENT_PARTS.index(status.part) for status in statuses.kinds])[statuses.kind]
    return Decision(
        events=statuses,
        outcomes={right.source.name: outcome_statuses(left, right, found, values, part_of, spec) for right in rights},
        labels={label.name: found[label.name] for label in spec.labels},
        event_us=left.time,
        as_of_us=np.array(spec.as_ofs_us)[maturity.slot],
        outcome_us={right.source.name: right.time for right in rights},
    )


def _match_source(
    left: EventSide, right: OutcomeSide, maturity: Maturity, values: Mapping[str, Values], spec: LabelSpec
) -> dict[str, LabelMatches]:
    """What the outcomes of one source mean for each event, as of the time at which it is judged."""
    labels = spec.labels_of(right.source)
    skew_us = parse_duration(right.source.clock_skew).us
    # The outcomes that may be joined, those preferred first.
    rows = right.best_first[right.joinable[right.best_first]]
    timeline = Timeline.of(rows, right.code[rows], right.time[rows])
    windows: dict[object, Window] = {}
    found = {}
    for label in labels:
        window = (label.window, label.closed)
        if window not in windows:
            windows[window] = window_of(label, left.time, spec, skew_us=skew_us)
        found[label.name] = LabelMatches.empty(len(left.time), label, values[label.name].column, windows[window])
    slots = np.unique(maturity.slot[left.joinable])
    for slot in slots.tolist():
        judged_now = left.joinable & (maturity.slot == slot) if len(slots) > 1 else left.joinable
        events = np.flatnonzero(judged_now)
        current = timeline.only(right.current_at(spec.as_ofs_us[slot], rows))
        matches: dict[object, Matches] = {}
        for label in labels:
            window = (label.window, label.closed)
            if window not in matches:
                low, high = windows[window].low[events], windows[window].high[events]
                matches[window] = Matches.of(events, current, right.event_code[events], low, high)
            found[label.name].fill(matches[window], label, values[label.name], right.known)
    return found
