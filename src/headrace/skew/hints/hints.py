"""What a drift looks like: a change of unit, more zeros, one value that became frequent.

medians 1,300 -> 396.2, quartiles alike  ->  "looks like a change of unit: x0.3048 (feet -> metres)"
zeros 0 of 900 rows -> 109 of 900        ->  "zeros went from 0.0 % to 12.1 % of rows"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from headrace.skew.distances.pair import FeaturePair
from headrace.skew.hints.format_change import change_of_format
from headrace.skew.hints.unit_change import SHARES, change_of_unit
from headrace.skew.profiles.profile import FeatureProfile, Profile
from headrace.skew.verdict.findings import Finding
from headrace.words import percent


def numeric_hint(pair: FeaturePair) -> str:
    """What may explain how far the distribution functions are apart; empty if nothing known does."""
    before, now = pair.before, pair.now
    distance, _ = pair.joint.kolmogorov_smirnov()
    zeros = (before.zeros / max(before.present, 1), now.zeros / max(now.present, 1))
    if abs(zeros[1] - zeros[0]) >= 0.5 * distance:
        return f"zeros went from {percent(zeros[0])} to {percent(zeros[1])} of rows"
    unit = unit_hint(before, now) if pair.judged_by_default else ""
    if unit:
        return unit
    value, was, is_now = pair.joint.most_changed_value()
    if abs(is_now - was) >= 0.5 * distance:
        return f"the value {before.shown(value)} went from {percent(was)} to {percent(is_now)} of rows"
    return ""


def unit_hint(before: FeatureProfile, now: FeatureProfile, unit: str = "") -> str:
    """`looks like a change of unit: x0.3048 (feet -> metres)`, if the quantiles moved by such a factor; else empty.

    `unit` is the declared one, empty if there is none.
    """
    if not len(before.points) or not len(now.points):
        return ""
    found = change_of_unit(before.quantiles(SHARES), now.quantiles(SHARES), unit)
    return f"looks like a change of unit: {found}" if found else ""


def format_hint(before: FeatureProfile, now: FeatureProfile) -> str:
    """`looks like a change of format: date %Y-%m-%d ('2026-03-01') -> date %d/%m/%Y ('01/03/2026')`, or empty."""
    return change_of_format(before.counts, now.counts)


def schema_hint(finding: Finding, before: Profile | None, now: Profile | None, units: Mapping[str, str]) -> Finding:
    """The finding; an alarm with a hint from the declared unit, or from the format of the text, if there is one."""
    if before is None or now is None or not finding.alarm:
        return finding
    was, is_now = before.features.get(finding.feature), now.features.get(finding.feature)
    if was is None or is_now is None or was.kind != is_now.kind:
        return finding
    hint = ""
    if was.kind == "numeric" and units.get(finding.feature):
        hint = unit_hint(was, is_now, units[finding.feature])
    elif was.kind == "categorical" and not finding.hint:
        hint = format_hint(was, is_now)
    return replace(finding, hint=hint) if hint else finding
