"""Why data are not blessed: one reason a feature, the worst of its alarms, with the others behind it.

pace: FEATURE_SKEW, JENSEN_SHANNON_HIGH; (all rows): REJECTS     ->  pace: differs in 900 pairs   (1 more alarm)
a node: REJECTS, in the same words                                   ingested rows: 3 of 900 rows were rejected
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headrace.report.parts import ALL_ROWS, Row

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
    for found in grouped.values():
        # What was seen row by row says more than what the distributions show of it.
        found.sort(key=lambda row: row.comparison not in BY_ROW)
    return [
        Reason(about=key[2], where=", ".join(part for part in key[:2] if part), worst=found[0], more=found[1:])
        for key, found in grouped.items()
    ]
