"""Assigns alarms to the planted faults that explain them.

    NodeAlarm(node="CheckTraining", feature="age_group", code="LINF_HIGH", ...)   ->   campaign

The pipeline raises the alarms and does not know what was planted; only the closing table of the demo does.
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
    """An alarm of a node; `words` is the sentence of the component that raised it."""

    node: str
    code: str
    words: str
    feature: str = ""
    slice: str = ""
    comparison: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sign:
    """The alarms that a fault explains: of this node, and of these features, this slice, ..., where they are given."""

    node: str
    features: tuple[str, ...] = ()
    slice: str = ""
    code: str = ""
    comparison: str = ""
    reasons: tuple[str, ...] = ()

    def matches(self, alarm: NodeAlarm) -> bool:
        """Whether an alarm is one of these."""
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
"""Planted fault -> its signs, the clearest first."""


def verdict_of(run: NodeRun) -> Verdict | None:
    """The verdict of a SkewCheck node, None for other nodes."""
    report = run.outputs.get("report")
    path = Path(report.uri, "verdict.json") if report else None
    return Verdict.from_json(path.read_text()) if path and path.exists() else None


def alarms_of(run: NodeRun) -> list[NodeAlarm]:
    """All alarms of a node."""
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
            if found.comparison != "source"  # listed at the node that raised it
        ]
    return raised


def explain(alarms: Sequence[NodeAlarm], faults: Iterable[str]) -> tuple[dict[str, list[NodeAlarm]], list[NodeAlarm]]:
    """Fault -> the alarms that it explains, the clearest first; and the alarms that no fault explains."""
    found = {
        # A dict keeps the order of the signs, and an alarm that matches two of them occurs once.
        fault: list(dict.fromkeys(alarm for sign in SIGNS[fault] for alarm in alarms if sign.matches(alarm)))
        for fault in faults
    }
    explained = {alarm for matching in found.values() for alarm in matching}
    return found, [alarm for alarm in alarms if alarm not in explained]
