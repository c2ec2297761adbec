"""Why data are not blessed: one reason for each feature, which is the worst of its alarms.

pace: FEATURE_SKEW, JENSEN_SHANNON_HIGH; (all rows): REJECTS     ->  pace: differs in 900 pairs   (1 more alarm)
the alarm REJECTS of the node itself                                ingested rows: 3 of 900 rows were rejected
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


def reasons(rows: Sequence[tuple[str, Row]], node_alarms: Mapping[str, Sequence[str]]) -> list[Reason]:
    """A reason for each feature of each check, in the order of `rows`: alarms and warnings, by name of the check.

    `node_alarms`: by node, its own alarms as `CODE: words`; findings of a check that repeat them are left out.
    """
    known = {words for found in node_alarms.values() for words in found}
    grouped: dict[tuple[str, ...], list[Row]] = {}
    for name, row in rows:
        if row.comparison == "source" and f"{row.code}: {row.reason}" in known:
            continue
        # Each finding about all rows is a reason of its own.
        own = (row.code, row.slice, row.reason) if row.feature == ALL_ROWS else ()
        grouped.setdefault((name, row.split, row.feature, *own), []).append(row)
    for rows_of_one in grouped.values():
        # What rows show explains more than what distributions show.
        rows_of_one.sort(key=lambda row: row.comparison not in BY_ROW)
    return _together(
        [
            Reason(about=key[2], where=", ".join(part for part in key[:2] if part), worst=alike[0], more=alike[1:])
            for key, alike in grouped.items()
        ]
    )


def _together(found: Sequence[Reason]) -> list[Reason]:
    # Several features with the same words, such as that they have no baseline, are one reason.
    alike: dict[tuple[object, ...], list[Reason]] = {}
    for i, reason in enumerate(found):
        worst = reason.worst
        own = i if reason.more or reason.about == ALL_ROWS else -1
        alike.setdefault((own, reason.where, worst.code, worst.slice, worst.reason, worst.hint), []).append(reason)
    return [replace(one[0], about=listed([reason.about for reason in one])) for one in alike.values()]
