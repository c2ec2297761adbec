"""What becomes of each event.

An event is, in this order: *excluded* when it lacks a key or its time, or was mature for an earlier run; *immature*
when the window of any label is not closed at as-of, lateness included, whatever is known of it already (positives come
early, and would bias what is labeled early), unless the label is declared `early`; *excluded* when its entity belongs
to another split, or when a label is absent and absence excludes; else *labeled*.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.keyed.columns import Bools
from headrace.keyed.timeline import NONE
from headrace.labels.label import Label
from headrace.labels.rules import LabelMatches, negative_as
from headrace.labels.sides import EventSide
from headrace.labels.spec import LabelSpec
from headrace.labels.splits import in_another_split
from headrace.labels.status import RowStatuses, Status
from headrace.labels.windows import Maturity

EVENT_PARTS = ("labeled", "immature", "excluded")
LABELED, EARLY, IMMATURE = Status("labeled"), Status("labeled", "early"), Status("immature", "window_open")
NO_KEY, NO_TIME = Status("excluded", "no_key"), Status("excluded", "no_event_time")
MATURED_BEFORE, OTHER_SPLIT = Status("excluded", "matured_before"), Status("excluded", "other_split")


def event_statuses(
    left: EventSide, maturity: Maturity, labels: Mapping[str, LabelMatches], spec: LabelSpec
) -> RowStatuses:
    """The status of each event, from what was found for each label."""
    kinds = [LABELED, EARLY, IMMATURE, NO_KEY, NO_TIME, MATURED_BEFORE, OTHER_SPLIT]
    kind = np.zeros(len(left.time), np.int64)
    early = _is_early(maturity, labels, spec)
    kind[early] = kinds.index(EARLY)
    # A later assignment overrides an earlier one: the status that decides first is written last.
    for label in reversed(spec.labels):
        if label.absence == "exclude":
            kind[labels[label.name].rows == NONE] = len(kinds)
            kinds.append(Status("excluded", f"no_{label.name}"))
    kind[in_another_split(left.table, left.time, spec)] = kinds.index(OTHER_SPLIT)
    kind[~maturity.mature & ~early] = kinds.index(IMMATURE)
    kind[maturity.before] = kinds.index(MATURED_BEFORE)
    kind[~left.has_time] = kinds.index(NO_TIME)
    kind[~left.has_key] = kinds.index(NO_KEY)
    return RowStatuses(kinds=tuple(kinds), kind=kind, order=left.order())


def _is_early(maturity: Maturity, labels: Mapping[str, LabelMatches], spec: LabelSpec) -> Bools:
    """Events that are not mature, but each label of which is closed or, where it is `early`, positive already."""
    early: Bools = ~maturity.mature & spec.flags_early
    for label in spec.labels:
        rows = np.flatnonzero(early & ~maturity.closed[label.name])
        early[rows] = _is_positive(labels[label.name].at(rows), label) if label.early else False
    return early


def _is_positive(values: pa.Array, label: Label) -> Bools:
    there: Bools = values.is_valid().to_numpy(zero_copy_only=False)
    if pa.types.is_string(values.type) != isinstance(label.negative, str):
        return there
    differs: Bools = (
        pc.not_equal(values, negative_as(values.type, label)).fill_null(False).to_numpy(zero_copy_only=False)
    )
    return there & differs
