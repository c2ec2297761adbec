"""The point-in-time join in nested loops, as the docs say it: slow, and plain to see."""

from __future__ import annotations

import math
from typing import Any

from headrace.point_in_time import Aggregate, AsOfTable, EventStream, PointInTimeSpec

Row = dict[str, Any]
Looked = tuple[dict[str, Any], str, dict[str, int | None], set[int]]
"""Features of an event, its status, the newest row of each feature, and all rows that it used."""


def look_up_in_loops(event: Row, rows: list[Row], table: Any, spec: PointInTimeSpec, hashes: list[int]) -> Looked:
    names = list(table.feature_columns)
    nothing: dict[str, Any] = dict.fromkeys(names)
    key = [event[name] for name in table.key_columns]
    if None in key:
        return nothing, "no_key", dict(nothing), set()
    if event[spec.event_time] is None:
        return nothing, "no_time", dict(nothing), set()
    mine = [
        i
        for i, row in enumerate(rows)
        if [row[name] for name in table.key_columns.values()] == key and row[table.time] is not None
    ]
    of = _as_of if isinstance(table, AsOfTable) else _windows
    return of(event[spec.event_time], event, rows, mine, table, hashes)


def row_status_in_loops(row: Row, table: Any, is_used: bool) -> str:
    if None in [row[name] for name in table.key_columns.values()]:
        return "no_key"
    never_known = isinstance(table, AsOfTable) and table.created_is == "knowledge" and row[table.created] is None
    if row[table.time] is None or never_known:
        return "no_time"
    return "used" if is_used else "unused"


def _as_of(now: int, event: Row, rows: list[Row], mine: list[int], table: AsOfTable, hashes: list[int]) -> Looked:
    features, newest, used, was_expired = {}, {}, set(), False
    for name, column in table.feature_columns.items():
        there = []
        for i in mine:
            created = rows[i][table.created] if table.created else None
            since = rows[i][table.time] + table.delay_us
            if table.created_is == "knowledge":
                if created is None:
                    continue
                since = max(since, created)
            is_in = since < now or (table.at_event_time and since == now)
            if is_in and not (table.nulls == "skip" and rows[i][column] is None):
                there.append((rows[i][table.time], -math.inf if created is None else created, hashes[i], i))
        picked = max(there)[-1] if there else None
        if picked is not None and table.ttl_us is not None and rows[picked][table.time] + table.ttl_us < now:
            picked, was_expired = None, True
        features[name], newest[name] = (None, None) if picked is None else (rows[picked][column], picked)
        used |= {picked} - {None}
    status = "matched" if used else "expired" if was_expired else "absent"
    return features, status, newest, used


def _windows(now: int, event: Row, rows: list[Row], mine: list[int], table: EventStream, hashes: list[int]) -> Looked:
    features, newest, used = {}, {}, set()
    for one in table.aggregates:
        inside = []
        for i in sorted(mine, key=lambda i: (rows[i][table.time], hashes[i])):
            row, time = rows[i], rows[i][table.time]
            known = time + table.delay_us
            own = [(event[name], row[column]) for name, column in table.own_columns.items()]
            is_own = bool(own) and all(left is not None and left == right for left, right in own)
            is_in = known < now or (table.at_event_time and known == now)
            is_young = one.window_us is None or time >= now - one.window_us
            wanted = all(
                row[where.column] in where.values if where.values else row[where.column] is not None
                for where in one.where
            )
            valued = one.value is None or (row[one.value] is not None and _is_finite(row[one.value]))
            if is_in and is_young and wanted and valued and not is_own:
                inside.append(i)
        values = [rows[i][one.value] for i in inside] if one.value else []
        features[one.name] = _value(one, values, len(inside))
        newest[one.name] = max(inside, key=lambda i: rows[i][table.time], default=None)
        used |= set(inside)
    return features, "matched" if used else "absent", newest, used


def _value(one: Aggregate, values: list[Any], count: int) -> Any:
    if not count:
        return 0 if one.empty == "zero" or (one.empty is None and one.function in _ZEROS) else None
    return {
        "count": lambda: count,
        "per_day": lambda: count / (one.window_us / 86_400_000_000),
        "sum": lambda: math.fsum(values) if isinstance(values[0], float) else sum(values),
        "mean": lambda: math.fsum(values) / count,
        "min": lambda: min(values),
        "max": lambda: max(values),
        "first": lambda: values[0],
        "last": lambda: values[-1],
        "distinct": lambda: len(set(values)),
        "rate": lambda: sum(value != 0 for value in values) / count,
    }[one.function]()


_ZEROS = ("count", "sum", "distinct", "per_day")


def _is_finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
