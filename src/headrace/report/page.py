"""The page of a report: what the template needs, worked out from verdicts and profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from headrace.ledger import Ledger
from headrace.report.charts import chart
from headrace.skew import Checked, FeatureProfile, Finding, Verdict
from headrace.skew.findings import Comparison
from headrace.skew.hints import counted

CHARTS = 40
"""Features that are drawn, worst first; all are in the table."""
SLICE_ROWS = 500
"""Findings in slices that are listed, worst first."""

SIDES: dict[Comparison, tuple[str, str]] = {"skew": ("training", "serving"), "drift": ("baseline", "current")}
MEASURES = {
    "linf": "L-infinity",
    "jensen_shannon": "Jensen-Shannon (bits)",
    "kolmogorov_smirnov": "Kolmogorov-Smirnov",
    "missing_share": "missing share",
    "new_values": "share of new values",
    "unparsable_share": "unparsable share",
    "rows_ratio": "ratio of rows",
    "reject_share": "share of rejected rows",
    "repeats": "share of repeats",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One finding, in words and figures for people."""

    check: str
    feature: str
    slice: str
    comparison: str
    code: str
    measure: str
    distance: str
    threshold: str
    noise_floor: str
    verdict: str
    reason: str
    hint: str
    alarm: bool
    gauge: tuple[float, float | None, float | None] | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    """One feature, drawn."""

    title: str
    where: str
    sides: tuple[str, str]
    svg: Markup
    label: str
    rows: Sequence[Row]
    facts: Sequence[tuple[str, str, str]] = field(default_factory=tuple)
    alarm: bool = False


def render(
    checks: Checked | Mapping[str, Checked],
    *,
    title: str,
    ledgers: Mapping[str, Ledger] | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The report as one HTML text, which needs no network, no script and no other file.

    `checks` by name (such as the split), or a single one. `ledgers`: counts to show, by what they are of. `notes`:
    sentences to show with them. The verdict and its reasons come first, then the worst features drawn, then all
    findings.
    """
    named = {"": checks} if isinstance(checks, Checked) else dict(checks)
    verdict = Verdict(name=title, findings=[f for c in named.values() for f in c.verdict.findings])
    rows = [_row(name if len(named) > 1 else f.split, f) for name, c in named.items() for f in c.verdict.findings]
    rows.sort(key=lambda row: not row.alarm)
    whole, sliced = [r for r in rows if not r.slice], [r for r in rows if r.slice]
    cards = [card for name, check in named.items() for card in _cards(name if len(named) > 1 else "", check)]
    cards.sort(key=lambda card: not card.alarm)
    environment = Environment(
        loader=PackageLoader("headrace.report", "templates"),
        autoescape=select_autoescape(default_for_string=True, default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        title=title,
        blessed=verdict.blessed,
        headline=_headline(verdict),
        alarms=[row for row in rows if row.alarm],
        cards=cards,
        undrawn=max(_features(named) - len(cards), 0),
        whole=whole,
        sliced=sliced[:SLICE_ROWS],
        sliced_left=max(len(sliced) - SLICE_ROWS, 0),
        ledgers={name: str(ledger) for name, ledger in (ledgers or {}).items()},
        notes=notes,
    )


def _features(named: Mapping[str, Checked]) -> int:
    return sum(len({(f.comparison, f.feature) for f in c.verdict.findings if f.feature}) for c in named.values())


def _headline(verdict: Verdict) -> str:
    looked = len({(f.comparison, f.feature) for f in verdict.findings if f.feature})
    untold = len({(f.comparison, f.feature) for f in verdict.findings if f.feature and f.verdict == "not told"})
    asides = [f"{untold:,} of them not told in full"] if untold else []
    asides += dict.fromkeys(f.reason for f in verdict.findings if f.code == "NOT_ASKED")
    aside = "".join(f"; {words}" for words in asides)
    if verdict.blessed:
        return f"Blessed: nothing is wrong in {counted(looked, 'feature')}{aside}"
    features = len({(f.comparison, f.feature) for f in verdict.alarms if f.feature})
    alarms = counted(len(verdict.alarms), "alarm")
    return f"Not blessed: {alarms} in {features:,} of {counted(looked, 'feature')}{aside}"


def _row(check: str, f: Finding) -> Row:
    return Row(
        check=check,
        feature=f.feature or "(all rows)",
        slice=f.slice,
        comparison=f.comparison,
        code=f.code,
        measure=MEASURES.get(f.measure, f.measure),
        distance=figure(f.distance),
        threshold=figure(f.threshold),
        noise_floor=figure(f.noise_floor),
        verdict=f.verdict,
        reason=f.reason,
        hint=f.hint,
        alarm=f.alarm,
        gauge=_gauge(f),
    )


def _gauge(f: Finding) -> tuple[float, float | None, float | None] | None:
    # Distance, threshold and noise floor in percent of the bar's length.
    if f.distance is None or f.measure == "rows_ratio":
        return None
    longest = 1.15 * max(f.distance, f.threshold or 0.0, f.noise_floor or 0.0)
    if not longest:
        return None
    return (
        100 * f.distance / longest,
        None if f.threshold is None else 100 * f.threshold / longest,
        None if f.noise_floor is None else 100 * f.noise_floor / longest,
    )


def figure(value: float | None) -> str:
    """A distance for people; empty if there is none."""
    if value is None:
        return ""
    return "0" if value == 0 else f"{value:.2g}" if abs(value) < 0.001 else f"{value:.4f}"


def _cards(check: str, checked: Checked) -> Iterator[Card]:
    worst: dict[tuple[Comparison, str], Finding] = {}
    by_feature: dict[tuple[Comparison, str, str], list[Finding]] = {}
    for finding in checked.verdict.findings:
        if finding.feature:
            worst.setdefault((finding.comparison, finding.feature), finding)
            by_feature.setdefault((finding.comparison, finding.feature, finding.slice), []).append(finding)
    drawn = 0
    for (comparison, feature), finding in worst.items():
        if comparison not in checked.sides or drawn == CHARTS:
            continue
        before, now = (side.get(finding.slice) for side in checked.sides[comparison])
        pair = [profile.features.get(feature) if profile else None for profile in (before, now)]
        if pair[0] is None and pair[1] is None:
            continue
        findings = by_feature[comparison, feature, finding.slice]
        yield _card(f"{check}-{drawn}", check, finding, findings, _known(pair[0]), _known(pair[1]))
        drawn += 1


def _known(profile: FeatureProfile | None) -> FeatureProfile:
    return profile or FeatureProfile(kind="empty", rows=0)


def _card(
    salt: str, check: str, worst: Finding, findings: Sequence[Finding], before: FeatureProfile, now: FeatureProfile
) -> Card:
    sides = SIDES[worst.comparison]
    where = ", ".join(part for part in (worst.comparison, check, worst.slice and f"in {worst.slice}") if part)
    reasons = "; ".join(f.reason for f in findings if f.alarm) or "no alarm"
    # A measure of 0 says nothing beside others; alone it says that the sides are equal.
    telling = [f for f in findings if f.alarm or f.distance != 0] or findings
    return Card(
        title=worst.feature,
        where=where,
        sides=sides,
        svg=Markup(chart(before, now, salt=f"{where}-{salt}")),
        label=f"Distribution of {worst.feature}, {sides[0]} against {sides[1]}: {reasons}",
        rows=[_row(check, f) for f in telling],
        facts=_facts(before, now),
        alarm=any(f.alarm for f in findings),
    )


def _facts(before: FeatureProfile, now: FeatureProfile) -> list[tuple[str, str, str]]:
    facts = [("rows", f"{before.rows:,}", f"{now.rows:,}"), ("missing", _share(before), _share(now))]
    if "numeric" in (before.kind, now.kind):
        names = ("minimum", "mean", "maximum")
        return facts + [(name, _number(before, name), _number(now, name)) for name in names]
    return [*facts, ("distinct values", _distinct(before), _distinct(now))]


def _number(profile: FeatureProfile, name: str) -> str:
    return f"{getattr(profile, name):,.6g}" if profile.kind == "numeric" else ""


def _distinct(profile: FeatureProfile) -> str:
    return "" if profile.distinct is None else f"{profile.distinct:,}"


def _share(profile: FeatureProfile) -> str:
    return f"{100 * profile.missing_share:.1f} %"
