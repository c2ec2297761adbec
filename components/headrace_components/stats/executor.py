"""What a Stats node does when it runs."""

from typing import Any

from tfx.types import artifact, artifact_utils

from headrace.ledger import Ledger
from headrace.stats import StatsSpec
from headrace_components import parameters, payload
from headrace_components.beam_executor import BeamExecutor


class Executor(BeamExecutor):
    """Computes `statistics` of `examples`."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs the node; the output appears whole or not at all."""
        from pyarrow import parquet

        from headrace.stats.run import generate

        self._log_startup(input_dict, output_dict, exec_properties)
        spec = StatsSpec.from_json(exec_properties["spec"])
        union = parameters.text(exec_properties, "union")
        examples = payload.only(input_dict, "examples")
        (statistics,) = output_dict["statistics"]
        paths = (
            {union: payload.all_shards(examples)}
            if union
            else {split: payload.shards(examples, split) for split in payload.splits(examples)}
        )

        measured = generate(spec, splits=paths, out_dir=statistics.uri, make_pipeline=self._make_beam_pipeline)

        statistics.split_names = artifact_utils.encode_split_names(list(paths))
        statistics.span = examples.span
        # The files' own footers say how many rows there are: what was measured must be as many.
        rows = sum(parquet.read_metadata(path).num_rows for files in paths.values() for path in files)
        sampled_out = rows - sum(measured.values()) if spec.sample_rate else 0
        ledger = Ledger(
            subject="rows", total=rows, parts={"measured": sum(measured.values()), "sampled_out": sampled_out}
        )
        payload.describe_ledgers(statistics, {"rows": ledger})
