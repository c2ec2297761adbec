"""What a Report node does when it runs."""

import json
import os
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact

from headrace.files.outputs import whole_directory
from headrace.files.storage import exists, read_text
from headrace.ledger import Ledger
from headrace_components import parameters, payload

PART, LEDGER, DIFF = "part.json", "ledger.json", "diff.json"
"""Files in an output that the page is made from."""


class Executor(base_executor.BaseExecutor):
    """Makes one page of its inputs."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs the node; the output appears whole or not at all."""
        from headrace.report import Extras, Part, render_parts

        self._log_startup(input_dict, output_dict, exec_properties)
        names = json.loads(exec_properties["names"])
        (report,) = output_dict["report"]
        parts: list[Part] = []
        ledgers: dict[str, Ledger] = {}
        labels: dict[str, Any] = {}
        changes: dict[str, Any] = {}
        alarms: dict[str, list[str]] = {}
        span = 0
        for key, name in names.items():
            given = payload.only(input_dict, key)
            span = max(span, getattr(given, "span", 0) if "span" in (given.PROPERTIES or {}) else 0)
            if part := _read(given.uri, PART):
                parts.append(Part.from_json(part, name=name))
            if diff := _read(given.uri, DIFF):
                changes[name] = json.loads(diff)["changed"]
            if facts := _read(given.uri, LEDGER):
                labels |= json.loads(facts).get("labels", {})
            ledgers |= _ledgers(given, name)
            if found := payload.alarms_of(given):
                alarms[name] = [str(alarm) for alarm in found]

        extras = Extras(ledgers=ledgers, labels=labels, changes=changes, alarms=alarms)
        title = parameters.text(exec_properties, "title") or (f"Span {span}" if span else "Run")
        with (
            whole_directory(report.uri) as staging,
            open(os.path.join(staging, "report.html"), "w", encoding="utf-8") as page,
        ):
            page.write(render_parts(parts, title=title, extras=extras))
        report.set_int_custom_property("blessed", int(all(part.blessed for part in parts)))


def _read(uri: str, name: str) -> str:
    path = os.path.join(uri, name)
    return read_text(path) if exists(path) else ""


def _ledgers(given: artifact.Artifact, name: str) -> dict[str, Ledger]:
    books = json.loads(given.get_string_custom_property("ledger") or "{}")
    return {f"{name}: {subject}" if len(books) > 1 else name: Ledger.from_dict(data) for subject, data in books.items()}
