"""What was found pair by pair, as findings; no noise has a part in it, as every pair is one example."""

from __future__ import annotations

from collections.abc import Iterator

from scipy import special

from headrace.skew.pairs.detect import FeatureDifferences, FeatureSkewResult
from headrace.skew.verdict.findings import Finding
from headrace.skew.verdict.policy import SkewPolicy
from headrace.words import counted, percent

SHOWN = 3


def pair_findings(paired: FeatureSkewResult, policy: SkewPolicy) -> list[Finding]:
    """A finding for each feature, one for the keys of each side, and an alarm if there is no pair at all."""
    found = [_keys(paired, policy)]
    if paired.pairs:
        found += [
            _feature(feature, paired, policy) for feature in paired.features if not policy.ignores(feature.feature)
        ]
        found += [
            _finding(name, "UNSUPPORTED", paired, measure="type", reason=why)
            for name, why in paired.not_compared.items()
            if not policy.ignores(name)
        ]
    else:
        words = f"no {' and '.join(paired.keys)} is on both sides: {paired.training}; {paired.serving}"
        found.append(_finding("", "NOT_COMPARABLE", paired, measure="pairs", reason=words, alarm=True))
    return found


def _keys(paired: FeatureSkewResult, policy: SkewPolicy) -> Finding:
    # Of the rows that were trained on: what was served and not trained on is no skew.
    rows = paired.training.total - paired.training["without_key"]
    lost = paired.training["unpaired"]
    share = lost / rows if rows else 0.0
    words = f"{lost:,} of {counted(rows, 'training row')} have no partner in serving; {_list(_asides(paired))}"
    threshold = policy.threshold("", "unpaired")
    low, high = share_interval(lost, rows)
    return _finding(
        "",
        "UNPAIRED",
        paired,
        measure="unpaired",
        reason=words + ("" if threshold is not None else "; no threshold is set"),
        distance=share,
        threshold=threshold,
        low=low,
        high=high,
        alarm=threshold is not None and share > threshold,
    )


def _asides(paired: FeatureSkewResult) -> Iterator[str]:
    yield f"{counted(paired.pairs, 'pair')} compared"
    yield f"{counted(paired.serving['unpaired'], 'serving row')} without a partner"
    for name, side in (("training", paired.training), ("serving", paired.serving)):
        if side["duplicate"]:
            yield f"{side['duplicate']:,} in {name} left out, as their key is there more than once"
        if side["without_key"]:
            yield f"{side['without_key']:,} in {name} without a key"


def _feature(feature: FeatureDifferences, paired: FeatureSkewResult, policy: SkewPolicy) -> Finding:
    share = feature.unequal / feature.pairs
    threshold = policy.threshold(feature.feature, "mismatches")
    low, high = share_interval(feature.unequal, feature.pairs)
    return _finding(
        feature.feature,
        "FEATURE_SKEW",
        paired,
        measure="mismatches",
        reason=_words(feature) + ("" if threshold is not None else "; no threshold is set"),
        hint=feature.cause,
        distance=share,
        threshold=threshold,
        low=low,
        high=high,
        alarm=threshold is not None and share > threshold,
    )


def _words(feature: FeatureDifferences) -> str:
    if not feature.unequal:
        return f"equal in all {counted(feature.pairs, 'pair')}"
    parts = []
    if feature.mismatches:
        parts.append(f"differs in {feature.mismatches:,} of {counted(feature.pairs, 'pair')} ({_share(feature)})")
    for count, side, other in (
        (feature.training_only, "training", "serving"),
        (feature.serving_only, "serving", "training"),
    ):
        if count:
            parts.append(f"{counted(count, 'pair')} have a value in {side} only, none in {other}")
    such = [f"{key}: {shown(a)} / {shown(b)}" for key, a, b in feature.samples[:SHOWN]]
    words = "; ".join(parts)
    return f"{words}, such as {', '.join(such)}" if such else words


def _share(feature: FeatureDifferences) -> str:
    return percent(feature.mismatches / feature.pairs)


def shown(value: object) -> str:
    """A value of a feature, for people."""
    if value is None:
        return "nothing"
    words = f"{value:.6g}" if isinstance(value, float) else repr(value)
    return words if len(words) <= 40 else f"{words[:39]}…"


def _list(parts: Iterator[str]) -> str:
    return ", ".join(parts)


def share_interval(count: int, rows: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact confidence interval of a share (Clopper and Pearson, 1934)."""
    if not rows:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = special.betaincinv(count, rows - count + 1, tail) if count else 0.0
    high = special.betaincinv(count + 1, rows - count, 1 - tail) if count < rows else 1.0
    return float(low), float(high)


def _finding(feature: str, code: str, paired: FeatureSkewResult, **about: object) -> Finding:
    return Finding(
        feature=feature,
        comparison="feature_skew",
        code=code,
        rows_baseline=paired.training.total,
        rows_current=paired.serving.total,
        **about,  # type: ignore[arg-type]
    )
