"""What a SchemaCurator node does when it runs."""

import json
import os
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact

from headrace.files.outputs import whole_directory
from headrace.schema import Declarations, curate, markdown
from headrace_components import parameters, payload


class Executor(base_executor.BaseExecutor):
    """Curates `schema` from `statistics`, declarations and the previous schema."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs the node; the outputs appear whole or not at all."""
        from headrace.schema.protos import write_proposal, write_schema

        self._log_startup(input_dict, output_dict, exec_properties)
        declarations = Declarations.from_json(exec_properties["declarations"])
        statistics = payload.only(input_dict, "statistics")
        before = payload.optional(input_dict, "before")
        before_uri = before.uri if before else parameters.text(exec_properties, "before_uri")
        (schema,), (diff,), (effectiveness,) = (output_dict[key] for key in ("schema", "diff", "effectiveness"))

        curated = curate(
            [payload.read_statistics(statistics.uri, split) for split in payload.splits(statistics)],
            declarations,
            payload.read_schema(before_uri) if before_uri else None,
            payload.types_of(*(one for one in (statistics, payload.optional(input_dict, "examples")) if one)),
        )

        with whole_directory(schema.uri) as staging:
            write_schema(curated.schema, staging)
        with whole_directory(diff.uri) as staging:
            pages = {"Changed": curated.diff, f"Not taken over ({declarations.policy})": curated.pending}
            with open(os.path.join(staging, "diff.md"), "w", encoding="utf-8") as page:
                page.write("\n".join(f"# {title}\n\n{markdown(changes)}" for title, changes in pages.items()))
            with open(os.path.join(staging, "diff.json"), "w", encoding="utf-8") as page:
                data = {"changed": curated.diff, "pending": curated.pending}
                json.dump({key: [change.to_data() for change in changes] for key, changes in data.items()}, page)
            if curated.proposed is not None and curated.pending:
                path = os.path.join(staging, "proposal.yaml")
                write_proposal(path, curated.schema, curated.proposed, curated.pending)
        examples = payload.optional(input_dict, "examples")
        label = parameters.text(exec_properties, "label") or next(iter(declarations.labels), "")
        with whole_directory(effectiveness.uri) as staging:
            suspects = _measure(examples, label, declarations, staging)
        effectiveness.set_int_custom_property("suspects", suspects)
        breaking = sum(change.compatibility == "breaking" for change in curated.diff)
        for target in (schema, diff):
            target.set_int_custom_property("changed", len(curated.diff))
            target.set_int_custom_property("breaking", breaking)
            target.set_int_custom_property("pending", len(curated.pending))


def _measure(examples: artifact.Artifact | None, label: str, declarations: Declarations, out_dir: str) -> int:
    # Writes how much the features tell about the label; returns the number of leakage suspects.
    from headrace.effectiveness import format_html, format_json, measure_effectiveness
    from headrace.examples.sample import read_rows

    if examples is None or not label:
        why = "no examples were given" if examples is None else "no label is declared"
        with open(os.path.join(out_dir, "effectiveness.json"), "w", encoding="utf-8") as page:
            json.dump({"not_measured": why}, page)
        return 0
    table = read_rows(payload.all_shards(examples))
    others = [*declarations.labels, *declarations.identifiers]
    found = measure_effectiveness(
        table, label, exclude=[name for name in others if name in table.column_names and name != label]
    )
    for name, text in (("effectiveness.json", format_json(found)), ("effectiveness.html", format_html(found))):
        with open(os.path.join(out_dir, name), "w", encoding="utf-8") as page:
            page.write(text)
    return len(found.suspects)
