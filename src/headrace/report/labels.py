"""The section on labels: how many were observed, their balance, and their delay.

{"coverage": 0.71, "balance": {"0": 560, "1": 420}, "delay_s": {"64": 300, "128": 400}}
->  observed 71.4 %; 0 57.1 %, 1 42.9 %; half of the outcomes within 4 minutes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from headrace.report.charts import bars
from headrace.words import rough_duration

SHOWN = 8
HALF = 0.5


@dataclass(frozen=True, kw_only=True)
class LabelSection:
    """One label, for the page. `balance`, `delay`: charts, None where there is nothing to draw."""

    name: str
    coverage: str
    counts: Sequence[tuple[str, int]]
    balance: Markup | None
    balance_words: str
    delay: Markup | None
    delay_words: str


def label_section(name: str, facts: Mapping[str, Any]) -> LabelSection:
    """The section on a label, from its facts as the label join wrote them."""
    share = facts.get("coverage")
    balance = {_class(k): int(v) for k, v in (facts.get("balance") or {}).items()}
    total = sum(balance.values())
    kept = dict(sorted(balance.items(), key=lambda item: -item[1])[:SHOWN])
    if len(balance) > SHOWN:
        kept["(other)"] = total - sum(kept.values())
    shares = {k: 100 * v / total for k, v in kept.items()} if total else {}
    delays = {str(k): int(v) for k, v in (facts.get("delay_s") or {}).items()}
    outcomes = sum(delays.values())
    timed = {_within(k): 100 * v / outcomes for k, v in delays.items()} if outcomes else {}
    return LabelSection(
        name=name,
        coverage="no events" if share is None else f"{100 * share:.1f} %",
        counts=[(k, int(v)) for k, v in facts.get("ledger", {}).get("parts", {}).items()],
        balance=Markup(bars(shares, "% of labels", salt=f"balance-{name}")) if shares else None,
        balance_words=", ".join(f"{k} {v:.1f} %" for k, v in shares.items()),
        delay=Markup(bars(timed, "% of outcomes", salt=f"delay-{name}", upright=True)) if timed else None,
        delay_words=_half_within(delays, outcomes),
    )


def _class(value: str) -> str:
    return value if value.strip() else "(blank)"


def _within(key: str) -> str:
    return "before" if key == "before" else f"< {rough_duration(2 * max(int(key), 0.5))}"


def _half_within(delays: Mapping[str, int], outcomes: int) -> str:
    seen = 0
    for key, count in delays.items():
        seen += count
        if seen >= HALF * outcomes:
            return (
                "half of the outcomes come before their event"
                if key == "before"
                else (f"half of the outcomes come within {rough_duration(2 * max(int(key), 0.5))} of their event")
            )
    return ""
