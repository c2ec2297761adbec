"""What an Ingest node does when it runs."""

from typing import Any

from tfx.types import artifact

from headrace.ingest import IngestSpec
from headrace_components import parameters, payload
from headrace_components.beam_executor import BeamExecutor


class Executor(BeamExecutor):
    """Reads the declared sources into `examples` and `rejects`."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs the node; the outputs appear whole or not at all."""
        from headrace.ingest import ingest

        self._log_startup(input_dict, output_dict, exec_properties)
        spec = IngestSpec.from_json(parameters.spec(exec_properties))
        payload_format = parameters.text(exec_properties, "payload_format", payload.PARQUET)
        (examples,), (rejects,) = output_dict["examples"], output_dict["rejects"]

        result = ingest(
            spec,
            examples_dir=examples.uri,
            rejects_dir=rejects.uri,
            engine=self._engine(exec_properties),
            payload=payload.PAYLOADS[payload_format],
        )

        payload.describe_examples(
            examples,
            split_names=list(spec.splits),
            span=parameters.integer(exec_properties, "span"),
            payload_format=payload_format,
        )
        payload.describe_types(examples, result.types)
        for target in (examples, rejects):
            payload.describe_ledgers(target, {"rows": result.ledger})
            payload.describe_alarms(target, result.alarms)
