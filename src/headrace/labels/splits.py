"""Which split an event goes to: by the hash of its entity, by its time, or by both, so that entities are kept apart.

splits {"train": 2, "eval": 1}, border 2026-03-05, split_by runner        runner 7 hashes to train, runner 8 to eval

runner 7, March 3  ->  train          runner 7, March 6  ->  no example: it would be in eval's time
runner 8, March 6  ->  eval           runner 8, March 3  ->  no example: it would be in train's time
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from headrace.examples.splits import entity_text, split_numbers
from headrace.keyed.columns import Bools, Ints, key_table
from headrace.labels.spec import LabelSpec


def split_of(events: pa.Table, time: Ints, spec: LabelSpec) -> Ints:
    """For each event, the index of its split in `spec.splits`; `time` stands row by row beside `events`."""
    if spec.split_time is not None:
        return spec.split_time.numbers(pa.chunked_array([pa.array(time)]))
    return _by_entity(events, spec.split_by or spec.keys, spec)


def in_another_split(events: pa.Table, time: Ints, spec: LabelSpec) -> Bools:
    """Which events have a time in another split than their entity's; none unless the spec splits by both."""
    if spec.split_time is None or not spec.split_by:
        return np.zeros(len(time), dtype=bool)
    differs: Bools = split_of(events, time, spec) != _by_entity(events, spec.split_by, spec)
    return differs


def entity(table: pa.Table, names: Sequence[str]) -> pa.Array:
    """One text for the values of `names` in each row: the same whatever they are stored as."""
    keys = key_table(table, names)
    return entity_text(pa.table([_text(column) for column in keys.columns], names=list(names)), list(names))


def _text(key: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_binary(key.type):
        return key
    try:
        return key.cast(pa.string())
    except pa.ArrowInvalid:  # some bytes are not UTF-8
        return pa.chunked_array([pa.array([_decoded(one) for one in key.to_pylist()], pa.string())])


def _decoded(key: bytes | None) -> str | None:
    """Text as it is; other bytes as hexadecimal digits, after a character that keeps them apart from text."""
    try:
        return None if key is None else key.decode()
    except UnicodeDecodeError:
        return f"\0{key.hex()}" if key is not None else None


def _by_entity(events: pa.Table, names: Sequence[str], spec: LabelSpec) -> Ints:
    # An entity has several events as a rule, and is hashed once.
    text = entity(events, names).dictionary_encode()
    numbers: Ints = split_numbers(text.dictionary, spec.splits)[text.indices.to_numpy()]
    return numbers
