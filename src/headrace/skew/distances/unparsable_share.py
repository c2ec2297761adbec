"""Growth of the share of the rows whose text is not the number that was expected."""

from __future__ import annotations

from headrace.skew.distances.linf import share_noise
from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.noise_protocol import Noise
from headrace.skew.distances.pair import FeaturePair
from headrace.words import counted

EXAMPLES = 5


@register
class UnparsableShare(Distance):
    """Share of the rows, 0..1; 0 where there are fewer than before."""

    name, code, threshold = "unparsable_share", "UNPARSABLE_VALUES", 0.0
    title = "unparsable share"
    needs = "rows"
    kinds = ("categorical", "numeric", "empty")
    anomaly_type = "FLOAT_TYPE_STRING_NOT_FLOAT"

    def measure(self, pair: FeaturePair) -> Measurement | None:
        """The growth, and some of the texts; None where every text is a number."""
        before, now = pair.before, pair.now
        if not before.unparsable and not now.unparsable:
            return None
        examples = ", ".join(repr(text) for text in (now.unparsable_samples or before.unparsable_samples)[:EXAMPLES])
        then, since = pair.labels
        what = "time" if before.type is not None and before.type.kind in ("time", "date") else "number"
        are = f"is not a {what}" if now.unparsable == 1 else f"are not {what}s"
        words = f"{counted(now.unparsable, 'value')} {since} {are} ({before.unparsable:,} {then}): {examples}"
        growth = now.unparsable / max(now.rows, 1) - before.unparsable / max(before.rows, 1)
        return Measurement(distance=max(growth, 0.0), reason=words)

    def noise(self, pair: FeaturePair, *, tested: bool) -> Noise | None:
        """Its law."""
        return share_noise(pair.before.unparsable, pair.now.unparsable, pair.before.rows, pair.now.rows)
