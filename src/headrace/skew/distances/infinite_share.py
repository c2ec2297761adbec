"""Growth of the share of the rows that hold an infinity."""

from __future__ import annotations

from headrace.skew.distances.linf import share_noise
from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.noise_protocol import Noise
from headrace.skew.distances.pair import FeaturePair
from headrace.words import percent


@register
class InfiniteShare(Distance):
    """Share of the rows, 0..1; 0 where there are fewer than before."""

    name, code, threshold = "infinite_share", "INFINITE_VALUES", 0.0
    title = "infinite share"
    needs = "rows"
    kinds = ("categorical", "numeric", "empty")
    anomaly_type = "FLOAT_TYPE_HAS_INF"

    def measure(self, pair: FeaturePair) -> Measurement | None:
        """The growth; None where no value is infinite."""
        before, now = pair.before, pair.now
        if not before.infinite and not now.infinite:
            return None
        was, is_now = before.infinite / max(before.rows, 1), now.infinite / max(now.rows, 1)
        then, since = pair.labels
        words = f"infinite in {percent(was)} of rows {then}, {percent(is_now)} {since}; the rest is compared"
        return Measurement(distance=max(is_now - was, 0.0), reason=words)

    def noise(self, pair: FeaturePair, *, tested: bool) -> Noise | None:
        """Its law."""
        return share_noise(pair.before.infinite, pair.now.infinite, pair.before.rows, pair.now.rows)
