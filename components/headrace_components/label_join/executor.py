"""What a LabelJoin node does when it runs."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tfx.types import artifact

from headrace.config.templates import fill_placeholders
from headrace.keyed.side_names import EVENTS
from headrace.labels import LabelFacts, LabelSpec
from headrace.labels.sources import OUTCOMES
from headrace_components import parameters, payload
from headrace_components.beam_executor import BeamExecutor
from headrace_components.channels import artifacts_of


def input_key(source: str) -> str:
    """The input for the first channel of a source of outcomes."""
    return source if source == OUTCOMES else f"{OUTCOMES}_{source}"


class Executor(BeamExecutor):
    """Joins `events` and `outcomes` into `examples`."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs the node; the outputs appear whole or not at all."""
        from headrace.labels import join_label_files

        self._log_startup(input_dict, output_dict, exec_properties)
        spec = _spec(exec_properties)
        payload_format = parameters.text(exec_properties, "payload_format", payload.PARQUET)
        events = artifacts_of(input_dict, EVENTS)
        outcomes = {source.name: artifacts_of(input_dict, input_key(source.name)) for source in spec.outcome_sources}
        (examples,), (unlabeled,), (unused,) = (output_dict[k] for k in ("examples", "unlabeled", "unused_outcomes"))

        result = join_label_files(
            spec,
            events=_shards(events),
            outcomes={name: _shards(artifacts) for name, artifacts in outcomes.items()},
            examples_dir=examples.uri,
            unlabeled_dir=unlabeled.uri,
            unused_dir=unused.uri,
            engine=self._engine(exec_properties),
            payload=payload.PAYLOADS[payload_format],
        )

        span = max(artifact.span for artifact in events)
        payload.describe_examples(examples, split_names=list(spec.splits), span=span, payload_format=payload_format)
        payload.describe_types(examples, result.types)
        _describe_labels(examples, result.labels)
        for target in (examples, unlabeled, unused):
            payload.describe_ledgers(target, result.ledgers)
            payload.describe_alarms(target, result.alarms)
            payload.inherit_alarms(target, *events, *(one for artifacts in outcomes.values() for one in artifacts))


def _spec(exec_properties: Mapping[str, Any]) -> LabelSpec:
    """The spec, with the as-of times that are parameters of the run."""
    spec = LabelSpec.from_json(parameters.spec(exec_properties))
    day = parameters.text(exec_properties, "day")
    as_of, matured_after = (
        fill_placeholders(parameters.text(exec_properties, name), day=day) for name in ("as_of", "matured_after")
    )
    return dataclasses.replace(spec, as_of=as_of or spec.as_of, matured_after=matured_after or spec.matured_after)


def _shards(artifacts: Sequence[artifact.Artifact]) -> list[str]:
    return [path for one in artifacts for path in payload.all_shards(one)]


def _describe_labels(examples: artifact.Artifact, labels: Mapping[str, LabelFacts]) -> None:
    facts_of_labels = {name: facts.to_dict() for name, facts in labels.items()}
    examples.set_string_custom_property("labels_json", json.dumps(facts_of_labels))
    for name, facts in labels.items():
        if facts.coverage is not None:
            examples.set_float_custom_property(f"label.{name}.coverage", facts.coverage)
