"""The result of a label join as tables on the terminal: ledgers, labels and alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from headrace.labels import LabelFacts, LabelJoinResult
    from headrace.ledger import Ledger

MOST_CLASSES = 4
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def print_join(result: LabelJoinResult) -> None:
    """Prints ledgers, labels, splits and alarms."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    console.print(_ledgers(result))
    console.print()
    console.print(_labels(result.labels))
    console.print()
    for ledger in result.ledgers.values():
        console.print(escape(str(ledger)), soft_wrap=True)
    for name, facts in result.labels.items():
        if facts.balance:
            console.print(f"{name}: {_classes(facts.balance)}", markup=False, soft_wrap=True)
    console.print("splits: " + ", ".join(f"{count:,} {split}" for split, count in result.rows.items()), markup=False)
    for remark in result.remarks:
        console.print(remark, markup=False, soft_wrap=True)
    for alarm in result.alarms:
        console.print(f"[bold red]ALARM[/] {escape(str(alarm))}", soft_wrap=True)


def delay_quantile(delays: Mapping[str, int], share: float) -> str:
    """An upper bound, in words, of the delay of `share` (0..1) of the outcomes.

    `delays` is a histogram by powers of two of seconds, so the bound is at most twice the delay.
    """
    total, seen = sum(delays.values()), 0
    for lower, count in sorted(delays.items(), key=lambda item: -1 if item[0] == "before" else int(item[0])):
        seen += count
        if seen >= share * total:
            return "before" if lower == "before" else f"< {_length(max(1, 2 * int(lower)))}"
    return ""


def _ledgers(result: LabelJoinResult) -> Table:
    table = _table("part", "rows", "share", "why")
    for name, ledger in result.ledgers.items():
        table.add_row(f"[bold]{name}[/]", f"[bold]{ledger.total:,}[/]")
        for part, count in ledger.parts.items():
            why = {detail: rows for detail, rows in result.details[name].items() if _part_of(detail, name) == part}
            table.add_row(f"  {part}", f"{count:,}", _share(count, ledger), _why(why))
    return table


def _labels(labels: Mapping[str, LabelFacts]) -> Table:
    table = _table("label", "coverage", "observed", "negative", "missing", "half within", "95% within")
    for name, facts in labels.items():
        coverage = "" if facts.coverage is None else f"{facts.coverage:.2%}"
        counts = [f"{count:,}" for count in (facts.observed, facts.negative, facts.missing)]
        delays = [delay_quantile(facts.delay_s, share) for share in (0.5, 0.95)]
        table.add_row(name, coverage, *counts, *delays)
    return table


def _table(*names: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        text = name in (names[0], "why")
        table.add_column(name, justify="left" if text else "right", overflow="fold", no_wrap=name != "why")
    return table


def _share(count: int, ledger: Ledger) -> str:
    return f"{count / ledger.total:.2%}" if ledger.total else ""


def _part_of(detail: str, side: str) -> str:
    from headrace.keyed.side_names import EVENTS
    from headrace.labels.outcome_status import OUTCOME_STATUSES

    if side == EVENTS:
        return {"early": "labeled", "window_open": "immature"}.get(detail, "excluded")
    return next(part for part, word in OUTCOME_STATUSES if word == detail)


def _why(details: Mapping[str, int]) -> str:
    from rich.markup import escape

    largest = sorted(details.items(), key=lambda item: (-item[1], item[0]))
    return escape(", ".join(f"{count:,} {detail}" for detail, count in largest))


def _classes(balance: Mapping[str, int]) -> str:
    total = sum(balance.values())
    largest = sorted(balance.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{count / total:.1%} {value}" for value, count in largest[:MOST_CLASSES]]
    return ", ".join(shown) + (", ..." if len(largest) > MOST_CLASSES else "")


def _length(seconds: int) -> str:
    for unit, name in UNITS:
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds} s"
