"""Codes of digits that all had one width and have it no longer, as when something reads them as numbers.

    before "0001234" "0001235"     now "1236" "1237"     ->  1.0: the codes had 7 digits, also with zeros in front

Codes that name new things every day share no value with those of before, so that no value shows what was lost.
"""

from __future__ import annotations

from collections import Counter

from headrace.skew.distances.linf import share_noise
from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.noise_protocol import Noise
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.profiles.profile import FeatureProfile
from headrace.words import counted, percent

FIXED = 0.95
"""Share of the rows that must have one width before."""


@register
class CodeWidth(Distance):
    """Share of the rows, 0..1; 0 where more codes have the width than before."""

    name, code, threshold = "code_width", "CODE_WIDTH", 0.05
    title = "codes of another width"
    needs = "values"
    kinds = ("categorical",)
    anomaly_type = "ENUM_TYPE_UNEXPECTED_STRING_VALUES"

    def measure(self, pair: FeaturePair) -> Measurement | None:
        """The fall of the share; None where there were no such codes before."""
        width = _width(pair.before)
        if not width:
            return None
        was, is_now = (_rows_of(side, width) / sum(side.counts.values()) for side in (pair.before, pair.now))
        words = f"codes of {counted(width, 'digit')} {pair.change(percent(was), percent(is_now), ' of rows')}"
        shorter = any(len(value) < width for value in pair.now.counts if _is_code(value))
        hint = "leading zeros are lost" if is_now < was and shorter else ""
        return Measurement(distance=max(was - is_now, 0.0), reason=words, hint=hint)

    def noise(self, pair: FeaturePair, *, tested: bool) -> Noise | None:
        """Its law, that of the share of rows with another width."""
        width = _width(pair.before)
        others = [sum(side.counts.values()) - _rows_of(side, width) for side in (pair.before, pair.now)]
        return share_noise(others[0], others[1], *(sum(side.counts.values()) for side in (pair.before, pair.now)))


def _width(side: FeatureProfile) -> int:
    """The width of nearly all codes; 0 where there is none, or no code has zeros in front."""
    rows: Counter[int] = Counter()
    zeros = False
    for value, count in side.counts.items():
        if _is_code(value):
            rows[len(value)] += count
            zeros = zeros or (value[0] == "0" and len(value) > 1)
    width, most = rows.most_common(1)[0] if rows else (0, 0)
    return width if zeros and most >= FIXED * sum(side.counts.values()) else 0


def _rows_of(side: FeatureProfile, width: int) -> int:
    return sum(count for value, count in side.counts.items() if len(value) == width and _is_code(value))


def _is_code(value: str) -> bool:
    return value.isascii() and value.isdigit()
