"""What the labels look like as a whole: coverage, class balance, and how long outcomes take.

    {"observed": 700, "negative": 280, "missing": 0,                     # 980 labeled events
     "balance": {"0": 560, "1": 420},
     "delay_s": {"64": 300, "128": 400},                                 # 300 outcomes 64 to 128 s after their event
     "known_after_s": {"64": 250, "128": 400, "65536": 50}}              # and when they were known

Facts of buckets add up to the facts of the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.labels.columns import Bools, Ints
from headrace.ledger import Ledger

MOST_CLASSES = 100
"""Classes listed in a balance; what is rarer is counted under `OTHER`."""

OTHER = "(other)"
BEFORE, WITHIN_1_S = "before", "0"
_POWERS_S = 2 ** np.arange(48)


@dataclass(frozen=True, kw_only=True)
class LabelFacts:
    """Counts over the labeled events, for one label.

    Attributes:
        observed: labels taken from an outcome.
        negative: labels that absence stands for.
        missing: events without this label (null).
        balance: labels by value, as text; empty for labels with fractions, which have no classes.
        delay_s: outcomes by the seconds from event to outcome, in powers of two: the key is the lower bound, "0" is
            less than a second, "before" is before the event.
        known_after_s: the same, from the event until the outcome was known. An aggregate counts by the last outcome
            that matches, and by when all were known.
    """

    observed: int = 0
    negative: int = 0
    missing: int = 0
    balance: Mapping[str, int] = field(default_factory=dict)
    delay_s: Mapping[str, int] = field(default_factory=dict)
    known_after_s: Mapping[str, int] = field(default_factory=dict)

    @property
    def coverage(self) -> float | None:
        """Share of labeled events whose label was observed; None when there are no events."""
        events = self.observed + self.negative + self.missing
        return self.observed / events if events else None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; classes by their size, the largest first, and delays from short to long."""
        balance = sorted(self.balance.items(), key=lambda item: (-item[1], item[0]))
        if len(balance) > MOST_CLASSES:
            balance = [*balance[:MOST_CLASSES], (OTHER, sum(count for _, count in balance[MOST_CLASSES:]))]
        ledger = Ledger(
            subject="labels",
            total=self.observed + self.negative + self.missing,
            parts={"observed": self.observed, "negative": self.negative, "missing": self.missing},
        )
        return {
            "ledger": ledger.to_dict(),
            "coverage": self.coverage,
            "balance": dict(balance),
            "delay_s": _by_length(self.delay_s),
            "known_after_s": _by_length(self.known_after_s),
        }


def facts_of(values: pa.Array, *, observed: Bools, delay_us: Ints, known_after_us: Ints) -> LabelFacts:
    """The facts of one label: its values (null: missing), which were observed, and the delays of those."""
    filled = len(values) - values.null_count
    return LabelFacts(
        observed=int(observed.sum()),
        negative=filled - int(observed.sum()),
        missing=values.null_count,
        balance=_balance(values),
        delay_s=_delays(delay_us),
        known_after_s=_delays(known_after_us),
    )


def total(facts: Iterable[LabelFacts]) -> LabelFacts:
    """The facts of all together."""
    sums = LabelFacts()
    for one in facts:
        sums = LabelFacts(
            observed=sums.observed + one.observed,
            negative=sums.negative + one.negative,
            missing=sums.missing + one.missing,
            balance=Counter(sums.balance) + Counter(one.balance),
            delay_s=Counter(sums.delay_s) + Counter(one.delay_s),
            known_after_s=Counter(sums.known_after_s) + Counter(one.known_after_s),
        )
    return sums


def _balance(values: pa.Array) -> dict[str, int]:
    if pa.types.is_floating(values.type):
        return {}
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    counts = pc.value_counts(values.drop_null())
    texts = counts.field(0).cast(pa.string()).to_pylist()
    return dict(sorted(zip(texts, counts.field(1).to_pylist(), strict=True)))


def _delays(delay_us: Ints) -> dict[str, int]:
    names = [BEFORE, WITHIN_1_S, *(str(power) for power in _POWERS_S.tolist())]
    place = np.searchsorted(_POWERS_S, delay_us // 1_000_000, side="right") + 1
    place[delay_us < 0] = 0
    counts = np.bincount(place, minlength=len(names)).tolist()
    return {name: count for name, count in zip(names, counts, strict=True) if count}


def _by_length(delays: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(delays.items(), key=lambda item: -1 if item[0] == BEFORE else int(item[0])))
