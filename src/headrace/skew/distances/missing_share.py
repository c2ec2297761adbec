"""Change of the share of the rows that have no value."""

from __future__ import annotations

from headrace.skew.distances.linf import share_noise
from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.noise_protocol import Noise
from headrace.skew.distances.pair import FeaturePair
from headrace.words import percent


@register
class MissingShare(Distance):
    """Share of the rows, 0..1."""

    name, code, threshold = "missing_share", "MISSING_SHARE", 0.05
    title = "missing share"
    needs = "rows"
    kinds = ("categorical", "numeric", "empty")
    anomaly_type = "FEATURE_TYPE_LOW_FRACTION_PRESENT"

    def measure(self, pair: FeaturePair) -> Measurement:
        """The change, more or fewer; a side that is blank throughout is named."""
        before, now = pair.before, pair.now
        was, is_now = before.missing_share, now.missing_share
        then, since = pair.labels
        words = f"missing in {percent(was)} of rows {then}, {percent(is_now)} {since}"
        hint = ""
        if was == is_now == 1:
            words = "blank in every row of both: there is nothing to compare"
        elif was == 1:
            hint = f"it was blank {then}"
        elif is_now == 1:
            hint = f"it is blank {since}"
        return Measurement(distance=abs(was - is_now), reason=words, hint=hint)

    def noise(self, pair: FeaturePair, *, tested: bool) -> Noise | None:
        """Its law."""
        return share_noise(pair.before.missing, pair.now.missing, pair.before.rows, pair.now.rows)
