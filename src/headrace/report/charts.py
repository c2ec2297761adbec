"""Two distributions drawn over each other, as SVG for inlining: the baseline filled, the current data as an outline.

Colours are CSS variables, so one drawing serves light, dark and paper; text stays text, in the font of the page.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from headrace.skew import FeatureProfile
from headrace.skew.distances.categories import aligned

BINS = 48
SHOWN_VALUES = 10
SHOWN_LETTERS = 22
WIDTH = 5.6
LETTER = 0.078
"""Inches, as wide as a letter of a name is at most on average."""
TAIL = 0.002
"""Share of the rows that may lie beyond either end of a histogram, so that one outlier does not squeeze it flat."""

INK, BASELINE, CURRENT, GRID = "#010203", "#040506", "#070809", "#0a0b0c"
_VARIABLES = {INK: "var(--ink-2)", BASELINE: "var(--baseline)", CURRENT: "var(--current)", GRID: "var(--grid)"}
_STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def chart(before: FeatureProfile, now: FeatureProfile, *, salt: str) -> str:
    """The two distributions as an `<svg>` element; `salt` makes its ids different from those of other charts.

    Numeric features are histograms over common bins, categorical ones bars of their largest shares. Where the kinds
    differ, or values name rows, the chart is the share of the rows that have a value.
    """
    with mpl.rc_context({**_STYLE, "svg.hashsalt": salt}), warnings.catch_warnings():
        # The page has fonts of its own, so glyphs that matplotlib's fonts lack do not matter.
        warnings.simplefilter("ignore")
        names = before.identifier_like and now.identifier_like
        drawn = before.kind == now.kind and before.kind != "empty" and not names
        if drawn and before.kind == "numeric":
            figure, axes = _figure(2.7, left="100.0", bottom=0.3)
            _histogram(axes, before, now)
        elif drawn and (before.counts or now.counts):
            picked = _picked(before, now)
            figure, axes = _figure(2.7, left=picked.names, bottom=0.5)
            _bars(axes, picked)
        else:
            figure, axes = _figure(1.1, left=["has a value"], bottom=0.5)
            _presence(axes, before, now)
        return _svg(figure)


def _figure(height: float, *, left: str | Sequence[str], bottom: float) -> tuple[Figure, Axes]:
    # Room for the longest name on the left, estimated by its letters: drawing it to measure it takes twice as long.
    # Ticks of numbers have a label beside them.
    longest = max(map(len, [left] if isinstance(left, str) else left), default=0)
    room = 0.15 + LETTER * longest + (LETTER * 3 if isinstance(left, str) else 0)
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((room / WIDTH, bottom / height, 1 - (room + 0.15) / WIDTH, 1 - (bottom + 0.1) / height))
    return figure, axes


def bars(shares: Mapping[str, float], unit: str, *, salt: str, upright: bool = False) -> str:
    """Shares by name as bars in an `<svg>` element, in the given order; `upright` for names that have an order."""
    with mpl.rc_context({**_STYLE, "svg.hashsalt": salt}), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names, places = [_short(name) for name in shares], np.arange(len(shares))
        height = 2.2 if upright else 0.7 + 0.26 * len(shares)
        figure, axes = _figure(height, left="100.0" if upright else names, bottom=0.75 if upright else 0.5)
        if upright:
            axes.bar(places, list(shares.values()), width=0.8, color=BASELINE, alpha=0.75)
            axes.set_xticks(places, names, rotation=45, ha="right", rotation_mode="anchor")
            axes.set_ylabel(unit)
        else:
            axes.barh(places, list(shares.values()), height=0.6, color=BASELINE, alpha=0.75)
            axes.set_yticks(places, names)
            axes.invert_yaxis()
            axes.set_xlabel(unit)
        (axes.yaxis if upright else axes.xaxis).grid(visible=True, color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        return _svg(figure)


def _histogram(axes: Axes, before: FeatureProfile, now: FeatureProfile) -> None:
    ends = np.array([TAIL, 1 - TAIL])
    quantiles = np.concatenate([before.quantiles(ends), now.quantiles(ends)])
    low, high = float(quantiles.min()), float(quantiles.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    whole = before.integral and now.integral and high - low <= 2 * BINS
    edges = np.arange(np.floor(low), np.ceil(high) + 2) - 0.5 if whole else np.linspace(low, high, BINS + 1)
    for side, colour, filled in ((before, BASELINE, True), (now, CURRENT, False)):
        shares = np.diff(side.distribution(edges, left=True)) * 100
        # The last bin holds its right end too.
        shares[-1] += 100 * float((side.distribution(edges[-1:]) - side.distribution(edges[-1:], left=True))[0])
        axes.stairs(shares, edges, fill=filled, color=colour, alpha=0.55 if filled else 1, linewidth=1.8)
    if not before.judged_by_default:
        axes.set_xticks(*_time_ticks(before, low, high))
    axes.set_ylabel("% of rows")
    axes.set_ylim(bottom=0)
    axes.margins(x=0.01)
    axes.yaxis.grid(visible=True, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def _time_ticks(profile: FeatureProfile, low: float, high: float) -> tuple[list[float], list[str]]:
    places = [float(place) for place in np.linspace(low, high, 3)]
    return places, [profile.shown(place)[:16].replace("T", " ") for place in places]


@dataclass(frozen=True)
class _Picked:
    """The categories that are drawn, their shares before and now in percent, and words for the rest."""

    names: list[str]
    p: list[float]
    q: list[float]
    rest: str


def _picked(before: FeatureProfile, now: FeatureProfile) -> _Picked:
    counts = aligned(before, now)
    # First the values that changed most, then the frequent ones.
    moved, frequent = np.argsort(-np.abs(counts.p - counts.q)), np.argsort(-np.maximum(counts.p, counts.q))
    picked = list(dict.fromkeys([*moved[: SHOWN_VALUES // 2], *frequent]))[:SHOWN_VALUES]
    picked.sort(key=lambda i: (-max(counts.p[i], counts.q[i]), counts.values[i]))
    names = [_short(counts.values[i]) for i in picked]
    p, q = [float(100 * counts.p[i]) for i in picked], [float(100 * counts.q[i]) for i in picked]
    # In words, as a bar for all the rest would dwarf the others.
    left, others = [max(100 - sum(shares), 0) for shares in (p, q)], len(counts.values) - len(picked)
    return _Picked(names, p, q, f" ({others:,} other values: {left[0]:.1f}, {left[1]:.1f})" if others else "")


def _bars(axes: Axes, picked: _Picked) -> None:
    _pairs(axes, picked.names, picked.p, picked.q)
    axes.set_xlabel(f"% of rows{picked.rest}")


def _presence(axes: Axes, before: FeatureProfile, now: FeatureProfile) -> None:
    shares = [100 * (side.present / side.rows if side.rows else 0) for side in (before, now)]
    _pairs(axes, ["has a value"], shares[:1], shares[1:])
    axes.set_ylim(0.6, -0.6)
    axes.set_xlim(0, 100)


def _pairs(axes: Axes, names: list[str], p: list[float], q: list[float]) -> None:
    rows = np.arange(len(names))
    axes.barh(rows - 0.2, p, height=0.38, color=BASELINE, alpha=0.55)
    axes.barh(rows + 0.2, q, height=0.34, facecolor="none", edgecolor=CURRENT, linewidth=1.6)
    axes.set_yticks(rows, names)
    axes.set_ylim(max(len(names), 3) - 0.4, -0.6)
    axes.set_xlabel("% of rows")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.grid(visible=True, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def _short(value: str) -> str:
    value = re.sub(r"\s+", " ", value) or "(empty)"
    return value if len(value) <= SHOWN_LETTERS else value[: SHOWN_LETTERS - 1] + "…"


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    # The page sets size and font, and describes the chart.
    text = re.sub(r'<svg([^>]*?) width="[^"]*"', r"<svg\1", text, count=1, flags=re.DOTALL)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r'\1 aria-hidden="true"', text, count=1, flags=re.DOTALL)
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    return re.sub(r"\n\s*", "\n", text)
