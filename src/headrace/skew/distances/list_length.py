"""How many values the rows of a feature of lists have: Kolmogorov-Smirnov between the lengths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headrace.skew.distances.joint_distribution import JointDistribution
from headrace.skew.distances.kolmogorov_smirnov import KolmogorovNoise
from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.profiles.profile import FeatureProfile
from headrace.words import counted, percent


@register
class ListLength(Distance):
    """Share of the rows, 0..1."""

    name, code, threshold = "list_length", "LIST_LENGTH", 0.1
    title = "list lengths (K-S)"
    needs = "values"
    anomaly_type = "INVALID_FEATURE_SHAPE"

    def measure(self, pair: FeaturePair) -> Measurement | None:
        """The distance between the lengths; None where neither side has lists."""
        if not pair.before.lengths and not pair.now.lengths:
            return None
        before, now = lengths(pair.before), lengths(pair.now)
        gap, at = JointDistribution(before, now).kolmogorov_smirnov()
        was, is_now = (percent(float(side.distribution(np.array([at]))[0])) for side in (before, now))
        then, since = pair.labels
        words = f"{was} of rows {then} have {counted(int(at), 'value')} or fewer, {is_now} {since}"
        return Measurement(distance=gap, reason=words)

    def noise(self, pair: FeaturePair, *, tested: bool) -> KolmogorovNoise:
        """Its law."""
        before, now = lengths(pair.before), lengths(pair.now)
        resolution = max(before.resolution, now.resolution)
        return KolmogorovNoise(rows_a=before.present, rows_b=now.present, resolution=resolution)


def lengths(side: FeatureProfile) -> FeatureProfile:
    """The lengths of the rows that have a value: 1 for each where the feature has no lists."""
    if side.lengths:
        return side.lengths
    rows = np.array([float(side.present)])
    return replace(
        side, kind="numeric", points=np.ones(1), below=np.zeros(1), upto=rows, resolution=0.0, counts={}, lengths=None
    )
