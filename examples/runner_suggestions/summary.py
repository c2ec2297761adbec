"""What the demo prints: a line for each node while it works, and the closing tables."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from examples.runner_suggestions.alarms import NodeAlarm, alarms_of, explain
from examples.runner_suggestions.faults import FAULTS, FAULTY_DAY
from headrace.ledger import Ledger
from headrace_pipelines.lineage import NodeRun
from headrace_pipelines.local import NodeEvent

SHOWN = 2
"""How many alarms of a fault the closing table shows."""


@dataclass(frozen=True, kw_only=True)
class Day:
    """One run of the DAG."""

    span: int
    nodes: Sequence[NodeRun]

    @property
    def alarms(self) -> list[NodeAlarm]:
        """All alarms of all nodes."""
        return [alarm for node in self.nodes for alarm in alarms_of(node)]

    @property
    def is_faulty(self) -> bool:
        """Whether faults were planted in this day."""
        return self.span == FAULTY_DAY + 1


class Progress:
    """Prints which nodes run and which are done, with the seconds since `started`."""

    def __init__(self, console: Console, started: float) -> None:
        self._console, self._started = console, started
        self._span = 0
        self._status = console.status("")

    def say(self, words: str) -> None:
        """Prints a line with the time."""
        self._console.print(f"[dim]{time.monotonic() - self._started:6.1f} s[/]  {words}")

    @contextmanager
    def day(self, span: int) -> Iterator[None]:
        """Shows a spinner while the DAG of a day runs."""
        self._span = span
        with self._status:
            yield

    def on_node(self, event: NodeEvent) -> None:
        """Shows an event of the local runner."""
        if event.status == "started":
            self._status.update(f"day {self._span}: {event.node}")
        else:
            mark = "[green]done[/]" if event.status == "finished" else f"[red]{event.status}[/]"
            self.say(f"day {self._span}  {event.node:<18} {mark} in {event.seconds:.1f} s")


def print_closing(console: Console, days: Sequence[Day], *, seconds: float) -> None:
    """Prints the closing tables."""
    for day in days:
        console.print(_nodes_table(day))
    for day in days:
        if day.is_faulty:
            _print_faults(console, day)
        elif day.span > 1 and not day.alarms:
            console.print(f"day {day.span}: an ordinary day, no alarm rang")
        elif day.alarms:
            console.print(f"[bold red]day {day.span}: alarms on an ordinary day:[/]")
            _print_alarms(console, day.alarms)
    for day in days:
        for node in day.nodes:
            if node.node == "Report":
                page = Path(node.outputs["report"].uri, "report.html")
                console.print(Text(f"day {day.span}: report: {page}"), soft_wrap=True)
    console.print(f"{len(days)} days in {seconds:.0f} s")


def _nodes_table(day: Day) -> Table:
    table = Table(title=f"day {day.span}", title_justify="left", title_style="bold", header_style="bold")
    for name, justify in (("node", "left"), ("rows in = rows out", "left"), ("time", "right"), ("verdict", "left")):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for node in day.nodes:
        table.add_row(
            node.node, "\n".join(map(_balance, node.ledgers.values())), f"{node.seconds:.1f} s", _verdict(node)
        )
    return table


def _balance(ledger: Ledger) -> str:
    # Parts that are zero are left out of the table.
    parts = [f"{count:,} {part}" for part, count in ledger.parts.items() if count] or ["0"]
    return f"{ledger.total:,} {ledger.subject} = " + " + ".join(parts)


def _verdict(node: NodeRun) -> Text:
    alarms = len(alarms_of(node))
    if node.blessed == 0 and not alarms:
        return Text("not blessed", "bold red")
    if node.blessed is not None:
        return Text("blessed", "green") if node.blessed else Text(f"not blessed, {_count(alarms)}", "bold red")
    return Text(_count(alarms), "bold yellow") if alarms else Text("")


def _count(alarms: int) -> str:
    return f"{alarms} alarm" + ("s" if alarms != 1 else "")


def _print_faults(console: Console, day: Day) -> None:
    found, rest = explain(day.alarms, [fault.name for fault in FAULTS])
    table = Table(
        title=f"day {day.span}: the planted faults", title_justify="left", title_style="bold", show_lines=True
    )
    for name in ("fault", "found", "where, and why"):
        table.add_column(name, overflow="fold")
    for fault in FAULTS:
        alarms = found[fault.name]
        shown = "\n".join(f"{alarm.node}: {alarm.words}" for alarm in alarms[:SHOWN])
        if len(alarms) > SHOWN:
            shown += f"\n({_count(len(alarms) - SHOWN)} more in the report)"
        mark = Text("found", "green") if alarms else Text("not yet found", "yellow")
        words = Text(shown or f"to be found by {fault.found_by}")
        table.add_row(fault.name, mark, words)
    console.print(table)
    if rest:
        console.print(f"[bold]day {day.span}: {_count(len(rest))} of no planted fault[/]")
        _print_alarms(console, rest)


def _print_alarms(console: Console, alarms: Sequence[NodeAlarm]) -> None:
    for alarm in alarms:
        console.print(Text(f"  {alarm.node}: {alarm.words}"))
