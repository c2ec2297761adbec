"""Jensen-Shannon divergence: how much a row tells about the side that it is from (Lin, 1991).

    shares  before: 0.5 0.3 0.2
            now:    0.3 0.3 0.4     ->  0.0387 bits

It is symmetric and at most 1 bit; its square root is a metric (Endres & Schindelin, 2003). Numbers are compared in
common bins.
"""

from __future__ import annotations

import numpy as np

from headrace.skew.distances.chi_square_law import ChiSquareLaw
from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.noise_protocol import Noise
from headrace.skew.distances.pair import MIN_ROWS_PER_BIN, FeaturePair
from headrace.skew.profiles.profile import Floats


@register
class JensenShannon(Distance):
    """Bits, 0..1."""

    name, code, threshold = "jensen_shannon", "JENSEN_SHANNON_HIGH", 0.02
    title = "Jensen-Shannon (bits)"
    # For categories the policy's default is L-infinity: rare values diverge by chance.
    judged_kinds = ("numeric",)
    anomaly_type = "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH"
    measurement_type, comparator = "JENSEN_SHANNON_DIVERGENCE", "jensen_shannon_divergence"

    def measure(self, pair: FeaturePair) -> Measurement:
        """The divergence between the shares of the categories or bins."""
        if pair.kind == "numeric":
            return Measurement(distance=jensen_shannon(*pair.bin_shares), reason=pair.median_change)
        p, q = (side / max(side.sum(), 1) for side in (pair.counts.a, pair.counts.b))
        return Measurement(distance=jensen_shannon(p, q), reason=pair.share_change)

    def noise(self, pair: FeaturePair, *, tested: bool) -> Noise | None:
        """Its law: a chi-square where every bin holds enough rows, else from permutations, if it is tested at all."""
        if pair.kind == "numeric":
            rows_a, rows_b = pair.present
            bins = len(pair.bin_shares[0])
            return JensenShannonNoise(bins=bins, rows_a=rows_a, rows_b=rows_b, resolution=pair.resolution)
        counts = pair.counts
        rows = float(counts.a.sum()), float(counts.b.sum())
        if not min(rows):
            return None
        fewest = float(np.min(counts.a + counts.b)) * min(rows) / sum(rows)
        if fewest >= MIN_ROWS_PER_BIN / 2:
            return JensenShannonNoise(bins=len(counts.values), rows_a=round(rows[0]), rows_b=round(rows[1]))
        return PermutedJensenShannonNoise(counts.a, counts.b, *pair.present) if tested else None


def jensen_shannon(p: Floats, q: Floats) -> float:
    """Jensen-Shannon divergence of two vectors of shares, in bits, 0..1."""
    m = (p + q) / 2
    return float(np.clip((_relative_entropy(p, m) + _relative_entropy(q, m)) / 2, 0.0, 1.0))


def _relative_entropy(p: Floats, m: Floats) -> float:
    ratio = np.divide(p, m, out=np.ones(len(p)), where=(p > 0) & (m > 0))
    return float(np.sum(p * np.log2(ratio)))


class JensenShannonNoise(ChiSquareLaw):
    """The law over `bins` that each hold enough rows.

    `resolution`: the share of the rows that a bucket of the quantile histogram holds, 0 for exact counts. The straight
    line within a bucket is taken to be right within a quarter of it. The square root of the divergence is a metric, so
    these errors add up in it.
    """

    def __init__(self, *, bins: int, rows_a: int, rows_b: int, resolution: float = 0.0) -> None:
        self.df = max(bins - 1, 1)
        # The tail is longer where bins hold few rows: the next term of the expansion, checked by simulation.
        stretch = 1 + bins / (2 * min(rows_a, rows_b))
        self.scale = (1 / rows_a + 1 / rows_b) / (8 * np.log(2)) * stretch
        self._blur = 2 * bins * resolution / 4 / np.sqrt(8 * np.log(2))

    def _clean(self, distance: float) -> float:
        return float(max(float(np.sqrt(max(distance, 0.0))) - self._blur, 0.0) ** 2)

    def _blurred(self, distance: float) -> float:
        return float((np.sqrt(distance) + self._blur) ** 2)


class PermutedJensenShannonNoise(ChiSquareLaw):
    """The law over categories of which many are rare, from seeded permutations of the pooled rows.

    A scaled chi-square is fitted to the mean and the variance over `draws` random splits of the pool: it has the tails
    that so few splits do not reach.
    """

    def __init__(self, a: Floats, b: Floats, rows_a: int, rows_b: int, *, draws: int = 200, seed: int = 0) -> None:
        pooled = np.round(a + b).astype(np.int64)
        kept = int(pooled.sum())
        rng = np.random.default_rng(seed)
        size = min(round(rows_a * kept / max(rows_a + rows_b, 1)), kept)
        splits = rng.multivariate_hypergeometric(pooled, size, size=draws, method="marginals").astype(np.float64)
        distances = np.array([jensen_shannon(x / size, (pooled - x) / max(kept - size, 1)) for x in splits])
        mean, variance = float(distances.mean()), float(max(distances.var(ddof=1), 1e-18))
        self.scale, self.df = variance / (2 * max(mean, 1e-12)), 2 * mean**2 / variance
