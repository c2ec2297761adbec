"""From when to when outcomes count for each event, and when the event is mature: when no more labels can come for it.

`match` finds the outcomes that are inside.

    label accepted, window (0, "1d") in Berlin, closed left      lateness 1 h

    event at 2026-03-28 12:00  ->  outcomes from 03-28 12:00 up to 03-29 12:00 (23 h), mature at 03-29 13:00

Times are whole microseconds, so an open end is a closed one a microsecond away: every window here is `low <= t < high`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headrace.keyed.columns import Bools, Ints
from headrace.labels.label import Label
from headrace.labels.spec import LabelSpec
from headrace.times.calendar import add_length
from headrace.times.durations import parse_duration
from headrace.times.zones import zone_of


@dataclass(frozen=True, kw_only=True)
class Window:
    """For each event, outcomes count at `low` <= time < `high`; before `plain_low` only by the allowed clock skew."""

    low: Ints
    high: Ints
    plain_low: Ints


@dataclass(frozen=True, kw_only=True)
class Maturity:
    """As of which time each event is judged, and whether it is mature then.

    Attributes:
        slot: index of the as-of time: the first at which the event is mature, else the last.
        mature: whether all its windows, and lateness, are over by then.
        before: whether they were over at `matured_after` already.
        closed: for each label, whether its own window is over at the last as-of time.
    """

    slot: Ints
    mature: Bools
    before: Bools
    closed: dict[str, Bools]


def window_of(label: Label, time: Ints, spec: LabelSpec, *, skew_us: int = 0) -> Window:
    """The window of `label` for each event time; one that holds that time itself also reaches `skew_us` before it."""
    zone = zone_of(spec.zone)
    start, end = (add_length(time, length, zone) for length in label.bounds)
    low = start if label.closed in ("left", "both") else start + 1
    high = end + 1 if label.closed in ("right", "both") else end
    if not skew_us:
        return Window(low=low, high=high, plain_low=low)
    holds = (low <= time) & (time < high)
    return Window(low=np.where(holds, np.minimum(low, time - skew_us), low), high=high, plain_low=low)


def maturity_of(time: Ints, spec: LabelSpec) -> Maturity:
    """When events at `time` are mature.

    An outcome at a closed end may become known at that very microsecond, and an as-of time of that microsecond sees it.
    """
    zone, lateness = zone_of(spec.zone), parse_duration(spec.lateness)
    ends: dict[object, Ints] = {}
    for label in spec.labels:
        if label.window[1] not in ends:
            ends[label.window[1]] = add_length(add_length(time, label.bounds[1], zone), lateness, zone)
    over = np.maximum.reduce(list(ends.values()))
    as_ofs = np.array(spec.as_ofs_us)
    slot = np.searchsorted(as_ofs, over)
    return Maturity(
        slot=np.minimum(slot, len(as_ofs) - 1),
        mature=slot < len(as_ofs),
        before=over <= spec.matured_after_us if spec.matured_after_us is not None else np.zeros(len(time), dtype=bool),
        closed={label.name: ends[label.window[1]] <= as_ofs[-1] for label in spec.labels},
    )
