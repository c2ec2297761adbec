"""The label join in nested loops, as the docs say it: slow, and plain to see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from times.calendar_oracle import plus

from headrace.labels import Label, LabelSpec, OutcomeSource
from headrace.times.durations import parse_duration

Row = dict[str, Any]
Status = tuple[str, str]


class Expected(NamedTuple):
    """Status and added columns of each event, and by source the status of each outcome."""

    statuses: list[Status]
    columns: list[Row]
    outcomes: dict[str, list[Status]]


def join_in_loops(
    events: list[Row],
    outcomes: dict[str, list[Row]],
    spec: LabelSpec,
    hashes: dict[str, list[int]],
    splits: Callable[[Row], tuple[int, int]],
) -> Expected:
    """`hashes` are those of the outcome rows; `splits` tells the split of an event's entity, and of its time."""
    sources = {source.name: source for source in spec.outcome_sources}
    source_of = {label.name: sources[label.source or next(iter(sources))] for label in spec.labels}
    last = spec.as_ofs_us[-1]

    def time(source: OutcomeSource, i: int) -> int:
        return outcomes[source.name][i][source.outcome_time] or 0

    def known(source: OutcomeSource, i: int) -> Any:
        return outcomes[source.name][i][source.known_at or source.outcome_time]

    def keys(source: OutcomeSource, row: Row) -> list[Any]:
        return [row[name] for name in source.key_columns(spec.keys).values()]

    def versions(source: OutcomeSource, i: int, as_of: int) -> list[int]:
        """The rows known by then that say the same outcome, the first first."""
        rows, name = outcomes[source.name], source.outcome_id
        if name is None or rows[i][name] is None:
            return [i]
        same = [
            j
            for j, row in enumerate(rows)
            if (keys(source, row), row[name]) == (keys(source, rows[i]), rows[i][name])
            and known(source, j) is not None
            and known(source, j) <= as_of
        ]
        return sorted(same, key=lambda j: (known(source, j), time(source, j), hashes[source.name][j]))

    def current(source: OutcomeSource, i: int, as_of: int) -> bool:
        if known(source, i) is None or known(source, i) > as_of:
            return False
        return versions(source, i, as_of)[0 if source.same_id == "first" else -1] == i

    def value(label: Label, row: Row) -> Any:
        """What the outcome says, None where it does not count."""
        found = 1 if label.value is None else row[label.value]
        if found is None or not label.order:
            return found
        return None if found not in label.order else label.order.index(found) if label.ordinal else found

    def lacks_key(event: Row) -> bool:
        return any(event[name] is None for source in sources.values() for name in source.key_columns(spec.keys))

    def inside(event: Row, label: Label, i: int, skew: bool = True) -> bool:
        source = source_of[label.name]
        row, at = outcomes[source.name][i], event[spec.event_time]
        if lacks_key(event) or at is None or row[source.outcome_time] is None:
            return False
        if [event[name] for name in source.key_columns(spec.keys)] != keys(source, row):
            return False

        def within(moment: int) -> bool:
            start, end = (plus(at, bound, spec.zone) for bound in label.window)
            after = start <= moment if label.closed in ("left", "both") else start < moment
            return after and (moment <= end if label.closed in ("right", "both") else moment < end)

        moment = time(source, i)
        tolerated = skew and at - parse_duration(source.clock_skew).us <= moment < at and within(at)
        return within(moment) or tolerated

    def matching(event: Row, label: Label, as_of: int) -> list[int]:
        """The outcomes that match, by time; of one time the one known later first."""
        source = source_of[label.name]
        rows = outcomes[source.name]
        found = [i for i in range(len(rows)) if current(source, i, as_of) and value(label, rows[i]) is not None]
        found = [i for i in found if inside(event, label, i)]
        return sorted(found, key=lambda i: (time(source, i), -known(source, i), hashes[source.name][i]))

    def judge(label: Label, found: list[int]) -> tuple[Any, list[int]]:
        """The label, and the outcomes that make it."""
        source = source_of[label.name]
        rows = outcomes[source.name]
        values = [value(label, rows[i]) for i in found]
        if label.pick in ("first", "last", "priority"):

            def rank(i: int) -> Any:
                if label.pick == "priority":
                    priority = rows[i][label.priority] if label.priority else label.order.index(rows[i][label.value])
                    return (priority is not None, priority or 0, time(source, i))
                return time(source, i) * (1 if label.pick == "last" else -1)

            best = max(found, key=rank)  # of several, the first of the list
            return value(label, rows[best]), [best]
        aggregates: dict[str, Callable[[list[Any]], Any]] = {
            "count": len,
            "sum": sum,
            "min": min,
            "max": max,
            "mean": lambda of: sum(of) / len(of),
            "any": lambda of: int(any(of)),
        }
        return aggregates[label.pick](values), found

    def status_of(event: Row) -> tuple[Status, Row, dict[str, list[int]]]:
        at = event[spec.event_time]
        if lacks_key(event) or at is None:
            return ("excluded", "no_key" if lacks_key(event) else "no_event_time"), {}, {}
        over = {
            label.name: plus(plus(at, label.window[1], spec.zone), spec.lateness, spec.zone) for label in spec.labels
        }
        as_of = next((one for one in spec.as_ofs_us if max(over.values()) <= one), last)
        mature = max(over.values()) <= as_of
        columns: Row = {}
        made: dict[str, list[int]] = {}
        early, absent = True, []
        for label in spec.labels:
            found = matching(event, label, as_of)
            if found:
                columns[label.name], made[label.name] = judge(label, found)
            else:
                columns[label.name] = label.negative if label.absence == "negative" else None
                absent += [f"no_{label.name}"] if label.absence == "exclude" else []
            if over[label.name] > last:
                early = early and label.early and bool(found) and columns[label.name] != label.negative
        if spec.flags_early:
            columns[spec.early_column] = int(not mature)
        if spec.as_of_column:
            columns[spec.as_of_column] = as_of
        entity, of_time = splits(event)
        status = ("labeled", "") if mature else ("labeled", "early")
        status = ("excluded", absent[0]) if absent else status
        status = ("excluded", "other_split") if spec.split_time and spec.split_by and entity != of_time else status
        status = ("immature", "window_open") if not mature and not early else status
        if spec.matured_after_us is not None and max(over.values()) <= spec.matured_after_us:
            status = ("excluded", "matured_before")
        return status, columns, made

    judged = [status_of(event) for event in events]

    def status_of_outcome(source: OutcomeSource, i: int) -> Status:
        row = outcomes[source.name][i]
        labels = [label for label in spec.labels if source_of[label.name] is source]
        pairs = [
            (event, label, status[0], i in made.get(label.name, []))
            for event, (status, _, made) in zip(events, judged, strict=True)
            for label in labels
        ]
        if known(source, i) is None or known(source, i) > last:
            return "late", "never_known" if known(source, i) is None else "known_after_as_of"
        if source.same_id == "first" and not current(source, i, last):
            return "duplicate", "same_id"
        used = [(event, label) for event, label, part, makes in pairs if makes and part == "labeled"]
        if used:
            plain = any(inside(event, label, i, skew=False) for event, label in used)
            return "used", "" if plain else "clock_skew"
        for part in ("immature", "excluded"):
            if any(makes and of_event == part for _, _, of_event, makes in pairs):
                return "held_back", f"event_{part}"
        if not current(source, i, last):
            return "superseded", "corrected"
        if None in keys(source, row) or row[source.outcome_time] is None:
            return "orphan", "no_key" if None in keys(source, row) else "no_outcome_time"
        met = [(event, label) for event, label, *_ in pairs if inside(event, label, i)]
        counting = [(event, label) for event, label in met if value(label, row) is not None]
        if counting:
            seen = any(i in matching(event, label, as_of_of(event)) for event, label in counting)
            return ("superseded", "not_picked") if seen else ("late", "known_after_label")
        if met:
            undeclared = any(label.value and row[label.value] is not None for _, label in met)
            return "orphan", "undeclared_value" if undeclared else "no_value"
        own = list(source.key_columns(spec.keys))
        joinable = [event for event in events if event[spec.event_time] is not None and not lacks_key(event)]
        times = [event["at"] for event in joinable if [event[name] for name in own] == keys(source, row)]
        if not times:
            return "orphan", "no_event"
        return "orphan", "before_event" if time(source, i) < min(times) else "outside_window"

    def as_of_of(event: Row) -> int:
        over = [plus(plus(event["at"], x.window[1], spec.zone), spec.lateness, spec.zone) for x in spec.labels]
        return next((one for one in spec.as_ofs_us if max(over) <= one), last)

    return Expected(
        statuses=[status for status, _, _ in judged],
        columns=[columns for _, columns, _ in judged],
        outcomes={name: [status_of_outcome(s, i) for i in range(len(outcomes[name]))] for name, s in sources.items()},
    )
