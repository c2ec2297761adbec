"""What a LabelJoin node does when it runs."""

from typing import Any

from tfx.types import artifact

from headrace.labels import LabelSpec
from headrace_components import parameters, payload
from headrace_components.beam_executor import BeamExecutor


class Executor(BeamExecutor):
    """Joins `events` and `outcomes` into `examples`."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs the node; the outputs appear whole or not at all."""
        from headrace.labels.run import join

        self._log_startup(input_dict, output_dict, exec_properties)
        spec = LabelSpec.from_json(exec_properties["spec"])
        payload_format = parameters.text(exec_properties, "payload_format", payload.PARQUET)
        events = payload.only(input_dict, "events")
        outcomes = payload.only(input_dict, "outcomes")
        (examples,), (unlabeled,), (unused,) = (output_dict[k] for k in ("examples", "unlabeled", "unused_outcomes"))

        result = join(
            spec,
            events=payload.all_shards(events),
            outcomes=payload.all_shards(outcomes),
            examples_dir=examples.uri,
            unlabeled_dir=unlabeled.uri,
            unused_dir=unused.uri,
            make_pipeline=self._make_beam_pipeline,
            payload=payload.PAYLOADS[payload_format],
        )

        payload.describe_examples(
            examples, split_names=list(spec.splits), span=events.span, payload_format=payload_format
        )
        for target in (examples, unlabeled, unused):
            payload.describe_ledgers(target, result.ledgers)
            payload.describe_alarms(target, result.alarms)
            payload.hand_on_alarms(target, events, outcomes)
