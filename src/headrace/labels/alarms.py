"""What is wrong with a join as a whole, though each of its rows is accounted for.

900 outcomes = 0 used + 900 orphan        ORPHANS          the keys of the two sides are not written alike
900 outcomes = 700 used + 200 late        LATE             as-of is too early for what was handed in
0 of 500 labels observed                  COVERAGE         every label is an absence
500 events = 500 immature                 NOTHING_LABELED  as-of is before the windows are closed
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from headrace.labels.decide import OUTCOME_FATES
from headrace.labels.facts import LabelFacts
from headrace.labels.spec import LabelSpec
from headrace.ledger import Ledger

Alarm = dict[str, Any]

CURES = {
    "no_key": "look for nulls in the keys",
    "no_outcome_time": "look for nulls in the outcome time",
    "no_event": "see whether both sides write the keys alike, and whether their files are of the same days",
    "no_value": "see whether the value columns are the right ones",
    "outside_window": "see whether both times are in UTC, and the windows long enough",
    "known_after_as_of": "see whether as_of is meant, or raise alarm_late_share",
    "never_known": "look for nulls in the time when outcomes are known",
}


def alarms_of(
    spec: LabelSpec,
    ledgers: Mapping[str, Ledger],
    labels: Mapping[str, LabelFacts],
    why: Mapping[str, Mapping[str, int]],
) -> list[Alarm]:
    """The alarms of a join: plain dicts with code, source or label, count, share (0..1) and words.

    Args:
        spec: says what is alarming.
        ledgers: of `events` and `outcomes`.
        labels: facts of each label.
        why: for `events` and `outcomes`, rows by `detail`, of those that are not in the examples.
    """
    return [
        *_nothing_labeled(spec, ledgers["events"], why["events"]),
        *_unused("ORPHANS", "orphan", spec.alarm_orphan_share, ledgers["outcomes"], why["outcomes"]),
        *_unused("LATE", "late", spec.alarm_late_share, ledgers["outcomes"], why["outcomes"]),
        *_uncovered(spec, labels),
    ]


def rows_by_detail(table: pa.Table) -> dict[str, int]:
    """Rows of unlabeled events or unused outcomes by their last column: `detail`, whatever it had to be named."""
    counts = pc.value_counts(table.column(table.num_columns - 1))
    return dict(zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True))


def _nothing_labeled(spec: LabelSpec, events: Ledger, why: Mapping[str, int]) -> Iterator[Alarm]:
    if not events.total or events["labeled"]:
        return
    words = (
        f"none of {events.total:,} events was labeled as of {spec.as_of}: {events['immature']:,} immature, "
        f"{events['excluded']:,} excluded ({_most_first(why)})"
    )
    yield {"code": "NOTHING_LABELED", "source": "events", "count": events.total, "share": 1.0, "words": words}


def _unused(code: str, part: str, limit: float, outcomes: Ledger, why: Mapping[str, int]) -> Iterator[Alarm]:
    count = outcomes[part]
    share = count / outcomes.total if outcomes.total else 0.0
    if share <= limit:
        return
    details = {detail for of, detail in OUTCOME_FATES if of == part}
    reasons = {detail: rows for detail, rows in why.items() if detail in details}
    words = (
        f"{count:,} of {outcomes.total:,} outcomes are {part} ({share:.2%}; expected at most {limit:.2%}): "
        f"{_most_first(reasons)}; {CURES[_by_size(reasons)[0][0]]}"
    )
    yield {"code": code, "source": "outcomes", "count": count, "share": share, "words": words}


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
        yield {"code": "COVERAGE", "label": name, "count": facts.observed, "share": share, "words": words}


def _by_size(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _most_first(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {detail}" for detail, count in _by_size(counts))
