"""What a dialect of a log collector is: SQL over JSON that finds the records in a message, their time and fields.

One line of `cloudwatch_logs`, which holds two records, and what they become:

    {"messageType": "DATA_MESSAGE", "logGroup": "races", "logEvents": [
      {"id": "1", "timestamp": 1772521200000, "message": "{\"bib\": 7, \"km\": 5}"},
      {"id": "2", "timestamp": 1772521260000, "message": "delayed"}]}

    {"@timestamp": "2026-03-03T07:00:00Z", "@envelope": {"logGroup": "races", "id": "1", ...}, "bib": 7, "km": 5}
    {"@timestamp": "2026-03-03T07:01:00Z", "@envelope": {"logGroup": "races", "id": "2", ...}, "message": "delayed"}

Each module in `collectors` that has a `DIALECT` is one, under the name of the module; so is each module that another
installed package names as an entry point:

    [project.entry-points."headrace.dialects"]
    race_gate = "my_package.race_gate"

The functions below write SQL.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from headrace.errors import UsageError
from headrace.ingest.dialects.parts import Parts

ENTRY_POINTS = "headrace.dialects"
MAX_MICROS = 250_000_000_000_000_000
"""In the year 9892: a larger number is not a time."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """An array of envelopes or records inside `item`: its JSON path, and what each of its elements inherits.

    `context` is SQL for a JSON object, over the `item` that has the array and the `context` that it inherited itself.
    `absent` says what an item without the array is: a fault, itself the only element, or empty. An empty item has no
    keys but those in `beside`: one with others may hold records under a name that nobody knows, and is a fault.
    `accepts` is SQL over `item`: whether what its elements inherit can be read; else the item is a fault.
    """

    path: str
    context: str = "context"
    absent: Literal["fault", "itself", "empty"] = "fault"
    beside: tuple[str, ...] = ()
    accepts: str = "true"


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How lines become records. All expressions are SQL, and JSON comes as text.

    Attributes:
        document: over `line` (and `head`): the JSON document of a line.
        is_list: over `item`: whether an array at the top of a document is a list of envelopes.
        control: over `item`: whether it is a message that is meant to hold no record.
        levels: the arrays that lead from the envelope to the records.
        steps: names for expressions over `item` and `context` that are used more than once; each may use those before
            it, and all that follow may use them.
        empty: over a record's `item`: whether it is meant to hold no document, as one that was asked for and not found.
        accepts, time, fields, envelope: over a record's `item` and `context`: whether it is a record of this dialect;
            its time as text (ISO 8601 where possible); JSON objects of its fields and of what the collector added.
        expected: what a record looks like, in words.
        head: a pattern of lines that announce the next line, which is the record.
        parts: which lines are parts of a longer one.
        packed: a pattern of lines that hold encoded JSON which SQL can't decode, such as base64 of gzip.
        unpacked: decodes such a line; gives None where it holds no record of the collector. It is called for each
            line, so a line should hold many records.
        sample: a file as the collector writes it; `gives`: the records it becomes; `controls`: how many of its
            messages hold no record.
    """

    time: str
    fields: str
    envelope: str
    expected: str
    sample: str
    gives: Sequence[Mapping[str, Any]]
    document: str = "line"
    is_list: str = "starts_with(ltrim(item, chr(32) || chr(9) || chr(10) || chr(13)), '[')"
    control: str = "false"
    levels: tuple[Level, ...] = ()
    steps: tuple[Mapping[str, str], ...] = ()
    empty: str = "false"
    accepts: str = "true"
    head: str | None = None
    parts: Parts | None = None
    packed: str | None = None
    unpacked: Callable[[str], str | None] | None = None
    controls: int = 0


@functools.lru_cache(maxsize=1)
def dialects() -> dict[str, Dialect]:
    """All dialects by name."""
    from headrace.ingest.dialects import collectors as package

    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        modules.setdefault(entry.name, entry.load())
    return {name: module.DIALECT for name, module in modules.items() if hasattr(module, "DIALECT")}


def dialect_named(name: str) -> Dialect:
    """The dialect of a name.

    Raises:
        UsageError: there is none of that name; lists those there are.
    """
    if name not in dialects():
        raise UsageError(f"dialect must be one of {', '.join(dialects())}, got {name!r}")
    return dialects()[name]


def value(item: str, path: str) -> str:
    """The JSON at a path; null where there is none."""
    return f"json_extract({item}, '{path}')"


def text(item: str, path: str) -> str:
    """The text or number at a path, as text without quotes; null where there is none."""
    return f"json_extract_string({item}, '{path}')"


def part(item: str, keys: Sequence[str]) -> str:
    """The object of those of `keys` that `item` has at its top."""
    paths = ", ".join(f"'/{key}'" for key in keys)
    found = f"json_extract({item}, [{paths}])"
    return members_of({key: f"{found}[{place}]" for place, key in enumerate(keys, start=1)})


def members_of(values: Mapping[str, str]) -> str:
    """An object with these keys and JSON values, without the keys whose value is null."""
    members = ", ".join(f"""'"{key}":' || {value}""" for key, value in values.items())
    return f"('{{' || concat_ws(',', {members}) || '}}')"


def without(item: str, keys: Sequence[str]) -> str:
    """The object `item` without these keys, by JSON Merge Patch (RFC 7396); null if `item` is null."""
    nulls = ", ".join(f'"{key}": null' for key in keys)
    return f"CASE WHEN {item} IS NOT NULL THEN json_merge_patch({item}, '{{{nulls}}}') END"


def joined(*objects: str) -> str:
    """One object with the members of all, in turn; where a key comes twice the first counts. Null has no members."""
    # Each object is written here once: `nullif` would evaluate it twice, and what is nested in it four times.
    members = ", ".join(f"({one})[2:-2]" for one in objects)
    # Of an empty list `array_to_string` makes null.
    return f"('{{' || coalesce(array_to_string([m for m in [{members}] if m <> ''], ','), '') || '}}')"


def is_object(item: str, path: str = "$") -> str:
    """Whether there is an object at a path."""
    return f"coalesce(json_type({item}, '{path}') = 'OBJECT', false)"


def fields_in_text(message: str) -> str:
    """The fields of a log text: its keys if it is a JSON object, else `{"message": text}`; null stays null."""
    looks = f"starts_with(ltrim({message}), '{{') AND json_valid({message})"
    named = f"""'{{"message":' || to_json({message}) || '}}'"""
    return f"CASE WHEN {message} IS NULL THEN NULL WHEN {looks} THEN json_extract({message}, '$') ELSE {named} END"


def object_in_text(message: str) -> str:
    """The text if it is a JSON object, else null."""
    looks = f"starts_with(ltrim({message}), '{{') AND json_valid({message})"
    # Extracted, which writes it anew: DuckDB accepts a trailing comma, which must not come between other members.
    return f"CASE WHEN {looks} THEN json_extract({message}, '$') END"


def iso_of_epoch(number: str, per_second: int) -> str:
    """ISO 8601 in UTC of a number since 1970 that is a text, to the nanosecond; any other text stays as it is."""
    if per_second > 1_000_000:
        nanos = f"TRY_CAST({number} AS HUGEINT)"
        finer = f"{nanos} % 1000 <> 0"
        micros = f"{nanos} // 1000"
    else:
        # A double distinguishes microseconds until the year 2255; DuckDB's cast to a decimal takes 100 times as long.
        micros = f"round(TRY_CAST({number} AS DOUBLE) * {1_000_000 // per_second})"
        digits = len(str(1_000_000 // per_second)) - 1
        finer = rf"regexp_matches({number}, '^-?[0-9]{{1,18}}\.[0-9]{{{digits}}}[0-9]*[1-9]')"
        nanos = f"CAST(TRY_CAST({number} AS DECIMAL(38, 9)) * {1_000_000_000 // per_second} AS HUGEINT)"
    below = f"CAST((({nanos}) % 1000 + 1000) % 1000 AS INTEGER)"
    whole = f"make_timestamp({_known(f'(({nanos}) - {below}) // 1000')})"
    exact = f"strftime({whole}, '%Y-%m-%dT%H:%M:%S.%f') || lpad(CAST({below} AS VARCHAR), 3, '0')"
    plain = f"replace(CAST(make_timestamp({_known(micros)}) AS VARCHAR), ' ', 'T')"
    return f"coalesce(CASE WHEN {finer} THEN {exact} ELSE {plain} END || 'Z', {number})"


def _known(micros: str) -> str:
    return f"CASE WHEN abs({micros}) < {MAX_MICROS} THEN CAST({micros} AS BIGINT) END"
