"""Which alarm speaks of which planted fault.

    NodeAlarm(node="CheckTraining", feature="age_group", code="LINF_HIGH", ...)   ->   campaign

What an alarm says comes from the pipeline alone; only this module, for the closing table, knows what was planted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from examples.runner_suggestions.records import FEATURES_AT_THE_TIME
from headrace.skew import Verdict
from headrace_pipelines.lineage import NodeRun


@dataclass(frozen=True, kw_only=True)
class NodeAlarm:
    """An alarm of a node, in the words of the component that raised it."""

    node: str
    code: str
    words: str
    feature: str = ""
    slice: str = ""
    comparison: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sign:
    """The alarms by which a fault shows: of this node, and of these features, slices, codes and reasons of
    rejects, where any are named."""

    node: str
    features: tuple[str, ...] = ()
    slice: str = ""
    code: str = ""
    comparison: str = ""
    reasons: tuple[str, ...] = ()

    def fits(self, alarm: NodeAlarm) -> bool:
        """Whether the alarm is such a sign."""
        return (
            alarm.node == self.node
            and (not self.features or alarm.feature in self.features)
            and (not self.slice or alarm.slice == self.slice)
            and (not self.reasons or not set(self.reasons).isdisjoint(alarm.reasons))
            and (not self.code or alarm.code == self.code)
            and (not self.comparison or alarm.comparison == self.comparison)
        )


_REJECTED = (Sign(node="IngestSuggestions", code="REJECTS"), Sign(node="IngestRuns", code="REJECTS"))

SIGNS: dict[str, tuple[Sign, ...]] = {
    "malformed_lines": _REJECTED,
    "truncated_lines": (
        Sign(node="IngestSuggestions", code="REJECTS", reasons=("truncated_json",)),
        Sign(node="IngestRuns", code="REJECTS", reasons=("too_few_columns",)),
    ),
    "duplicated_events": (Sign(node="IngestSuggestions", code="DUPLICATES"),),
    "dead_heart_rate_sensor": (
        Sign(node="CheckTraining", features=("heart_rate",), comparison="drift"),
        Sign(node="CheckTraining", features=("heart_rate",)),
        Sign(node="CheckRuns", features=("heart_rate",)),
    ),
    "elevation_unit": (
        Sign(node="CheckRuns", features=("elevation_m",), slice="source_partner"),
        Sign(node="CheckRuns", features=("elevation_m",)),
    ),
    "campaign": (
        Sign(node="CheckTraining", features=("age_group",)),
        Sign(node="CheckTraining", features=("age",)),
        # New runners have new profiles, and have not run before.
        Sign(node="CheckTraining", features=tuple(FEATURES_AT_THE_TIME.features)),
        Sign(node="CheckTraining", code="COVARIATE_SHIFT"),
    ),
    "half_lost_source": (
        Sign(node="IngestRuns", code="SOURCE_GAP"),
        Sign(node="CheckRuns", code="ROWS_LOW", slice="source_phone"),
        Sign(node="CheckRuns", features=("source",)),
    ),
    "pace_in_miles": (
        Sign(node="CheckTraining", features=("pace_min_per_km",), comparison="feature_skew"),
        Sign(node="CheckTraining", features=("pace_min_per_km",), comparison="skew"),
    ),
    "column_as_text": (Sign(node="CheckTraining", features=("distance_km",)),),
    "evening_acceptance": (
        Sign(node="CheckTraining", features=("accepted",), code="CONCEPT_SHIFT"),
        Sign(node="CheckTraining", features=("accepted",), slice="daypart_evening"),
        Sign(node="CheckTraining", features=("accepted",)),
        Sign(node="CheckTraining", features=("rejection_reason", "completed", "enjoyment")),
    ),
}
"""Planted fault -> the signs of it, the plainest first."""


def verdict_of(run: NodeRun) -> Verdict | None:
    """The verdict of a SkewCheck node, None for other nodes."""
    report = run.outputs.get("report")
    path = Path(report.uri, "verdict.json") if report else None
    return Verdict.from_json(path.read_text()) if path and path.exists() else None


def alarms_of(run: NodeRun) -> list[NodeAlarm]:
    """Everything a node complained about."""
    raised = [
        NodeAlarm(node=run.node, code=alarm.code, words=alarm.words, reasons=tuple(alarm.reasons or ()))
        for alarm in run.alarms
    ]
    if verdict := verdict_of(run):
        raised += [
            NodeAlarm(
                node=run.node,
                code=found.code,
                words=str(found),
                feature=found.feature,
                slice=found.slice,
                comparison=found.comparison,
            )
            for found in verdict.alarms
            if found.comparison != "source"  # told by the node that raised it
        ]
    return raised


def explain(alarms: Sequence[NodeAlarm], faults: Iterable[str]) -> tuple[dict[str, list[NodeAlarm]], list[NodeAlarm]]:
    """The alarms that speak of each fault (none: not found), the plainest first, and those that speak of none."""
    found = {
        # A dict keeps the order of the signs, and an alarm that fits two of them once.
        fault: list(dict.fromkeys(alarm for sign in SIGNS[fault] for alarm in alarms if sign.fits(alarm)))
        for fault in faults
    }
    claimed = {alarm for spoken in found.values() for alarm in spoken}
    return found, [alarm for alarm in alarms if alarm not in claimed]
