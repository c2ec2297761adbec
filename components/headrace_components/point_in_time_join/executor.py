"""What a PointInTimeJoin node does when it runs."""

import json
from collections.abc import Mapping
from typing import Any

from tfx.types import artifact

from headrace.keyed.side_names import EVENTS
from headrace.point_in_time import PointInTimeSpec
from headrace_components import parameters, payload
from headrace_components.beam_executor import BeamExecutor
from headrace_components.channels import artifacts_of


def table_key(name: str) -> str:
    """The input for the first channel of a table."""
    return f"table_{name}"


class Executor(BeamExecutor):
    """Gives `events` the features of the tables."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs the node; the output appears whole or not at all."""
        from headrace.point_in_time import join_feature_files

        self._log_startup(input_dict, output_dict, exec_properties)
        spec = PointInTimeSpec.from_json(exec_properties["spec"])
        payload_format = parameters.text(exec_properties, "payload_format", payload.PARQUET)
        (examples,) = output_dict["examples"]
        events = artifacts_of(input_dict, EVENTS)
        by_split: dict[str, list[str]] = {}
        for one in events:
            for split in payload.splits(one):
                by_split.setdefault(split, []).extend(payload.shards(one, split))
        tables = {table.name: artifacts_of(input_dict, table_key(table.name)) for table in spec.tables}

        result = join_feature_files(
            spec,
            events=by_split,
            tables={name: [p for one in found for p in payload.all_shards(one)] for name, found in tables.items()},
            examples_dir=examples.uri,
            engine=self._engine(exec_properties),
            payload=payload.PAYLOADS[payload_format],
        )

        span = max(one.span for one in events)
        payload.describe_examples(examples, split_names=list(by_split), span=span, payload_format=payload_format)
        payload.describe_types(examples, result.types)
        payload.describe_ledgers(examples, result.ledgers)
        payload.describe_alarms(examples, result.alarms)
        payload.inherit_alarms(examples, *events, *(one for found in tables.values() for one in found))
        _describe_features(examples, {name: facts.to_dict() for name, facts in result.features.items()})


def _describe_features(examples: artifact.Artifact, features: Mapping[str, Mapping[str, Any]]) -> None:
    examples.set_string_custom_property("features_json", json.dumps(features))
    for name, facts in features.items():
        if facts["coverage"] is not None:
            examples.set_float_custom_property(f"feature.{name}.coverage", facts["coverage"])
