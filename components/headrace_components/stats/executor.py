"""What a Stats node does when it runs."""

from typing import Any

from tfx.types import artifact, artifact_utils

from headrace.ledger import Ledger
from headrace.stats import StatsSpec
from headrace_components import parameters, payload
from headrace_components.beam_executor import BeamExecutor

READS = (payload.PARQUET, payload.TF_EXAMPLE)


class Executor(BeamExecutor):
    """Computes `statistics` of `examples`."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs the node; the output appears whole or not at all."""
        from headrace.stats.run import generate

        self._log_startup(input_dict, output_dict, exec_properties)
        spec = StatsSpec.from_json(exec_properties["spec"])
        union = parameters.text(exec_properties, "union")
        examples = payload.only(input_dict, "examples")
        (statistics,) = output_dict["statistics"]
        paths = (
            {union: payload.all_shards(examples, payloads=READS)}
            if union
            else {split: payload.shards(examples, split, payloads=READS) for split in payload.splits(examples)}
        )

        rows = generate(spec, splits=paths, out_dir=statistics.uri, make_pipeline=self._make_beam_pipeline)

        statistics.split_names = artifact_utils.encode_split_names(list(paths))
        statistics.span = examples.span
        # The files' own footers say how many rows there are: what was measured must be as many.
        measured = sum(rows.values())
        known = payload.rows_of([path for files in paths.values() for path in files])
        there = measured if known is None else known
        sampled_out = there - measured if spec.sample_rate < 1 else 0
        ledger = Ledger(subject="rows", total=there, parts={"measured": measured, "sampled_out": sampled_out})
        payload.describe_ledgers(statistics, {"rows": ledger})
        payload.hand_on_alarms(statistics, examples)
