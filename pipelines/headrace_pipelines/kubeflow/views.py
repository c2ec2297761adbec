"""What the interface of Kubeflow Pipelines shows of a node: a page and numbers, beside the node's own outputs.

    a node with an output of type headrace_components.ReportPage  ->  + <output>_html   system.HTML
    any node of headrace                                      ->  + metrics         system.Metrics

The interface shows an artifact by the title of its type, and of `system.HTML` the one file that its URI names. The
compiler declares these outputs, the entrypoint fills them: components know nothing of them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

REPORT = "headrace_components.ReportPage"
REPORT_PAGE = "report.html"
HTML, METRICS = "system.HTML", "system.Metrics"
VERSION = "0.0.1"
METRICS_OUTPUT = "metrics"


def title(artifact_type: Mapping[str, Any]) -> str:
    """The title of an artifact type as a pipeline spec declares it: `schemaTitle`, or in its `instanceSchema`."""
    import yaml

    if "schemaTitle" in artifact_type:
        return str(artifact_type["schemaTitle"])
    schema = yaml.safe_load(artifact_type.get("instanceSchema", "")) or {}
    return str(schema.get("title", ""))


def declared(outputs: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The views to declare for a node with these output artifacts (name -> spec with `artifactType`)."""
    pages = {f"{name}_html": HTML for name, output in outputs.items() if title(output["artifactType"]) == REPORT}
    views = {**pages, METRICS_OUTPUT: METRICS}
    return {
        name: {"artifactType": {"schemaTitle": shown, "schemaVersion": VERSION}}
        for name, shown in views.items()
        if name not in outputs
    }


def are_views(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Of a task's output artifacts (name -> list with `type`) the views, with their title."""
    titles = {name: title(one["artifacts"][0].get("type", {})) for name, one in outputs.items() if one.get("artifacts")}
    return {name: shown for name, shown in titles.items() if shown in (HTML, METRICS)}


def show_page(report_path: str, page_path: str) -> None:
    """Puts the page of a report where the interface looks for it."""
    os.makedirs(os.path.dirname(page_path), exist_ok=True)
    shutil.copyfile(os.path.join(report_path, REPORT_PAGE), page_path)


def numbers(artifacts: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """The numbers among the metadata of a node's outputs, by their names; what outputs share is told once."""
    found: dict[str, float] = {}
    for name, value in _numbers(artifacts):
        found.setdefault(name, value)
    return found


def _numbers(artifacts: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, float]]:
    for artifact in artifacts.values():
        for name, value in sorted(artifact.get("metadata", {}).items()):
            if isinstance(value, (int, float)) and not isinstance(value, bool) and name != "span":
                yield name, value
