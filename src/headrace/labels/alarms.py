"""What is wrong with a join as a whole, though each of its rows is accounted for.

900 outcomes = 0 used + 900 orphan        ORPHANS          the keys of the two sides are not written alike
900 outcomes = 700 used + 200 late        LATE             as-of is too early for what was handed in
0 of 500 labels observed                  COVERAGE         every label is an absence
500 events = 500 immature                 NOTHING_LABELED  as-of is before the windows are closed
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from headrace.alarms import Alarm
from headrace.labels.facts import LabelFacts
from headrace.labels.outcome_status import OUTCOME_STATUSES
from headrace.labels.spec import LabelSpec
from headrace.ledger import Ledger

CURES = {
    "no_key": "look for nulls in the keys",
    "no_outcome_time": "look for nulls in the outcome time",
    "no_event": "see whether both sides write the keys alike, and whether their files are of the same days",
    "no_value": "see whether the value columns are the right ones",
    "undeclared_value": "see whether the order names all values that there are",
    "before_event": "see whether both times are in UTC, or declare the skew of the clocks",
    "outside_window": "see whether both times are in UTC, and the windows long enough",
    "known_after_as_of": "see whether as_of is meant, or raise alarm_late_share",
    "known_after_label": "see whether lateness is long enough",
    "never_known": "look for nulls in the time when outcomes are known",
}


def alarms_of(
    spec: LabelSpec,
    ledgers: Mapping[str, Ledger],
    labels: Mapping[str, LabelFacts],
    why: Mapping[str, Mapping[str, int]],
) -> list[Alarm]:
    """The alarms of a join, each of a source or a label.

    Args:
        spec: says what is alarming.
        ledgers: of `events`, and of the outcomes by source.
        labels: facts of each label.
        why: for each ledger, rows by `detail`.
    """
    sources = [source.name for source in spec.outcome_sources]
    limits = (("ORPHANS", "orphan", spec.alarm_orphan_share), ("LATE", "late", spec.alarm_late_share))
    unused = [_unused(*limit, ledgers[name], why[name]) for name in sources for limit in limits]
    return [
        *_nothing_labeled(spec, ledgers["events"], why["events"]),
        *(alarm for alarms in unused for alarm in alarms),
        *_uncovered(spec, labels),
    ]


def _nothing_labeled(spec: LabelSpec, events: Ledger, why: Mapping[str, int]) -> Iterator[Alarm]:
    earlier = why.get("matured_before", 0)
    if events.total == earlier or events["labeled"]:
        return
    as_of = spec.as_of[-1] if isinstance(spec.as_of, tuple) else spec.as_of
    words = (
        f"none of {events.total:,} events was labeled as of {as_of}: {events['immature']:,} immature, "
        f"{events['excluded']:,} excluded ({_most_first(why)})"
    )
    yield Alarm(code="NOTHING_LABELED", source="events", count=events.total, share=1.0, words=words)


def _unused(code: str, part: str, limit: float, outcomes: Ledger, why: Mapping[str, int]) -> Iterator[Alarm]:
    count = outcomes[part]
    share = count / outcomes.total if outcomes.total else 0.0
    if share <= limit:
        return
    details = {detail for of, detail in OUTCOME_STATUSES if of == part}
    reasons = {detail: rows for detail, rows in why.items() if detail in details}
    words = (
        f"{count:,} of {outcomes.total:,} {outcomes.subject} are {part} ({share:.2%}; expected at most {limit:.2%}): "
        f"{_most_first(reasons)}; {CURES[_by_size(reasons)[0][0]]}"
    )
    yield Alarm(code=code, source=outcomes.subject, count=count, share=share, words=words)


def _uncovered(spec: LabelSpec, labels: Mapping[str, LabelFacts]) -> Iterator[Alarm]:
    for name, facts in labels.items():
        share = facts.coverage
        if share is None or share > spec.min_coverage:
            continue
        events = facts.observed + facts.negative + facts.missing
        words = (
            f"label {name} was observed for {facts.observed:,} of {events:,} labeled events "
            f"({share:.2%}; expected more than {spec.min_coverage:.2%}): "
            f"{facts.negative:,} are negative and {facts.missing:,} missing by absence alone"
        )
        yield Alarm(code="COVERAGE", label=name, count=facts.observed, share=share, words=words)


def _by_size(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _most_first(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {detail}" for detail, count in _by_size(counts))
