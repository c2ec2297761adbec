"""Do the columns fit the spec; and what the join needs of them as plain arrays: key codes, times, validity.

suggestion_id          code          shown_at            time           (valid)
[[b"s1"]]              0             [[1000]]            1000           yes
[[b"s2"]]       ->     1             null         ->     0              no
[[b"s1"]]              0             [[2000]]            2000           yes
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import DataError, UsageError
from headrace.features import from_features
from headrace.labels.label import Label
from headrace.labels.sources import OutcomeSource
from headrace.labels.spec import LabelSpec

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LATEST_US = 4_000_000_000_000_000_000
"""Times further than this from 1970 (some 126,000 years) count as missing: sums with a window stay within int64."""


def check_columns(spec: LabelSpec, events: pa.Schema, outcomes: Mapping[str, pa.Schema]) -> None:
    """Holds the schemas of both sides, flat or in feature layout, against the spec; those of outcomes by source.

    Raises:
        UsageError: columns are missing, of a type that can't be meant, or would be overwritten; all are named at once.
    """
    sources = spec.outcome_sources
    keys = [name for source in sources for name in source.key_columns(spec.keys)]
    faults = _missing("events", events, [*keys, spec.event_time, *spec.split_by])
    faults += _time_faults("events", events, {"event_time": spec.event_time})
    for source in sources:
        faults += _source_faults(spec, source, events, outcomes[source.name])
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
    faults = _missing(source.name, outcomes, [name for name in wanted if name is not None])
    faults += _key_faults(keys, source.name, events, outcomes)
    faults += _time_faults(source.name, outcomes, known)
    for label in labels:
        faults += _label_faults(label, outcomes)
    return faults


def flat(table: pa.Table, name: str) -> pa.Array:
    """One column without lists and chunks, one value or null a row."""
    (column,) = from_features(table.select([name])).columns
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_large_string(column.type) or pa.types.is_binary(column.type):
        column = column.cast(pa.string())
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def key_table(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """The key columns, flat.

    Raises:
        DataError: a key has fractions.
    """
    columns = []
    for name in keys:
        column = flat(table, name)
        if pa.types.is_floating(column.type) or pa.types.is_null(column.type):
            if column.null_count < len(column):
                raise DataError(f"key {name!r} has fractions: expected integers or text; declare its kind in Ingest")
            column = pa.nulls(len(column), pa.string())
        columns.append(column)
    return pa.table(columns, names=list(keys))


def key_codes(events: pa.Table, outcomes: pa.Table) -> tuple[Ints, Ints]:
    """One number a row, equal where all keys are equal (null equals null), over both tables of flat keys."""
    split_at = events.num_rows
    codes = np.zeros(split_at + outcomes.num_rows, np.int64)
    for left, right in zip(events.columns, outcomes.columns, strict=True):
        kind = right.type if left.null_count == len(left) else left.type
        column = pa.concat_arrays([chunk.cast(kind) for chunk in [*left.chunks, *right.chunks]] or [pa.array([], kind)])
        encoded = column.dictionary_encode(null_encoding="encode")
        code = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        codes = codes * (len(encoded.dictionary) + 1) + code if codes.any() else code
        if events.num_columns > 1:
            # Counted anew after each column, so that the product of many columns can't leave int64.
            codes = np.unique(codes, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return codes[:split_at], codes[split_at:]


def all_valid(table: pa.Table) -> Bools:
    """For each row, whether none of the columns is null."""
    valid = np.ones(table.num_rows, dtype=bool)
    for column in table.columns:
        if column.null_count:
            valid &= column.is_valid().to_numpy()
    return valid


def times(table: pa.Table, name: str) -> tuple[Ints, Bools]:
    """A column of times as int64 microseconds, 0 where there is none, and whether there is one.

    Raises:
        DataError: it holds numbers with fractions.
    """
    column = flat(table, name)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    elif pa.types.is_floating(column.type) and column.null_count < len(column):
        raise DataError(
            f"time {name!r} has fractions: expected int64 microseconds; declare it as a timestamp in Ingest"
        )
    elif not pa.types.is_integer(column.type):
        column = pa.nulls(len(column), pa.int64())
    column = column.cast(pa.int64())
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    moments = pc.fill_null(column, 0).to_numpy(zero_copy_only=False)
    valid = valid & (moments >= -LATEST_US) & (moments <= LATEST_US)
    return np.where(valid, moments, 0), valid


def _missing(side: str, schema: pa.Schema, wanted: Iterable[str]) -> list[str]:
    missing = list(dict.fromkeys(name for name in wanted if name not in schema.names))
    if not missing:
        return []
    count = "1 column is" if len(missing) == 1 else f"{len(missing)} columns are"
    return [f"{count} missing from the {side}: {', '.join(missing)}; they have: {', '.join(schema.names)}"]


def _kind(schema: pa.Schema, name: str) -> str | None:
    """integer, fraction, text, time or the type's own name; None where the schema lacks the column."""
    if name not in schema.names:
        return None
    kind = schema.field(name).type
    if pa.types.is_list(kind):
        kind = kind.value_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_null(kind):
        return "fraction"
    if any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)):
        return "text"
    return "time" if pa.types.is_timestamp(kind) else str(kind)


def _key_faults(keys: Mapping[str, str], source: str, events: pa.Schema, outcomes: pa.Schema) -> list[str]:
    faults = []
    for name, there in keys.items():
        kinds = [_kind(events, name), _kind(outcomes, there)]
        # A column without any value is stored as one of fractions: whether it is, only its values tell.
        told = {kind for kind in kinds if kind not in (None, "fraction")}
        if told - {"integer", "text"}:
            faults.append(f"key {name!r} is {' and '.join(sorted(told))}: expected integers or text")
        elif len(told) > 1:
            faults.append(
                f"key {name!r} is {kinds[0]} in the events and {kinds[1]} in the {source}: declare one kind in Ingest"
            )
    return faults


def _time_faults(side: str, schema: pa.Schema, roles: dict[str, str]) -> list[str]:
    return [
        f"{role} {name!r} of the {side} is {kind}: expected int64 microseconds; declare it as a timestamp in Ingest"
        for role, name in roles.items()
        if (kind := _kind(schema, name)) not in (None, "integer", "time", "fraction")
    ]


def _label_faults(label: Label, outcomes: pa.Schema) -> list[str]:
    kind = _kind(outcomes, label.value) if label.value is not None else "integer"
    if kind is None:
        return []
    faults, numbers = [], ("integer", "fraction", "bool")
    texts = bool(label.order) and isinstance(label.order[0], str)
    if texts and kind == "fraction":
        kind = "text"  # of a column without any value only its values tell
    if label.order and kind not in (("text",) if texts else ("integer", "fraction")):
        faults.append(f"label {label.name!r} has the order {label.order!r}, but column {label.value!r} is {kind}")
    if label.priority is not None and _kind(outcomes, label.priority) not in (None, *numbers):
        faults.append(f"priority {label.priority!r} of label {label.name!r} must be numbers")
    if label.aggregates and label.pick != "count" and not label.ordinal and kind not in numbers:
        faults.append(f"label {label.name!r} is the {label.pick} of numbers, but column {label.value!r} is {kind}")
    made = "integer" if label.ordinal or label.pick in ("count", "any") else kind
    made = "fraction" if label.pick == "mean" else made
    fits = {"text": isinstance(label.negative, str), "fraction": isinstance(label.negative, (int, float))}
    if label.absence == "negative" and not fits.get(made, isinstance(label.negative, int)):
        faults.append(f"label {label.name!r} has the negative {label.negative!r}, but column {label.value!r} is {made}")
    return faults
