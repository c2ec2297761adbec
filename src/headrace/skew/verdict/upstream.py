"""Alarms of the nodes that made the data, such as a source that is stale, as findings of a check of the data.

    {"code": "SOURCE_STALE", "source": "watch", "words": "watch is stale: ..."}   ->   an alarm of comparison "source"

So a verdict stands on all that is known of the data, and not only on what its statistics show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headrace.skew.verdict.findings import Finding


def upstream_findings(alarms: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """A finding for each alarm of `Ingest` or `LabelJoin`: dicts with `code`, `words`, and `field` if there is one."""
    found = [
        Finding(
            feature=str(alarm.get("field") or ""),
            comparison="source",
            code=alarm["code"],
            measure="source",
            reason=alarm["words"],
            alarm=True,
        )
        for alarm in alarms
    ]
    return list(dict.fromkeys(found))
