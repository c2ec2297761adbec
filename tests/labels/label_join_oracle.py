"""The label join in nested loops, as the docs say it: slow, and plain to see."""

from __future__ import annotations

from typing import Any

from headrace.labels import LabelSpec

Row = dict[str, Any]
Fate = tuple[str, str]


def join_in_loops(
    events: list[Row], outcomes: list[Row], spec: LabelSpec, hashes: list[int]
) -> tuple[list[Fate], list[dict[str, Any]], list[Fate]]:
    """Fate and labels of each event, and the fate of each outcome; `hashes` are those of the outcome rows."""
    fates: list[Fate | None] = [None] * len(outcomes)

    def known(i: int) -> Any:
        return outcomes[i][spec.known_at or spec.outcome_time]

    def time(i: int) -> int:
        return outcomes[i][spec.outcome_time] or 0

    def keys(row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in spec.keys)

    for i in range(len(outcomes)):
        if known(i) is None:
            fates[i] = ("late", "never_known")
        elif known(i) > spec.as_of_us:
            fates[i] = ("late", "known_after_as_of")
    seen = set()
    for i in sorted(range(len(outcomes)), key=lambda i: (known(i) or 0, time(i), hashes[i])):
        if fates[i] is None and spec.outcome_id and outcomes[i][spec.outcome_id] is not None:
            identity = (keys(outcomes[i]), outcomes[i][spec.outcome_id])
            if identity in seen:
                fates[i] = ("duplicate", "same_id")
            seen.add(identity)

    def matches(event: Row, i: int, label: Any, *, valued: bool = True) -> bool:
        outcome = outcomes[i]
        if fates[i] is not None or None in keys(outcome) or outcome[spec.outcome_time] is None:
            return False
        if None in keys(event) or event[spec.event_time] is None or keys(event) != keys(outcome):
            return False
        after, before = label.window_us
        inside = event[spec.event_time] + after <= outcome[spec.outcome_time] < event[spec.event_time] + before
        return inside and (outcome[label.value] is not None or not valued)

    event_fates: list[Fate] = []
    labels: list[dict[str, Any]] = []
    picked: dict[str, set[int]] = {"labeled": set(), "immature": set(), "excluded": set()}
    for event in events:
        values, picks, absent = {}, [], []
        for label in spec.labels:
            found = [i for i in range(len(outcomes)) if matches(event, i, label)]
            sign = 1 if label.pick == "first" else -1
            found.sort(key=lambda i, sign=sign: (sign * time(i), -known(i), hashes[i]))
            picks += found[:1]
            if found:
                values[label.name] = outcomes[found[0]][label.value]
            else:
                values[label.name] = label.negative if label.absence == "negative" else None
                absent += [label.name] if label.absence == "exclude" else []
        slack = spec.as_of_us - round(spec.lateness_s * 1e6)
        if None in keys(event):
            fate = ("excluded", "no_key")
        elif event[spec.event_time] is None:
            fate = ("excluded", "no_event_time")
        elif any(event[spec.event_time] + label.window_us[1] > slack for label in spec.labels):
            fate = ("immature", "window_open")
        else:
            fate = ("excluded", f"no_{absent[0]}") if absent else ("labeled", "")
        event_fates.append(fate)
        labels.append(values)
        picked[fate[0]].update(picks)

    def rest(i: int) -> Fate:
        if i in picked["labeled"]:
            return "used", ""
        if i in picked["immature"] or i in picked["excluded"]:
            return "held_back", "event_immature" if i in picked["immature"] else "event_excluded"
        if None in keys(outcomes[i]):
            return "orphan", "no_key"
        if outcomes[i][spec.outcome_time] is None:
            return "orphan", "no_outcome_time"
        pairs = [(event, label) for event in events for label in spec.labels]
        if any(matches(event, i, label) for event, label in pairs):
            return "superseded", "not_picked"
        if any(matches(event, i, label, valued=False) for event, label in pairs):
            return "orphan", "no_value"
        joinable = [event for event in events if event[spec.event_time] is not None]
        met = any(keys(event) == keys(outcomes[i]) for event in joinable)
        return "orphan", "outside_window" if met else "no_event"

    return event_fates, labels, [fate or rest(i) for i, fate in enumerate(fates)]
