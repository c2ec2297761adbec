"""Facts of a label over all events: coverage, class balance, and how long outcomes take.

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

import pyarrow as pa
import pyarrow.compute as pc

from headrace.keyed.columns import Bools, Ints
from headrace.keyed.histogram import count_by_duration, shortest_first
from headrace.ledger import Ledger

MOST_CLASSES = 100
"""How many classes a balance lists; rarer ones are counted under `OTHER`."""

OTHER = "(other)"


@dataclass(frozen=True, kw_only=True)
class LabelFacts:
    """Counts over the labeled events, for one label.

    Attributes:
        observed: labels taken from an outcome.
        negative: labels that are negative because there was no outcome.
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
            "delay_s": shortest_first(self.delay_s),
            "known_after_s": shortest_first(self.known_after_s),
        }


def facts_of(values: pa.Array, *, observed: Bools, delay_us: Ints, known_after_us: Ints) -> LabelFacts:
    """The facts of one label, from its values (null: missing), which of them were observed, and the delays of those."""
    filled = len(values) - values.null_count
    return LabelFacts(
        observed=int(observed.sum()),
        negative=filled - int(observed.sum()),
        missing=values.null_count,
        balance=_balance(values),
        delay_s=count_by_duration(delay_us),
        known_after_s=count_by_duration(known_after_us),
    )


def total(facts: Iterable[LabelFacts]) -> LabelFacts:
    """The facts of all events, from the facts of parts of them."""
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
    return {str(text): int(count) for text, count in sorted(zip(texts, counts.field(1).to_numpy(), strict=True))}
