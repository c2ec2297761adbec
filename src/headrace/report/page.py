"""The page: one HTML text that needs neither a network nor other files."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from headrace.ledger import Ledger
from headrace.report.labels import LabelSection, label_section
from headrace.report.parts import CHARTS, Part, part_of
from headrace.report.reasons import reasons
from headrace.skew import CheckResult
from headrace.skew.pairs import FeatureSkewResult

ROWS = 800
"""Findings over the whole data that are listed, worst first."""
SLICE_ROWS = 300
"""Findings in slices that are listed, worst first."""
REASONS = 15
"""Reasons that are open at first; the others are folded."""


@dataclass(frozen=True, kw_only=True)
class Extras:
    """What a report shows besides its checks.

    `ledgers`: by node or file. `labels`: by name, the facts of a label from the label join (`LabelFacts.to_dict`).
    `changes`: by schema, its changes as in `diff.json` (feature, words, compatibility). `alarms`: by node, as text, for
    nodes that are not checks. `notes`: sentences to show.
    """

    ledgers: Mapping[str, Ledger] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    changes: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    alarms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: Sequence[str] = ()


def render(
    checks: CheckResult | Mapping[str, CheckResult],
    *,
    title: str,
    ledgers: Mapping[str, Ledger] | None = None,
    notes: Sequence[str] = (),
    paired: FeatureSkewResult | None = None,
) -> str:
    """The report of a check, or of several by name (such as the split), as one HTML text.

    `ledgers`: by name. `notes`: sentences to show. `paired`: the feature skew to show. The page starts with the verdict
    and its reasons; charts of the worst features and all findings follow.
    """
    extras = Extras(ledgers=ledgers or {}, notes=notes)
    return render_parts([part_of(checks, paired=paired)], title=title, extras=extras)


def render_parts(parts: Sequence[Part], *, title: str, extras: Extras | None = None) -> str:
    """The report of several checks, each a `Part`, and of other nodes."""
    extras = extras or Extras()
    rows = [(part.name, row) for part in parts for row in part.rows]
    ranks = {"alarm": 0, "warning": 1}
    rows.sort(key=lambda pair: (ranks.get(pair[1].verdict, 2), -pair[1].excess))
    cards = [(part.name, card) for part in parts for card in part.cards]
    cards.sort(key=lambda pair: (ranks.get(pair[1].verdict, 2), -pair[1].excess))
    whole, sliced = [r for r in rows if not r[1].slice], [r for r in rows if r[1].slice]
    # Alarms of nodes that are not checks, such as a source that is nearly empty, stand with the reasons.
    others = [(node, words) for node, alarms in extras.alarms.items() for words in alarms]
    script = _asset("report.js")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=title,
            blessed=all(part.blessed for part in parts),
            headline=_headline(parts),
            several=len(parts) > 1,
            parts=parts,
            reasons=reasons([r for r in rows if r[1].verdict in ranks], extras.alarms),
            shown=REASONS,
            others=others,
            cards=[(name, card, Markup(card.svg)) for name, card in cards[:CHARTS]],
            undrawn=max(sum(part.features for part in parts) - len(cards[:CHARTS]), 0),
            whole=whole[:ROWS],
            whole_left=max(len(whole) - ROWS, 0),
            sliced=sliced[:SLICE_ROWS],
            sliced_left=max(len(sliced) - SLICE_ROWS, 0),
            splits=any(row.split for _, row in rows),
            ledgers={name: (ledger, _parts_of(ledger)) for name, ledger in extras.ledgers.items()},
            labels=[label_section(name, facts) for name, facts in extras.labels.items()],
            changes=extras.changes,
            paired=[(part.name, part.pairs) for part in parts if part.pairs],
            notes=extras.notes,
            style=Markup(_asset("report.css")),
            script=Markup(script),
            script_hash=_hash(script),
        )
    )


def _headline(parts: Sequence[Part]) -> str:
    if len(parts) == 1:
        return parts[0].headline
    if not parts:
        return "Nothing was checked"
    bad = [part.name for part in parts if not part.blessed]
    if not bad:
        return f"Blessed: no alarm in {len(parts)} checks"
    return f"Not blessed: {len(bad)} of {len(parts)} checks: {', '.join(bad)}"


def _parts_of(ledger: Ledger) -> list[tuple[str, int, float]]:
    return [(name.replace("_", " "), count, 100 * count / max(ledger.total, 1)) for name, count in ledger.parts.items()]


def _asset(name: str) -> str:
    return resources.files("headrace.report").joinpath("templates").joinpath(name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    # Only this script may run, whatever else is on the page.
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("headrace.report", "templates"),
        autoescape=select_autoescape(default_for_string=True, default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )


__all__ = ["Extras", "LabelSection", "render", "render_parts"]
