"""Whether the columns of events and outcomes fit the spec: all faults at once, before a row is read."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from headrace.errors import UsageError
from headrace.keyed.column_faults import (
    BOOLEAN,
    FRACTION,
    INTEGER,
    PLAIN,
    TEXT,
    TIME,
    column_kind,
    comparable_faults,
    key_faults,
    missing_columns,
    time_faults,
    undeclarable,
)
from headrace.labels.label import Label
from headrace.labels.sources import OutcomeSource
from headrace.labels.spec import LabelSpec


def check_columns(spec: LabelSpec, events: pa.Schema, outcomes: Mapping[str, pa.Schema]) -> None:
    """Checks the schemas of events, and of outcomes by source, flat or in feature layout.

    Raises:
        UsageError: columns are missing, of a type that can't be meant, or would be overwritten; all are named at once.
    """
    sources = spec.outcome_sources
    keys = [name for source in sources for name in source.key_columns(spec.keys)]
    faults = missing_columns("events", events, [*keys, spec.event_time, *spec.split_by])
    faults += time_faults("events", events, {"event_time": spec.event_time})
    faults += comparable_faults("events", events, [("split_by", name) for name in spec.split_by])
    for source in sources:
        faults += _source_faults(spec, source, events, outcomes[source.name])
        faults += undeclarable(f"the {source.name}", source.times, [outcomes[source.name]])
    given = [events, *(outcomes[source.name] for source in sources)]
    faults += undeclarable("the events or the outcomes", spec.times, given)
    added = {"label": [label.name for label in spec.labels]}
    added["as_of_column"] = [spec.as_of_column] if spec.as_of_column else []
    added["early_column"] = [spec.early_column] if spec.flags_early else []
    for role, names in added.items():
        taken = [name for name in names if name in events.names]
        faults += [
            f"{role} {name!r} has the name of a column of the events: name it otherwise, or drop the column"
            for name in taken
        ]
    if faults:
        raise UsageError("; ".join(faults))


def _source_faults(spec: LabelSpec, source: OutcomeSource, events: pa.Schema, outcomes: pa.Schema) -> list[str]:
    times = {"outcome_time": source.outcome_time, "known_at": source.known_at}
    known = {role: name for role, name in times.items() if name is not None}
    labels, keys = spec.labels_of(source), source.key_columns(spec.keys)
    columns = [source.outcome_id, *(column for label in labels for column in (label.value, label.priority))]
    wanted = [*keys.values(), *known.values(), *columns]
    faults = missing_columns(source.name, outcomes, [name for name in wanted if name is not None])
    faults += key_faults(keys, source.name, events, outcomes)
    faults += time_faults(source.name, outcomes, known)
    if source.outcome_id is not None:
        faults += comparable_faults(source.name, outcomes, [("outcome_id", source.outcome_id)])
    for label in labels:
        faults += _label_faults(label, outcomes)
    return faults


def _label_faults(label: Label, outcomes: pa.Schema) -> list[str]:
    kind = column_kind(outcomes, label.value) if label.value is not None else INTEGER
    if kind is None:
        return []
    if kind not in PLAIN:
        return [
            f"label {label.name!r} can't be made of column {label.value!r}, which is {kind}: take single values out of "
            "it"
        ]
    faults, numbers = [], (INTEGER, FRACTION, BOOLEAN)
    texts = bool(label.order) and isinstance(label.order[0], str)
    if texts and kind == FRACTION:
        kind = TEXT  # a column without any value is stored as fractions
    if label.order and kind not in ((TEXT,) if texts else (INTEGER, FRACTION)):
        faults.append(f"label {label.name!r} has the order {label.order!r}, but column {label.value!r} is {kind}")
    if label.priority is not None and column_kind(outcomes, label.priority) not in (None, *numbers):
        faults.append(f"priority {label.priority!r} of label {label.name!r} must be numbers")
    if label.aggregates and label.pick != "count" and not label.ordinal and kind not in numbers:
        faults.append(f"label {label.name!r} is the {label.pick} of numbers, but column {label.value!r} is {kind}")
    result = INTEGER if label.ordinal or label.pick in ("count", "any") else kind
    result = FRACTION if label.pick == "mean" else result
    fits = {TEXT: isinstance(label.negative, str), FRACTION: isinstance(label.negative, (int, float))}
    if label.absence == "negative" and result == TIME:
        faults.append(
            f"label {label.name!r} is of column {label.value!r}, which is {TIME} and has no negative: set absence to "
            "'missing' or 'exclude'"
        )
    elif label.absence == "negative" and not fits.get(result, isinstance(label.negative, int)):
        faults.append(
            f"label {label.name!r} has the negative {label.negative!r}, but column {label.value!r} is {result}"
        )
    return faults
