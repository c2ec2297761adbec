"""The page of statistics: the data for its template, from summarized statistics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, select_autoescape

from headrace.stats.summary import DataSetSummary, FeatureSummary
from headrace.values import show
from headrace.values.column_type import COUNTED

CARDS = 120
"""Features that are drawn; all are in the table."""
TOP = 8
"""Values of text that are drawn."""
SLICES = 1_000
"""Slices that are listed."""
CROSSES = 50
"""Pairs of features that are listed, the most correlated first."""

_WIDTH, _HEIGHT = 320.0, 96.0


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar of a drawing, in its own units; `label` says what it stands for."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """One feature of one data set, drawn."""

    line: FeatureSummary
    summary: str
    bars: Sequence[Bar]
    values: Sequence[tuple[str, str, float]]
    facts: Sequence[tuple[str, str]]


def render_statistics(
    statistics: Mapping[str, Sequence[DataSetSummary]], *, title: str, notes: Sequence[str] = ()
) -> str:
    """The page as one HTML text, which needs no network, no script and no other file.

    `statistics` by what they are of, each with the whole first and its slices after it. `notes`: sentences to show.
    """
    environment = Environment(
        loader=PackageLoader("headrace.report", "templates"),
        autoescape=select_autoescape(default_for_string=True, default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    parts = []
    for name, (whole, *slices) in statistics.items():
        cards = [_card(line) for line in whole.features]
        strongest = sorted(whole.crosses, key=lambda cross: -abs(cross[3]))[:CROSSES]
        parts.append(
            {
                "name": name,
                "whole": whole,
                "cards": cards,
                "drawn": cards[:CARDS],
                "slices": slices[:SLICES],
                "crosses": [(one, other, f"{count:,}", f"{r:+.3f}") for one, other, count, r in strongest],
            }
        )
    template = environment.get_template("statistics.html.j2")
    return template.render(title=title, parts=parts, notes=notes, width=_WIDTH, height=_HEIGHT)


def summary(line: FeatureSummary) -> str:
    """A feature's values in a line."""
    if line.smallest is not None and line.largest is not None:
        if _counted(line):
            first, half, last = (_moment(line, value) for value in (line.smallest, line.median, line.largest))
            return f"{first} to {last}, median {half}"
        # Of infinities there is no mean, and TFDV's deviation of them is 0.
        infinite = line.mean is not None and not math.isfinite(line.mean)
        mean = "no mean: some are infinite" if infinite else f"mean {number(line.mean)} ± {number(line.deviation)}"
        middle = f"median {number(line.median)}, {mean}"
        return f"{number(line.smallest)} to {number(line.largest)}, {middle}"
    if line.top:
        return ", ".join(f"{value or '(empty)'} {share(count, line.values)}" for value, count in line.top[:3])
    return "no values"


def kind(line: FeatureSummary) -> str:
    """What the values of a feature are, in a word: a time, though it is stored as whole numbers, and so on."""
    return line.type.kind.replace("_", " ") if line.type is not None and _counted(line) else line.kind


def _counted(line: FeatureSummary) -> bool:
    return line.kind == "int" and line.type is not None and line.type.kind in COUNTED


def _moment(line: FeatureSummary, value: float | None) -> str:
    """A value of a feature: times and lengths of time as people write them."""
    if line.type is None or not _counted(line) or value is None or not math.isfinite(value):
        return number(value)
    return show(round(value), line.type)


def number(value: float | None) -> str:
    """A number for people."""
    if value is None or math.isnan(value):
        return "-"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def share(count: float, of: float) -> str:
    """A part in percent."""
    if not of:
        return "0 %"
    percent = 100 * count / of
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.2g} %"


def _card(line: FeatureSummary) -> Card:
    facts = [("missing", f"{line.missing:,} ({share(line.missing, line.rows)})")]
    if line.most_values > 1:
        facts.append(("values in a row, at most", f"{line.most_values:,}"))
    if line.distinct is not None:
        facts.append(("different values", f"{line.distinct:,}"))
    if line.cut:
        facts.append(("values in none of the counts", f"{line.cut:,}"))
    if line.smallest is not None:
        facts.append(("zeros", f"{line.zeros:,} ({share(line.zeros, line.values)})"))
    if line.nans:
        facts.append(("not a number", f"{line.nans:,}"))
    facts += [(name.replace("_", " "), number(value)) for name, value in line.facts if name.startswith("mean_")]
    most = line.top[0][1] if line.top else 1.0
    values = [(value, share(count, line.values), 100 * count / most) for value, count in line.top[:TOP]]
    return Card(line=line, summary=summary(line), bars=_bars(line), values=values, facts=facts)


def _bars(line: FeatureSummary) -> list[Bar]:
    tallest = max((count for *_, count in line.bars), default=0.0)
    if not tallest:
        return []
    width = _WIDTH / len(line.bars)
    return [
        Bar(
            x=round(place * width, 2),
            y=round(_HEIGHT * (1 - count / tallest), 2),
            width=round(max(width - 2, 1), 2),
            height=round(_HEIGHT * count / tallest, 2),
            label=f"{_moment(line, low)} to {_moment(line, high)}: "
            f"{number(round(count))} ({share(count, line.values)})",
        )
        for place, (low, high, count) in enumerate(line.bars)
    ]
