"""Values that named rows and now repeat: how much the share of distinct values fell. Text, whole numbers and times.

before: 1,000 rows, 999 values      now: 1,000 rows, 2 values     ->  0.997
"""

from __future__ import annotations

from headrace.skew.distances.linf import share_noise
from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.noise_protocol import Noise
from headrace.skew.distances.pair import OVER_TIME, FeaturePair
from headrace.words import percent


@register
class Repeats(Distance):
    """Share of the rows, 0..1; 0 where there are more distinct values than before."""

    name, code, threshold = "repeats", "IDENTIFIER_REPEATS", 0.05
    title = "share of repeats"
    needs = "identifier"
    kinds = ("categorical", "numeric")
    anomaly_type = "FEATURE_TYPE_LOW_UNIQUE"

    def measure(self, pair: FeaturePair) -> Measurement | None:
        """The fall; None where it is now that the values are nearly unique."""
        if not pair.before.nearly_unique:
            return None
        was, is_now = distinct_shares(pair)
        then, since = pair.labels
        no_longer = "no longer" if pair.labels == OVER_TIME else "not"
        words = f"nearly unique {then}, and {no_longer} {since}: {distinct_change(pair)}"
        return Measurement(distance=max(was - is_now, 0.0), reason=words)

    def noise(self, pair: FeaturePair, *, tested: bool) -> Noise | None:
        """Its law, that of the share of rows whose value another row has."""
        rows = min(pair.present)
        repeated = [max(round(rows * (1 - share)), 0) for share in distinct_shares(pair)]
        return share_noise(repeated[0], repeated[1], rows, rows)


def distinct_shares(pair: FeaturePair) -> tuple[float, float]:
    """Distinct values per row of both sides, among as many rows of each: among more rows more values repeat."""
    rows = min(pair.present)
    return pair.before.distinct_among(rows) / rows, pair.now.distinct_among(rows) / rows


def distinct_change(pair: FeaturePair) -> str:
    """Words for the change of the share of distinct values."""
    was, is_now = (percent(share) for share in distinct_shares(pair))
    return f"the share of distinct values among {min(pair.present):,} rows {pair.change(was, is_now)}"
