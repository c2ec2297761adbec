"""The effectiveness of features as JSON, and as a section of HTML for a report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from html import escape

from headrace.effectiveness.measure import Effectiveness, FeatureEffect


def format_json(found: Effectiveness) -> str:
    """All measurements as JSON text; features by their information about the label, most first."""
    data = {**asdict(found), "top": [f.name for f in found.top], "bottom": [f.name for f in found.bottom]}
    return json.dumps(data, indent=1, allow_nan=False)


def note(feature: FeatureEffect) -> str:
    """A remark on a feature: leakage suspect, identifier or constant; empty if it is none of these."""
    if feature.leak:
        return f"leakage suspect: {feature.leak}"
    if feature.identifier:
        return "an identifier: its information about the label means nothing"
    return "constant" if feature.constant else ""


def format_html(found: Effectiveness) -> str:
    """A `<section>`: the features with most and least information, leakage suspects, near-duplicates."""
    parts = [
        f'<section class="effectiveness"><h2>Information about <code>{escape(found.label)}</code></h2>',
        f"<p>{found.rows:,} rows have the label, which has {found.label_bits:.3f} bits of entropy.</p>",
        _table("Most", found.top),
    ]
    if found.bottom:
        parts.append(_table("Least", found.bottom))
    if found.suspects:
        listed = "".join(f"<li><code>{escape(f.name)}</code>: {escape(f.leak)}</li>" for f in found.suspects)
        parts.append(f"<h3>Leakage suspects</h3><ul>{listed}</ul>")
    if found.pairs:
        listed = "".join(
            f"<li><code>{escape(p.one)}</code> and <code>{escape(p.other)}</code> determine each other in "
            f"{100 * p.share:.4g} % of the rows</li>"
            for p in found.pairs
        )
        parts.append(f"<h3>Near-duplicates</h3><ul>{listed}</ul>")
    if found.not_measured:
        listed = "".join(f"<li>{escape(why)}</li>" for why in found.not_measured.values())
        parts.append(f"<h3>Not measured</h3><ul>{listed}</ul>")
    return "\n".join([*parts, "</section>"])


def _table(title: str, features: Sequence[FeatureEffect]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(f.name)}</code></td><td>{f.bits:.4f}</td><td>{100 * f.share:.1f} %</td>"
        f"<td>{100 * f.missing:.1f} %</td><td>{f.distinct:,}</td><td>{escape(note(f))}</td></tr>"
        for f in features
    )
    head = "<tr><th>feature</th><th>bits</th><th>of the label</th><th>missing</th><th>distinct</th><th></th></tr>"
    return f"<h3>{title}</h3><table>{head}{rows}</table>"
