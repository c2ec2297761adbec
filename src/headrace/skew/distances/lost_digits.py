"""Whole numbers beyond 2^53 that floats of 64 bits rounded on one side, as tools do that read ids as numbers.

    before 9007199254740993 9007199254740995 9007199254740996     1 of 3 is a float of 64 bits
    now    9007199254740992 9007199254740996 9007199254740996     3 of 3 are, so some were probably rounded: 0.67

Floats of 64 bits hold every second whole number from 2^53 on, every fourth from 2^54 on, and so on. What was stored as
a float holds nothing else; integers and text hold the others too, unless they went through a float.
"""

from __future__ import annotations

from headrace.skew.distances.linf import share_noise
from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.noise_protocol import Noise
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.profiles.profile import FeatureProfile
from headrace.skew.profiles.value_counts import long_texts
from headrace.words import counted, percent


@register
class LostDigits(Distance):
    """Growth of the share, 0..1, of numbers beyond 2^53 that are floats; its fall, where all of them were before."""

    name, code, threshold = "lost_digits", "LOST_DIGITS", 0.05
    title = "rounded whole numbers"
    needs = "rows"
    kinds = ("categorical", "numeric")

    def measure(self, pair: FeaturePair) -> Measurement | None:
        """The change; None where a side has no such numbers, or both have nothing but floats."""
        (long_before, rounded_before), (long_now, rounded_now) = sides = _long(pair.before), _long(pair.now)
        if not long_before or not long_now or all(long == rounded for long, rounded in sides):
            return None
        was, is_now = rounded_before / long_before, rounded_now / long_now
        lost_before = was == 1
        words = (
            f"of {counted(long_before, 'whole number')} beyond 2^53 {pair.labels[0]} and {long_now:,} "
            f"{pair.labels[1]}, {percent(was)} and {percent(is_now)} are such as a float of 64 bits holds"
        )
        side = pair.labels[0] if lost_before else pair.labels[1]
        distance = was - is_now if lost_before else max(is_now - was, 0.0)
        hint = f"digits were lost {side}, where they went through floats: read and store them as integers or text"
        return Measurement(distance=distance, reason=words, hint=hint if distance else "")

    def noise(self, pair: FeaturePair, *, tested: bool) -> Noise | None:
        """Its law."""
        (long_before, rounded_before), (long_now, rounded_now) = _long(pair.before), _long(pair.now)
        return share_noise(rounded_before, rounded_now, long_before, long_now)


def _long(side: FeatureProfile) -> tuple[int, int]:
    """Rows with a whole number beyond 2^53, and those among them that a float of 64 bits holds exactly."""
    return long_texts(side.counts) if side.kind == "categorical" else (side.long, side.rounded)
