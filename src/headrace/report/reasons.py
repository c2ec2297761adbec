"""Why data are not blessed: one reason a feature, the worst of its alarms, with the others behind it.

pace: FEATURE_SKEW, JENSEN_SHANNON_HIGH; (all rows): REJECTS     ->  pace: differs in 900 pairs   (1 more alarm)
a node: REJECTS, in the same words                                   ingested rows: 3 of 900 rows were rejected
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from headrace.report.parts import ALL_ROWS, Row
from headrace.words import listed

BY_ROW = ("feature skew", "shift")


@dataclass(frozen=True, kw_only=True)
class Reason:
    """`about`: a feature, the data or a node; `where`: the check and split; `more`: further alarms of the feature."""

    about: str
    where: str
    worst: Row
    more: Sequence[Row] = ()


def reasons(rows: Sequence[tuple[str, Row]], said: Mapping[str, Sequence[str]]) -> list[Reason]:
    """A reason for each feature of each check, in the order of `rows`: alarms and warnings, by name of the check.

    `said`: what nodes complain of themselves, `CODE: words`; a check that repeats it is left out.
    """
    known = {words for found in said.values() for words in found}
    grouped: dict[tuple[str, ...], list[Row]] = {}
    for name, row in rows:
        if row.comparison == "source" and f"{row.code}: {row.reason}" in known:
            continue
        # What is said of all rows are facts of their own.
        own = (row.code, row.slice, row.reason) if row.feature == ALL_ROWS else ()
        grouped.setdefault((name, row.split, row.feature, *own), []).append(row)
    for rows_of_one in grouped.values():
        # What was seen row by row says more than what the distributions show of it.
        rows_of_one.sort(key=lambda row: row.comparison not in BY_ROW)
    return _together(
        [
            Reason(about=key[2], where=", ".join(part for part in key[:2] if part), worst=alike[0], more=alike[1:])
            for key, alike in grouped.items()
        ]
    )


def _together(found: Sequence[Reason]) -> list[Reason]:
    # What is said of several features in the same words, as that they have no baseline, is one reason.
    alike: dict[tuple[object, ...], list[Reason]] = {}
    for i, reason in enumerate(found):
        worst = reason.worst
        own = i if reason.more or reason.about == ALL_ROWS else -1
        alike.setdefault((own, reason.where, worst.code, worst.slice, worst.reason, worst.hint), []).append(reason)
    return [replace(one[0], about=listed([reason.about for reason in one])) for one in alike.values()]
