"""Alarms of the nodes that made the data, such as a source that is stale, as findings of a check of the data.

    SOURCE_STALE: watch is stale: its newest record ...   ->   an alarm of comparison "source"

So the verdict rests on all that is known about the data, not only on what their statistics show.
"""

from __future__ import annotations

from collections.abc import Iterable

from headrace.alarms import Alarm, distinct
from headrace.skew.verdict.findings import Finding


def upstream_findings(alarms: Iterable[Alarm]) -> list[Finding]:
    """A finding for each alarm of ingest and the joins, each once."""
    return [
        Finding(
            feature=alarm.field or "",
            comparison="source",
            code=alarm.code,
            measure="source",
            reason=alarm.words,
            alarm=True,
        )
        for alarm in distinct(alarms)
    ]
