"""Which alarm speaks of which planted fault.

    Alarm(node="CheckTraining", feature="age_group", code="LINF_HIGH", ...)   ->   campaign

What an alarm says comes from the pipeline alone; only this module, for the closing table, knows what was planted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from headrace_pipelines.lineage import NodeRun

from headrace.skew import Verdict


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm of a node, in the words of the component that raised it."""

    node: str
    code: str
    words: str
    feature: str = ""
    slice: str = ""
    comparison: str = ""


def verdict_of(run: NodeRun) -> Verdict | None:
    """The verdict of a SkewCheck node, None for other nodes."""
    report = run.outputs.get("report")
    return Verdict.from_json(Path(report.uri, "verdict.json").read_text()) if report else None


def alarms_of(run: NodeRun) -> list[Alarm]:
    """Everything a node complained about."""
    raised = [Alarm(node=run.node, code=alarm["code"], words=alarm["words"]) for alarm in run.alarms]
    if verdict := verdict_of(run):
        raised += [
            Alarm(
                node=run.node,
                code=found.code,
                words=str(found),
                feature=found.feature,
                slice=found.slice,
                comparison=found.comparison,
            )
            for found in verdict.alarms
        ]
    return raised


Speaks = Callable[[Alarm], bool]


def _rejects(node: str) -> Speaks:
    return lambda a: a.node == node and "REJECT" in a.code.upper()


def _any(*speaks: Speaks) -> Speaks:
    return lambda a: any(one(a) for one in speaks)


def _feature(node: str, *features: str, comparison: str = "", in_slice: str = "") -> Speaks:
    return lambda a: (
        a.node == node
        and a.feature in features
        and (not comparison or a.comparison == comparison)
        and (not in_slice or a.slice == in_slice)
    )


def _duplicates(alarm: Alarm) -> bool:
    return alarm.node == "IngestSuggestions" and "DUPLICATE" in alarm.code.upper()


def _rows(node: str, in_slice: str) -> Speaks:
    return lambda a: a.node == node and a.slice == in_slice and a.code == "ROWS_LOW"


SIGNS: dict[str, Speaks] = {
    "malformed_lines": _any(_rejects("IngestSuggestions"), _rejects("IngestRuns")),
    "truncated_lines": _any(_rejects("IngestSuggestions"), _rejects("IngestRuns")),
    "duplicated_events": _duplicates,
    "dead_heart_rate_sensor": _any(_feature("CheckTraining", "heart_rate"), _feature("CheckRuns", "heart_rate")),
    "elevation_unit": _feature("CheckRuns", "elevation_m"),
    "campaign": _feature("CheckTraining", "age_group", "age"),
    "half_lost_source": _any(_rows("CheckRuns", "source_phone"), _feature("CheckRuns", "source")),
    "pace_in_miles": _feature("CheckTraining", "pace_min_per_km", comparison="skew"),
    "column_as_text": _feature("CheckTraining", "distance_km"),
    "evening_acceptance": _feature("CheckTraining", "accepted", "rejection_reason", "completed", "enjoyment"),
}
"""Planted fault -> whether an alarm speaks of it."""


def explain(alarms: Sequence[Alarm], faults: Iterable[str]) -> tuple[dict[str, list[Alarm]], list[Alarm]]:
    """The alarms that speak of each fault (none: not found), and those that speak of no planted fault."""
    found = {fault: [alarm for alarm in alarms if SIGNS[fault](alarm)] for fault in faults}
    claimed = {alarm for spoken in found.values() for alarm in spoken}
    return found, [alarm for alarm in alarms if alarm not in claimed]
