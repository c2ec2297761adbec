"""The content of a report as plain data: the findings of each check in words, and its features drawn.

    Part(name="training", rows=[Row(feature="age", measure="L-infinity", distance="0.1121", ...)], cards=[...])

A check writes its part as JSON; a report on several nodes puts their parts on one page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from headrace.report.charts import chart
from headrace.report.pairs import PairTable, pair_table
from headrace.skew import CheckResult, FeatureProfile, Finding
from headrace.skew.distances.measure import measures
from headrace.skew.pairs import FeatureSkewResult
from headrace.skew.verdict.findings import Comparison, Verdict
from headrace.words import counted

CHARTS = 24
"""Features that are drawn, worst first; all are in the table."""
LONGEST = 600
"""Letters of a reason that are shown."""
ALL_ROWS = "(all rows)"
"""In place of a feature, where a finding is about the data as a whole."""

SIDES: dict[Comparison, tuple[str, str]] = {"skew": ("training", "serving"), "drift": ("baseline", "current")}
TITLES = {"rows_ratio": "ratio of rows", "reject_share": "share of rejected rows"}
"""Titles of what is measured but is not a measure with a threshold in the policy: those have their own."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One finding, as text for people. `gauge`: see `_gauge`."""

    feature: str
    slice: str = ""
    split: str = ""
    comparison: str = ""
    code: str = ""
    measure: str = ""
    distance: str = ""
    interval: str = ""
    threshold: str = ""
    noise_floor: str = ""
    detectable: str = ""
    verdict: str = ""
    reason: str = ""
    hint: str = ""
    excess: float = 0.0
    gauge: Sequence[float | None] | None = None

    @property
    def alarm(self) -> bool:
        """Whether it is an alarm."""
        return self.verdict == "alarm"


@dataclass(frozen=True, kw_only=True)
class Card:
    """One feature, drawn: `rows` are measures with a threshold, `asides` those without."""

    title: str
    where: str
    sides: Sequence[str]
    svg: str
    label: str
    verdict: str
    rows: Sequence[Row]
    asides: Sequence[Row] = field(default_factory=tuple)
    facts: Sequence[Sequence[str]] = field(default_factory=tuple)
    excess: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Part:
    """One check: its name, headline, whether it is blessed, its findings, worst first, its cards, and its pairs."""

    name: str
    headline: str
    blessed: int
    rows: Sequence[Row]
    cards: Sequence[Card]
    features: int = 0
    pairs: PairTable | None = None

    def to_json(self) -> str:
        """The part as JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, *, name: str | None = None) -> Part:
        """Inverse of `to_json`; under another name, if one is given."""
        data: dict[str, Any] = json.loads(text)
        rows = [Row(**row) for row in data["rows"]]
        cards = [
            Card(**{**card, "rows": [Row(**r) for r in card["rows"]], "asides": [Row(**r) for r in card["asides"]]})
            for card in data["cards"]
        ]
        pairs = PairTable.from_dict(data["pairs"]) if data["pairs"] else None
        kept = {"rows": rows, "cards": cards, "pairs": pairs, "name": data["name"] if name is None else name}
        return cls(**{**data, **kept})


def part_of(
    checks: CheckResult | Mapping[str, CheckResult], *, name: str = "", paired: FeatureSkewResult | None = None
) -> Part:
    """The part of a check, or of several by name (such as the split). `paired`: the feature skew to show."""
    named = {"": checks} if isinstance(checks, CheckResult) else dict(checks)
    verdict = Verdict(findings=[f for check in named.values() for f in check.verdict.findings])
    cards = [card for split, check in named.items() for card in _cards(split if len(named) > 1 else "", check)]
    cards.sort(key=lambda card: (card.verdict != "alarm", card.verdict != "warning", -card.excess))
    return Part(
        name=name,
        headline=_headline(verdict),
        blessed=verdict.blessed,
        rows=[_row(f) for f in verdict.findings],
        cards=cards[:CHARTS],
        features=_features(named),
        pairs=pair_table(paired) if paired else None,
    )


def _features(named: Mapping[str, CheckResult]) -> int:
    # The features that could be drawn: those with profiles.
    return sum(
        len({(f.comparison, f.feature) for f in c.verdict.findings if f.feature and f.comparison in c.profiles})
        for c in named.values()
    )


def _headline(verdict: Verdict) -> str:
    checked = len({(f.comparison, f.feature) for f in verdict.findings if f.feature})
    unchecked = len({(f.comparison, f.feature) for f in verdict.findings if f.feature and f.verdict == "not checked"})
    asides = [f"{unchecked:,} of them not checked in full"] if unchecked else []
    asides += [counted(len(verdict.warnings), "warning")] if verdict.warnings else []
    asides += dict.fromkeys(f.reason for f in verdict.findings if f.code == "NOT_ASKED")
    aside = "".join(f"; {words}" for words in asides)
    if verdict.blessed:
        return f"Blessed: no alarm in {counted(checked, 'feature')}{aside}"
    features = len({(f.comparison, f.feature) for f in verdict.alarms if f.feature})
    alarms = counted(len(verdict.alarms), "alarm")
    return f"Not blessed: {alarms} in {features:,} of {counted(checked, 'feature')}{aside}"


def _row(f: Finding) -> Row:
    return Row(
        feature=f.feature or ALL_ROWS,
        slice=f.slice,
        split=f.split,
        comparison=f.comparison.replace("_", " "),
        code=f.code,
        measure=_title(f.measure),
        distance=figure(f.distance),
        interval="" if f.low is None or f.high is None else f"{figure(f.low)} to {figure(f.high)}",
        threshold=figure(f.threshold),
        noise_floor=figure(f.noise_floor),
        detectable=figure(f.detectable),
        verdict=f.verdict,
        reason=f.reason if len(f.reason) <= LONGEST else f"{f.reason[: LONGEST - 1]}…",
        hint=f.hint if len(f.hint) <= LONGEST else f"{f.hint[: LONGEST - 1]}…",
        excess=min(f.excess, 1e9),
        gauge=_gauge(f),
    )


def _title(measure: str) -> str:
    known = measures().get(measure)
    return known.title if known else TITLES.get(measure, measure)


def _gauge(f: Finding) -> tuple[float | None, ...] | None:
    # Distance, threshold, noise floor and both ends of the interval, as percent of the length of the bar.
    if f.distance is None or f.measure == "rows_ratio":
        return None
    longest = 1.15 * max(f.distance, f.threshold or 0.0, f.noise_floor or 0.0, f.high or 0.0)
    if not longest:
        return None
    marks = (f.distance, f.threshold, f.noise_floor, f.low, f.high)
    return tuple(None if mark is None else round(100 * mark / longest, 1) for mark in marks)


def figure(value: float | None) -> str:
    """A distance for people; empty if there is none."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}" if abs(value) < 1e9 else f"{value:.3g}"
    return f"{value:.2g}" if abs(value) < 0.001 else f"{value:.4f}"


def _cards(split: str, checked: CheckResult) -> Iterator[Card]:
    worst: dict[tuple[Comparison, str], Finding] = {}
    by_feature: dict[tuple[Comparison, str, str], list[Finding]] = {}
    for finding in checked.verdict.findings:
        if finding.feature:
            worst.setdefault((finding.comparison, finding.feature), finding)
            by_feature.setdefault((finding.comparison, finding.feature, finding.slice), []).append(finding)
    drawn = 0
    for (comparison, feature), finding in worst.items():
        if comparison not in checked.profiles or drawn == CHARTS:
            continue
        before, now = (side.get(finding.slice) for side in checked.profiles[comparison])
        pair = [profile.features.get(feature) if profile else None for profile in (before, now)]
        if pair[0] is None and pair[1] is None:
            continue
        findings = by_feature[comparison, feature, finding.slice]
        yield _card(f"{split}-{drawn}", split, finding, findings, _known(pair[0]), _known(pair[1]))
        drawn += 1


def _known(profile: FeatureProfile | None) -> FeatureProfile:
    return profile or FeatureProfile(kind="empty", rows=0)


def _card(
    salt: str, split: str, worst: Finding, findings: Sequence[Finding], before: FeatureProfile, now: FeatureProfile
) -> Card:
    sides = SIDES[worst.comparison]
    where = ", ".join(part for part in (worst.comparison, split, worst.slice and f"in {worst.slice}") if part)
    reasons = "; ".join(f.reason for f in findings if f.alarm) or "no alarm"
    # A distance of 0 is left out beside others; alone it says that the sides are equal.
    judged = [f for f in findings if f.alarm or f.warning or f.threshold is not None or f.distance is None]
    shown = [f for f in judged if f.alarm or f.distance != 0] or judged
    return Card(
        title=worst.feature,
        where=where,
        sides=sides,
        svg=chart(before, now, salt=f"{worst.feature}-{where}-{salt}"),
        label=f"Distribution of {worst.feature}, {sides[0]} against {sides[1]}: {reasons}"[:LONGEST],
        verdict=worst.verdict,
        rows=[_row(f) for f in shown],
        asides=[_row(f) for f in findings if f not in judged],
        facts=_facts(before, now),
        excess=min(worst.excess, 1e9),
    )


def _facts(before: FeatureProfile, now: FeatureProfile) -> list[tuple[str, str, str]]:
    facts = [("rows", f"{before.rows:,}", f"{now.rows:,}"), ("missing", _share(before), _share(now))]
    if "numeric" in (before.kind, now.kind):
        names = ("minimum", "mean", "maximum")
        return facts + [(name, _number(before, name), _number(now, name)) for name in names]
    return [*facts, ("distinct values", _distinct(before), _distinct(now))]


def _number(profile: FeatureProfile, name: str) -> str:
    return profile.shown(getattr(profile, name)) if profile.kind == "numeric" else ""


def _distinct(profile: FeatureProfile) -> str:
    return "" if profile.distinct is None else f"{profile.distinct:,}"


def _share(profile: FeatureProfile) -> str:
    return f"{100 * profile.missing_share:.1f} %"
