"""What a drift looks like, in words: a change of unit, zeros, one value.

medians 1,300 -> 396.2, quartiles alike  ->  "looks like a change of unit: x0.3048 (feet -> metres)"
zeros 0 of 900 rows -> 109 of 900        ->  "zeros went from 0.0 % to 12.1 % of rows"
"""

from __future__ import annotations

import numpy as np

from headrace.skew.distances import Joint
from headrace.skew.profile import FeatureProfile

UNIT_FACTORS = (
    (0.3048, "feet -> metres"),
    (1 / 0.3048, "metres -> feet"),
    (1.609344, "miles -> km, or per km -> per mile"),
    (1 / 1.609344, "km -> miles, or per mile -> per km"),
    (0.45359237, "pounds -> kg"),
    (1 / 0.45359237, "kg -> pounds"),
    (2.54, "inches -> cm"),
    (1 / 2.54, "cm -> inches"),
    (1.8, "degrees C -> F without the offset"),
    (60.0, "minutes -> seconds, or hours -> minutes"),
    (1 / 60, "seconds -> minutes, or minutes -> hours"),
    (3600.0, "hours -> seconds"),
    (1 / 3600, "seconds -> hours"),
    (24.0, "days -> hours"),
    (1 / 24, "hours -> days"),
    (100.0, "shares -> percent, or m -> cm"),
    (0.01, "percent -> shares, or cm -> m"),
    (1000.0, "km -> m, or s -> ms"),
    (0.001, "m -> km, or ms -> s"),
    (1e6, "s -> us"),
    (1e-6, "us -> s"),
    (-1.0, "the sign turned"),
)
"""Factors by which a feature moves when its unit changes (exact by definition where one exists)."""

TOLERANCE = 0.03
SPREAD_TOLERANCE = 0.1
_SHARES = np.array([0.1, 0.25, 0.5, 0.75, 0.9])


def numeric_hint(before: FeatureProfile, now: FeatureProfile, joint: Joint, distance: float) -> str:
    """What explains that the distribution functions lie `distance` apart; empty if nothing known does."""
    zeros = (before.zeros / max(before.present, 1), now.zeros / max(now.present, 1))
    if abs(zeros[1] - zeros[0]) >= 0.5 * distance:
        return f"zeros went from {percent(zeros[0])} to {percent(zeros[1])} of rows"
    unit = unit_hint(before, now)
    if unit:
        return unit
    value, was, is_now = joint.moved_value()
    if abs(is_now - was) >= 0.5 * distance:
        return f"the value {number(value)} went from {percent(was)} to {percent(is_now)} of rows"
    return ""


def unit_hint(before: FeatureProfile, now: FeatureProfile) -> str:
    """`looks like a change of unit: x0.3048 (feet -> metres)` where the medians and quantiles moved by that
    factor."""
    was, is_now = before.quantiles(_SHARES), now.quantiles(_SHARES)
    for factor, words in UNIT_FACTORS:
        expected = np.sort(was * factor)
        known = (expected != 0) & (is_now != 0)
        if known.sum() < 3 or not known[2]:
            continue
        off = np.abs(is_now[known] / expected[known] - 1)
        median_off = abs(is_now[2] / expected[2] - 1)
        if median_off <= TOLERANCE and off.max() <= SPREAD_TOLERANCE:
            return f"looks like a change of unit: x{factor:.6g} ({words})"
    return ""


def percent(share: float) -> str:
    """A share of rows for people: 0.1213 -> `12.1 %`."""
    return f"{100 * share:.1f} %"


def counted(count: int, word: str) -> str:
    """A count for people: `1 row`, `2 rows`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def number(value: float) -> str:
    """A value for people: at most six significant digits."""
    return f"{value:,.6g}"
